"""Names in the recorded table; torch is not needed here.

``split`` says whom the texts are about, ``part`` what they read, ``position`` how many of it.
"""

from memstudy.experiments.sparse_memory.cards import HELD_OUT, MISSING, NEW

__all__ = ["HELD_OUT", "MISSING", "NEW"]

# Splits besides those of the world.
USED = "used"  # training entities, as often as in training
RANKED = "ranked"  # training entities, evenly from every popularity bucket; position: the bucket
EDITED, UNEDITED = "edited", "unedited"  # some training entities after and before their edit
PLANTED = "planted"  # held out, with copies of some passages in the bank
SHOTS = "shots"  # held out, behind passages about others; position: how many

# What is read.
OFF = "nothing"
ON = "own card"  # that of each passage's entity, shared with the next chunks as in training
SWAPPED = "another's card"
IRRELEVANT = "irrelevant cards"  # the entities have none
RETRIEVED = "found card"  # by lexical search with the chunk's own words
EMBEDDED = "found card, sentence vectors"  # by the vectors of MiniLM in place of that search
LAGGED = "own card, next chunk"  # without look-ahead: a chunk reads what was found before it
AMONG = "own card among others"  # position: cards that a chunk reads
FILTERED = "found, filtered"  # position: threshold of the overlap filter in percent
EVERY_WORD = "found by every word, filtered"  # the same, with words too that no card has
CLEAN = "found, no copies in the bank"
BFLOAT16 = "bfloat16"  # stored in this form; other codecs are named by their FAISS factory

# What is measured, over the values at their first mention unless said otherwise.
ACCURACY = "accuracy"
NLL = "nll"  # nats
CONFIDENT_WRONG = "confident wrong"  # share with a wrong answer of probability above one half
OLD = "old value"  # share that says the value from before the edit
COPYING = "copying"  # accuracy at repeated mentions
TEXT_NLL = "text nll"  # nats a token, over all tokens
COVERAGE = "coverage"  # share of values that some head of a memory layer but the first keeps
RECALL = "recall"  # share of chunks whose right card is found (among all that are read)
COPIES = "copies"  # how often a text reads a planted copy of itself
OTHER_COPIES = "other copies"  # how often it reads a planted copy of another text
VECTOR_BYTES = "bytes a vector"
SPEED = "tokens per second"  # position: number of the timing
