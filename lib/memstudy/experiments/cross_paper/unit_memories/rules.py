"""How X-2 and X-2b are judged, each by a rule on recorded runs; torch is not needed here.

Readings of the rules. All scores are of values at their *first* mention in texts about held-out
entities, which occur in no training text. *With memories*: each chunk reads the card of the entity
that it is about, and those of the chunks before it, as in training. *Without*: the same weights
read nothing. The *control* has trained as many steps on the same texts and never read a card.
*Dense*: all complete pairs of a card are kept; *R/16*: one sixteenth of a card's tokens, for each
head. Means are over seeds, with 95 % bootstrap intervals; differences are paired by seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.core.claims import Evidence, above, controlled, fact
from memstudy.experiments.cross_paper.unit_memories.config import DENSE, NEVER, RANDOM, SIXTEENTH
from memstudy.experiments.cross_paper.unit_memories.readings import held_out
from memstudy.experiments.sparse_memory import measures as m
from memstudy.records import brief, facts

if TYPE_CHECKING:
    from memstudy.study import Results

GAIN = 0.10  # accuracy, X-2
COPIES = 0.5  # share of repeated values that a model must copy before it can be said not to read
READS = 0.5  # accuracy of dense memories, before fewer pairs can be said not to suffice
LOSS = 0.05  # accuracy that R/16 may lose against dense memories


def stored_and_used(results: Results) -> Evidence:
    """X-2: pairs of memory units, stored once, are used later with no new parameters (M3-3).

    Control: the mosaic copies what its text repeats; one that cannot says nothing about memories.
    """
    on, off = (held_out(results, DENSE, m.NLL, part) for part in (m.ON, m.OFF))
    never = held_out(results, NEVER, m.NLL, m.OFF)
    right, unread = (held_out(results, DENSE, m.ACCURACY, part) for part in (m.ON, m.OFF))
    untrained = held_out(results, NEVER, m.ACCURACY, m.OFF)
    counts = [facts(results, arm)["parameters"] for arm in (DENSE, NEVER)]
    words = (
        f"accuracy {brief(right, '.3f')} with memories, {brief(unread, '.3f')} without, "
        f"{brief(untrained, '.3f')} in the control; NLL {brief(on, '.2f')}, {brief(off, '.2f')}, "
        f"{brief(never, '.2f')}; parameters {counts[0]:,} and {counts[1]:,}"
    )
    conditions = (
        above("NLL without - with memories > 0", off - on, 0.0),
        above("NLL of the control - with memories > 0", never - on, 0.0),
        above(f"accuracy with - without memories > {GAIN}", right - unread, GAIN),
        above(f"accuracy with memories - that of the control > {GAIN}", right - untrained, GAIN),
        fact("parameters unchanged", f"{counts[0]} and {counts[1]}", counts[0] == counts[1]),
    )
    copying = held_out(results, DENSE, m.COPYING, m.ON)
    control = above(f"control: copies more than {COPIES} of the repeated values", copying, COPIES)
    return Evidence(words, len(on), controlled(conditions, control))


def few_pairs_suffice(results: Results) -> Evidence:
    """X-2b: few pairs a head suffice, chosen by the attention that they receive (M3-7).

    Control: dense memories are read; where they are not, few pairs cannot be told from none.
    """
    whole, chosen, drawn = (
        held_out(results, arm, m.ACCURACY, m.ON) for arm in (DENSE, SIXTEENTH, RANDOM)
    )
    kept = facts(results, SIXTEENTH)["kept_tokens"]
    covered, by_chance = (
        held_out(results, arm, m.COVERAGE, m.ON, kept) for arm in (SIXTEENTH, RANDOM)
    )
    words = (
        f"dense {brief(whole, '.3f')}, R/16 {brief(chosen, '.3f')} (some head keeps "
        f"{brief(covered, '.2f')} of the values), random R/16 {brief(drawn, '.3f')} "
        f"({brief(by_chance, '.2f')})"
    )
    conditions = (
        above(f"accuracy at R/16 - dense > -{LOSS}", chosen - whole, -LOSS),
        above("accuracy at R/16 - random choice > 0", chosen - drawn, 0.0),
    )
    control = above(f"control: accuracy with dense memories > {READS}", whole, READS)
    return Evidence(words, len(whole), controlled(conditions, control))
