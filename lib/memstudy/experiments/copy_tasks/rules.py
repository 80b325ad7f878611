"""How each claim about training memory models is judged; torch is not needed here.

All scores are made *inside* chunks: the first token of a chunk, on which no model was trained, does
not count. N is the number of steps of every arm, over all its stages. An arm and its control are
compared seed by seed. The commonest token is that of the training text; its frequency is the
accuracy of naming it everywhere. Two readings are due to short chunks:

- an encoder has just read the last token of its chunk. That is one of 255 tokens that count in the
  paper and one of 7 at C = 8, so rules about what an encoder does *not* hold (BM-10, BM-13) are
  judged twice, on all tokens that count and on all but the last of each chunk;
- "copy accuracy" of BM-11 is that of the arm with the cue, as in the official code, trained for the
  two objectives from the start, and of the one that had the curriculum before; each must reach the
  threshold, and each is compared with the causal-only model of as many steps.

BM-10's "accessible" is judged twice as well: on the model as it was trained, and on a new decoder
that is trained on blank copy with this model's encoder, frozen; "within" means not above, since a
model that was never asked for a copy may well be worse than the commonest token. BM-12 is judged
with the frozen autoencoder's own table of tokens, BM-12b with the table drawn anew as the official
code does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.claims import Condition, Evidence, above, below, fact
from memstudy.core.statistics import bootstrap
from memstudy.experiments.copy_tasks import readings
from memstudy.experiments.copy_tasks.config import (
    BLANK,
    CAUSAL,
    COPY,
    FULL,
    MEMORY,
    RECONSTRUCTION,
)
from memstudy.records import brief

if TYPE_CHECKING:
    from memstudy.study import Results

CAUSAL_LIMIT = 0.05  # nats that the copy objective may cost the causal one
PAIRS_LIMIT = 0.05  # relative difference of counted pairs and n²/S + S²: the token behind them


def memories_help_a_little(results: Results) -> Evidence:
    """BM-9."""
    arms = dict.fromkeys(("causal_full_context", "causal_memory", "causal_none"), CAUSAL)
    full, memory, none = readings.paired(results, arms, "loss")
    recurrent = readings.score(results, "causal_recurrent", CAUSAL, "loss")
    conditions = (
        above("L(memory) - L(full context) > 0", memory - full, 0.0),
        above("L(none) - L(memory) > 0", none - memory, 0.0),
    )
    words = (
        f"causal loss: full context {brief(full, '.3f')}, memory {brief(memory, '.3f')}, "
        f"none {brief(none, '.3f')}; recurrent memory {brief(recurrent, '.3f')}"
    )
    return Evidence(words, len(memory), conditions)


def causal_training_forms_no_memory(results: Results) -> Evidence:
    """BM-10."""
    chance = readings.chance(results)
    untaught = readings.score(results, "causal_memory", BLANK)
    taught = readings.score(results, "blank_memory_encoder", BLANK)
    inner = readings.without_last(results, "blank_memory_encoder", BLANK)
    conditions = tuple(
        below(f"blank copy - commonest token <= 0.05, {told}", values - chance, 0.05)
        for told, values in (
            ("as trained", untaught),
            ("new decoder on its frozen encoder", taught),
            ("the same without the last token of each chunk", inner),
        )
    )
    words = (
        f"blank copy {brief(untaught, '.3f')}; with a new decoder {brief(taught, '.3f')}, without "
        f"last tokens {brief(inner, '.3f')}; commonest token {chance:.3f}"
    )
    return Evidence(words, len(taught), conditions)


def both_objectives_give_both_abilities(results: Results) -> Evidence:
    """BM-11."""
    conditions: list[Condition] = []
    words = []
    for arm, told in (
        ("combined_cue", "combined from the start"),
        ("curriculum_then_combined", "curriculum, then combined"),
    ):
        copied = readings.score(results, arm, COPY)
        losses = readings.paired(results, {arm: CAUSAL, "causal_memory": CAUSAL}, "loss")
        cost = losses[0] - losses[1]
        conditions += [
            above(f"copy accuracy >= 0.90, {told}", copied, 0.90),
            below(f"causal loss at most {CAUSAL_LIMIT} nat above, {told}", cost, CAUSAL_LIMIT),
        ]
        words.append(
            f"{told}: copy {brief(copied, '.3f')}, causal loss {brief(cost, '+.3f')} nat against "
            "causal only"
        )
    runs = min(len(results.seeds_of(arm)) for arm in ("combined_cue", "curriculum_then_combined"))
    return Evidence("; ".join(words), runs, tuple(conditions))


def a_frozen_autoencoder_needs_the_curriculum(results: Results, end: str = "") -> Evidence:
    """BM-12, and BM-12b with the suffix of the re-initialised table.

    Args:
        results: recorded runs.
        end: ``""`` or ``"_new_table"``.
    """
    copied, none, blank, taught, without = readings.paired(
        results,
        {
            f"copy_autoencoder{end}": COPY,
            "copy_none": COPY,
            f"blank_autoencoder{end}": BLANK,
            f"curriculum{end}": COPY,
            f"curriculum_without_memory{end}": COPY,
        },
    )
    whole = readings.score(results, "autoencoder", RECONSTRUCTION)
    conditions = (
        below("copy with frozen autoencoder - no memory < 0.10", copied - none, 0.10),
        above("blank copy > 0.5", blank, 0.5),
        above("curriculum - blank copy alone > 0", taught - blank, 0.0),
        above("curriculum - the same weights without memories > 0", taught - without, 0.0),
    )
    words = (
        f"copy {brief(copied, '.3f')}, no memory {brief(none, '.3f')}, blank copy "
        f"{brief(blank, '.3f')}, curriculum {brief(taught, '.3f')}, its weights without memories "
        f"{brief(without, '.3f')}; curriculum - copy alone {brief(taught - copied, '+.3f')}; the "
        f"autoencoder regenerates {brief(whole, '.3f')}"
    )
    return Evidence(words, len(copied), conditions)


def the_same_with_a_new_table(results: Results) -> Evidence:
    """BM-12b: BM-12's rule with the table re-initialised, and what that changes."""
    found = a_frozen_autoencoder_needs_the_curriculum(results, "_new_table")
    own, new = readings.paired(
        results, dict.fromkeys(("copy_autoencoder", "copy_autoencoder_new_table"), COPY)
    )
    words = f"{found.ours}; own table - new table, copy {brief(own - new, '+.3f')}"
    return Evidence(words, found.n, found.conditions)


