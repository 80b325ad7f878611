"""A pretrained language model as the decoder of a memory model (Memory Models, RQ5).

Does a decoder that already knows the language learn faster to read memories than one that begins
with random weights, and what of its knowledge does it lose on the way?
"""
