"""Stories only, then an encyclopedia: loss by position (Memory Mosaics, Fig. 10).

A language model that has read nothing but stories meets encyclopedia articles. Its weights know
little of them; what it can still learn, it must learn from the article itself, while reading. How
far the loss falls along the article shows how well a model uses what stands in its context.
"""