def a_frozen_causal_encoder_fails(results: Results) -> Evidence:
    """BM-13."""
    conditions: list[Condition] = []
    words = []
    for end, told in (("", "own table"), ("_new_table", "new table")):
        arm = f"blank_causal_encoder{end}"
        accuracy = readings.score(results, arm, BLANK)
        inner = readings.without_last(results, arm, BLANK)
        conditions += [
            below(f"blank copy < 0.15, {told}", accuracy, 0.15),
            below(f"the same without the last token of each chunk, {told}", inner, 0.15),
        ]
        words.append(f"{told}: {brief(accuracy, '.3f')}, without last tokens {brief(inner, '.3f')}")
    return Evidence("; ".join(words), len(accuracy), tuple(conditions))


def memories_make_long_inputs_cheaper(results: Results) -> Evidence:
    """BM-14."""
    pairs = readings.counted(results, "pairs", MEMORY)
    wanted = readings.counted(results, "pairs_formula", MEMORY)
    least = readings.least_chunks(results)
    off = max(abs(found / wanted[n][least[n][0]] - 1) for n, (_, found) in least.items())
    next_to = [
        n
        for n, (chunks, _) in least.items()
        if not _beside(chunks, (n**2 / 2) ** (1 / 3), pairs[n])
    ]
    flops = _largest_difference(results, "flops", MEMORY)
    stored = max(
        abs(found - formula)
        for part in (MEMORY, FULL)
        for found, formula in readings.cache(results, part).values()
    )
    ratios = readings.time_ratios(results)
    faster = [n for n, values in ratios.items() if bootstrap(values).low > 1]
    from_n = _from_some_n_on(list(ratios), faster)
    longest = max(ratios)
    slope = _slope({n: chunks for n, (chunks, _) in least.items()})
    conditions = (
        fact("counted operations equal the formula's", f"off by at most {flops:.0f}", flops == 0),
        fact(
            f"pairs at the best S within {PAIRS_LIMIT} of n²/S + S²",
            f"off by at most {off:.4f}",
            off < PAIRS_LIMIT,
        ),
        fact(
            "the least at the S next to (n²/2)^(1/3)",
            f"in {len(least) - len(next_to)} of {len(least)} lengths",
            not next_to,
        ),
        fact(
            "prefill faster than full context from some n on",
            f"from n = {from_n} on" if from_n else "not at the longest",
            from_n is not None,
        ),
        fact("cache of S + n/S pairs, in bytes", f"off by {stored:.0f}", stored == 0),
    )
    words = (
        f"best S grows as n^{slope:.2f}; at n = {longest} prefill takes full context "
        f"{np.median(ratios[longest]):.1f} times as long; faster from n = {from_n} on"
    )
    return Evidence(words, 0, conditions)


def _beside(chunks: int, best: float, tried: dict[int, float]) -> bool:
    """Whether a number of chunks is one of the two tried ones next to the best."""
    below_best = [s for s in tried if s <= best]
    above_best = [s for s in tried if s >= best]
    return chunks in {max(below_best, default=0), min(above_best, default=0)}


def _largest_difference(results: Results, metric: str, part: str) -> float:
    found = readings.counted(results, metric, part)
    formula = readings.counted(results, f"{metric}_formula", part)
    return max(abs(found[n][s] - formula[n][s]) for n in found for s in found[n])


def _from_some_n_on(lengths: list[int], faster: list[int]) -> int | None:
    """The least of the lengths from which on all are among the faster ones."""
    found = None
    for n in sorted(lengths, reverse=True):
        if n not in faster:
            break
        found = n
    return found


def _slope(values: dict[int, float]) -> float:
    """Slope of a straight line through logarithms."""
    x, y = (np.log(np.array(list(part), dtype=float)) for part in (values, values.values()))
    return float(np.polyfit(x, y, 1)[0]) if len(values) > 1 else math.nan
