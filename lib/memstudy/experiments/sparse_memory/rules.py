"""How the claims of Memory³ are judged, each by a rule on recorded runs; torch is not needed here.

Readings of the rules. All scores are of values at their *first* mention in a text, on the world of
cards; the main arm is the paper's recipe in two stages. "With memory" means that each chunk reads
the card of the entity that it is about, and those of the chunks before it, as in training. Means
are over seeds, with 95 % bootstrap intervals; differences between arms are paired by seed.

The first two rules are asked of other models too: their arms are arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.claims import Evidence, above, below, controlled, fact
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory import readings
from memstudy.experiments.sparse_memory.config import (
    CONTROL,
    DENSE,
    FROM_START,
    MAIN,
    ONE_AND_A_HALF,
    PLANTED_COPIES,
    RAG,
    SIXTEENTH,
    SIXTEENTH_RANDOM,
)
from memstudy.records import brief, facts

if TYPE_CHECKING:
    from memstudy.study import Results

GAIN_IN_NATS = 0.5  # M3-3
SHARE_OF_DENSE = 0.9  # M3-7
COPIES = 0.5  # share of repeated values that a model must copy before it can read memories
READS = 0.05  # accuracy by which dense memories must lie above none, or nothing can suffice
QUANTISED_LOSS = 0.01  # accuracy, M3-6
FILTER_CHANGE = 0.1  # of the gain, M3-11
SHARE_OF_UNEDITED = 0.9  # M3-13
NO_RISE = 0.01  # share of confident wrong answers, M3-14


def used_later(results: Results, reads: str = MAIN, control: str = CONTROL) -> Evidence:
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


def few_suffice(
    results: Results,
    dense: str = DENSE,
    few: str = SIXTEENTH,
    random: str = SIXTEENTH_RANDOM,
    without: str = CONTROL,
) -> Evidence:
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


def worth_model_size(results: Results) -> Evidence:
    """M3-4."""
    conditions, words = [], []
    for split in (m.USED, m.HELD_OUT):
        own = readings.scores(results, MAIN, m.ACCURACY, split, m.ON)
        larger = readings.scores(results, ONE_AND_A_HALF, m.ACCURACY, split, m.OFF)
        text = f"{split}: accuracy with memory - that of 1.5x the blocks without > 0"
        conditions.append(above(text, own - larger, 0.0))
        sign, factor = readings.effective_size(results, split)
        words.append(
            f"{split}: {brief(own, '.3f')} against {brief(larger, '.3f')}, effective size "
            f"{sign} {factor:.2f}x"
        )
    return Evidence("; ".join(words), len(own), tuple(conditions))


def two_stages(results: Results) -> Evidence:
    """M3-5."""
    main, start = (
        readings.scores(results, arm, m.NLL, m.HELD_OUT, m.ON) for arm in (MAIN, FROM_START)
    )
    lower = int((main < start).sum())
    words = f"NLL {brief(main, '.3f')} in two stages, {brief(start, '.3f')} from the start"
    text = "lower in every seed"
    condition = fact(text, f"in {lower} of {len(main)}", lower == len(main))
    return Evidence(words, len(main), (condition,))


def quantisation(results: Results) -> Evidence:
    """M3-6."""
    name = readings.paper_codec(results.profile)
    plain = readings.scores(results, MAIN, m.ACCURACY, m.HELD_OUT, m.BFLOAT16)
    coded = readings.scores(results, MAIN, m.ACCURACY, m.HELD_OUT, name)
    sizes = [
        readings.scores(results, MAIN, m.VECTOR_BYTES, m.HELD_OUT, part)[0]
        for part in (m.BFLOAT16, name)
    ]
    words = (
        f"{brief(coded, '.3f')} with {name}, {brief(plain, '.3f')} in bfloat16, "
        f"{sizes[0] / sizes[1]:.1f}x fewer bytes"
    )
    condition = below("accuracy lost < 1 point", plain - coded, QUANTISED_LOSS)
    return Evidence(words, len(plain), (condition,))


def decoding_speed(results: Results) -> Evidence:
    """M3-8."""
    from memstudy.experiments.sparse_memory.modes import IN_PROMPT, PLAIN, WARM

    plain, warm, prompt = (readings.speeds(results, mode) for mode in (PLAIN, WARM, IN_PROMPT))
    words = (
        f"tokens/s: {brief(warm, '.0f')} with memories, {brief(prompt, '.0f')} with references "
        f"in the prompt, {brief(plain, '.0f')} with neither"
    )
    conditions = (
        above("speed with memories - with references in the prompt > 0", warm - prompt, 0.0),
        below(
            "slowdown by memories - slowdown by references < 0",
            (1 - warm / plain) - (1 - prompt / plain),
            0.0,
        ),
    )
    return Evidence(words, len(plain) + 1, conditions)


def on_the_front(results: Results) -> Evidence:
    """M3-9."""
    from memstudy.experiments.sparse_memory.modes import IN_PROMPT, WARM

    own, prompt = (
        np.mean(
            [
                readings.scores(results, arm, m.ACCURACY, split, m.RETRIEVED)
                for split in (m.HELD_OUT, m.NEW)
            ],
            axis=0,
        )
        for arm in (MAIN, RAG)
    )
    fast, slow = (readings.speeds(results, mode).mean() for mode in (WARM, IN_PROMPT))
    words = (
        f"memory {brief(own, '.3f')} at {fast:.0f} tokens/s, prompt {brief(prompt, '.3f')} at "
        f"{slow:.0f}"
    )
    dominated = prompt.mean() >= own.mean() and slow >= fast
    condition = fact("the prompt is not both as good and as fast", words, not dominated)
    return Evidence(words, len(own), (condition,))


def frequent_facts(results: Results) -> Evidence:
    """M3-10."""
    last = len(results.profile.test.buckets) - 1
    without = [
        readings.scores(results, MAIN, m.ACCURACY, m.RANKED, m.OFF, bucket) for bucket in (0, last)
    ]
    gains = [readings.gain(results, m.RANKED, bucket) for bucket in (0, last)]
    words = (
        f"without memory {brief(without[0], '.3f')} on the most popular, "
        f"{brief(without[1], '.3f')} on the least; gain {brief(gains[0], '.3f')} and "
        f"{brief(gains[1], '.3f')}"
    )
    conditions = (
        above("accuracy without memory: most - least popular > 0", without[0] - without[1], 0.0),
        below("gain of memory: most - least popular < 0", gains[0] - gains[1], 0.0),
    )
    return Evidence(words, len(gains[0]), conditions)


def not_from_copies(results: Results) -> Evidence:
    """M3-11."""

    def scores(metric: str, part: str, position: int = -1) -> np.ndarray:
        return readings.scores(results, PLANTED_COPIES, metric, m.PLANTED, part, position)

    def filtered(metric: str, share: float) -> np.ndarray:
        return scores(metric, m.FILTERED, readings.threshold(results, share))

    off = scores(m.ACCURACY, m.OFF)
    gains = {share: filtered(m.ACCURACY, share) - off for share in (0.8, 2 / 3, 0.5)}
    clean = scores(m.ACCURACY, m.CLEAN) - off
    # What is searched and found depends on no weights: it is the same for every seed.
    read, left = (int(filtered(m.COPIES, share)[0]) for share in (1.0, 2 / 3))
    own = float(filtered(m.RECALL, 2 / 3)[0])
    tenth = FILTER_CHANGE * np.abs(gains[2 / 3])
    words = (
        f"copies of the asking text that are read: {read} without filter, {left} at 2/3; own card "
        f"among the read for {own:.2f} of the passages; gain "
        + ", ".join(f"{brief(g, '.3f')} at {share:.2f}" for share, g in gains.items())
        + f", {brief(clean, '.3f')} without copies in the bank"
    )
    conditions = controlled(
        (
            fact(
                "copies are read without filter, none at 2/3", f"{read}, {left}", read > 0 == left
            ),
            below(
                "change of the gain from 0.8 to 0.5 - a tenth of it < 0",
                np.abs(gains[0.8] - gains[0.5]) - tenth,
                0.0,
            ),
            below(
                "change of the gain at 2/3 where no copy is in the bank - a tenth of it < 0",
                np.abs(gains[2 / 3] - clean) - tenth,
                0.0,
            ),
        ),
        fact("control: own card among the read for > 0.5 of the passages", f"{own:.2f}", own > 0.5),
    )
    return Evidence(words, len(off), conditions)


def more_with_no_examples(results: Results) -> Evidence:
    """M3-12."""
    shots = results.profile.test.shots
    none = readings.gain(results, m.SHOTS, shots[0])
    few = np.mean([readings.gain(results, m.SHOTS, count) for count in shots[1:]], axis=0)
    words = f"gain {brief(none, '.3f')} with no example, {brief(few, '.3f')} with a few"
    return Evidence(words, len(none), (above("gain without examples - with > 0", none - few, 0.0),))


def edits(results: Results) -> Evidence:
    """M3-13."""
    new, same = (
        readings.scores(results, MAIN, m.ACCURACY, split, m.ON) for split in (m.EDITED, m.UNEDITED)
    )
    old = readings.scores(results, MAIN, m.OLD, m.EDITED, m.ON)
    words = (
        f"{brief(new, '.3f')} on edited facts, {brief(same, '.3f')} on the same ones before; the "
        f"old value is said in {brief(old, '.3f')}"
    )
    text = "accuracy on edited - 0.9 of that on unedited facts > 0"
    return Evidence(words, len(new), (above(text, new - SHARE_OF_UNEDITED * same, 0.0),))


def hallucination(results: Results) -> Evidence:
    """M3-14."""
    on, off = (
        readings.scores(results, MAIN, m.CONFIDENT_WRONG, m.HELD_OUT, part)
        for part in (m.ON, m.OFF)
    )
    irrelevant = readings.scores(results, MAIN, m.CONFIDENT_WRONG, m.MISSING, m.IRRELEVANT)
    unread, never = (
        readings.scores(results, CONTROL, m.CONFIDENT_WRONG, split, m.OFF)
        for split in (m.HELD_OUT, m.MISSING)
    )
    words = (
        f"entities with a card: {brief(on, '.3f')} with it, {brief(off, '.3f')} without, control "
        f"{brief(unread, '.3f')}; with none: {brief(irrelevant, '.3f')} with irrelevant cards, "
        f"control {brief(never, '.3f')}"
    )
    conditions = (
        below("confident wrong answers with own card - without < 0", on - off, 0.0),
        below("confident wrong answers with own card - control < 0", on - unread, 0.0),
        below("with irrelevant cards - never-memory control < 0.01", irrelevant - never, NO_RISE),
    )
    return Evidence(words, len(on), conditions)
