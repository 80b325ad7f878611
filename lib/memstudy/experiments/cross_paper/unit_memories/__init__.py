"""X-2 and X-2b: can contextual memory units be stored and read as sparse explicit memories?

The world of cards, the recipe in two stages and the tests are those of the experiment
``sparse_memory`` (M3-3 and M3-7 of Memory³), with a Memory Mosaic in place of the transformer: what
is kept of a card are pairs of its contextual units (:mod:`memstudy.nn.explicit.units`). Arms differ
in how many pairs of each head are kept, and by which rule; one never reads any card. The learning
rate is that of three with which the arm that keeps all pairs ends at the lowest loss on fresh texts
about training entities, with the first seed.
"""
