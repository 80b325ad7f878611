"""Rules that are asked of other models too: the arms are arguments; torch is not needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.core.claims import Evidence, above, controlled, fact
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory import readings
from memstudy.language_models.records import brief, facts

if TYPE_CHECKING:
    from memstudy.study import Results

GAIN_IN_NATS = 0.5  # M3-3
SHARE_OF_DENSE = 0.9  # M3-7
COPIES = 0.5  # share of repeated values that a model must copy before it can read memories
READS = 0.05  # accuracy by which dense memories must lie above none, or nothing can suffice


def used_later(results: Results, reads: str, control: str) -> Evidence:
    """M3-3: what was written once is used later, with no new parameters.

    Control: the model copies what its text repeats. Memories are read by that circuit, and one in
    which training has not made it says nothing about memories.

    Args:
        results: recorded runs.
        reads: arm that reads memories.
        control: arm that never had any.
    """
    on, off = (readings.scores(results, reads, m.NLL, m.HELD_OUT, p) for p in (m.ON, m.OFF))
    never = readings.scores(results, control, m.NLL, m.HELD_OUT, m.OFF)
    counts = [facts(results, arm)["parameters"] for arm in (reads, control)]
    words = (
        f"NLL {brief(on, '.2f')} with memory, {brief(off, '.2f')} without, {brief(never, '.2f')} "
        f"in a model that never had any; parameters {counts[0]:,} and {counts[1]:,}"
    )
    conditions = (
        above(f"fall of the NLL on held-out entities > {GAIN_IN_NATS} nat", off - on, GAIN_IN_NATS),
        above(f"NLL below that of the control > {GAIN_IN_NATS} nat", never - on, GAIN_IN_NATS),
        fact("parameters unchanged", f"{counts[0]} and {counts[1]}", counts[0] == counts[1]),
    )
    copying = readings.scores(results, reads, m.COPYING, m.HELD_OUT, m.ON)
    control = above(f"control: copies more than {COPIES} of the repeated values", copying, COPIES)
    return Evidence(words, len(on), controlled(conditions, control))


def few_suffice(results: Results, dense: str, few: str, random: str, without: str) -> Evidence:
    """M3-7: few tokens a head suffice, chosen by the attention that they receive.

    Control: dense memories are read at all; of nothing, nine tenths are nothing too.

    Args:
        results: recorded runs.
        dense: arm that keeps all tokens.
        few: arm that keeps few of them by attention received.
        random: arm that keeps as many at random.
        without: arm that never had any memory.
    """
    whole, chosen, drawn = (
        readings.scores(results, arm, m.ACCURACY, m.HELD_OUT, m.ON) for arm in (dense, few, random)
    )
    kept = facts(results, few)["kept_tokens"]
    covered = readings.scores(results, few, m.COVERAGE, m.HELD_OUT, m.ON, kept)
    words = (
        f"dense {brief(whole, '.3f')}, R/16 {brief(chosen, '.3f')} (covers "
        f"{brief(covered, '.2f')} of the values), random R/16 {brief(drawn, '.3f')}"
    )
    conditions = (
        above("accuracy at R/16 - 0.9 of dense > 0", chosen - SHARE_OF_DENSE * whole, 0.0),
        above("accuracy at R/16 - random choice > 0", chosen - drawn, 0.0),
    )
    never = readings.scores(results, without, m.ACCURACY, m.HELD_OUT, m.OFF)
    text = f"control: dense memories > {READS} above a model that never had any"
    control = above(text, whole - never, READS)
    return Evidence(words, len(whole), controlled(conditions, control))
