"""Three moons: predictive disentanglement in its smallest form (Memory Mosaics, section 3).

Three moons circle a planet, each at its own period. A network of memory units sees their positions
and must go on with the sequence. One unit of width 6 has to wait until the whole sky repeats (the
least common multiple of the periods); three units of width 2 can each learn to watch one moon, and
then predict as soon as the slowest moon has been round once.
"""
