"""What a memory model can be taught to remember: strategies of training (Memory Models).

A decoder reads what lies far back as one vector a chunk. Whether anything stands in these vectors,
and whether the decoder learns to get at it, depends on how both are trained: on the next token, on
copying, on copying blindly, in which order, and with which encoder.
"""
