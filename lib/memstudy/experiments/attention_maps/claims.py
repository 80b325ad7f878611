"""What the paper claims about attention, and the rules fixed before any run.

A *row* is the attention of the last position of a window, averaged over windows: one a head. Where
a rule speaks of a model, it means the scalar of each head's row, averaged over the heads; one value
a run. L is the length of a training window. The definitions are in
:mod:`~memstudy.experiments.attention_maps.summaries`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

from memstudy.core.claims import Claim, Condition, Evidence, above, below
from memstudy.core.statistics import Interval
from memstudy.experiments.attention_maps import readings
from memstudy.experiments.attention_maps.config import (
    ABSOLUTE,
    ALIBI,
    LONG,
    ROPE,
    longer_arm,
    times_longer,
)
from memstudy.experiments.babistories_lm.config import LONGER_ADDED
from memstudy.language_models.config import MOSAIC
from memstudy.records import brief

if TYPE_CHECKING:
    from memstudy.study import Results

PAPER = "Memory Mosaics"
Naming = Callable[[str], str]  # from an arm of a rule to the arm that is measured
Rule = Callable[..., Evidence]  # of results and, where it is not the identity, a Naming


def transformer_has_a_sink_and_mosaic_is_flat(results: Results, arm: Naming = str) -> Evidence:
    """MM-14."""
    length = results.profile.context_length
    arms = (ABSOLUTE, MOSAIC)
    sink = {
        each: length * readings.heads(results, arm(each), "sink_mass").mean(1)  # (runs,), times L
        for each in arms
    }
    uneven = {
        each: readings.heads(results, arm(each), "coefficient_of_variation").mean(1)
        for each in arms
    }
    ratio = uneven[MOSAIC] / uneven[ABSOLUTE]
    conditions = (
        above("weight on position 0 > 10/L, transformer, times L", sink[ABSOLUTE], 10),
        below("weight on position 0 < 3/L, mosaic, times L", sink[MOSAIC], 3),
        below("coefficient of variation < 0.5 of the transformer's, mosaic", ratio, 0.5),
    )
    words = (
        f"weight on position 0: transformer {brief(sink[ABSOLUTE], '.2f')} / L, "
        f"mosaic {brief(sink[MOSAIC], '.2f')} / L; coefficient of variation: mosaic "
        f"{uneven[MOSAIC].mean():.2f}, transformer {uneven[ABSOLUTE].mean():.2f}"
    )
    return Evidence(words, len(ratio), conditions)


def mosaic_carries_over_to_three_lengths(results: Results, arm: Naming = str) -> Evidence:
    """MM-15."""
    ratio = {
        each: readings.heads(results, arm(each), "length_ratio", LONG).mean(1)
        for each in (MOSAIC, ALIBI)
    }
    rise = {each: readings.loss_rise(results, arm(each)) for each in (MOSAIC, ROPE, ALIBI)}
    conditions = (
        above("oldest / middle third at 3L >= 0.8, mosaic", ratio[MOSAIC], 0.8),
        below("oldest / middle third at 3L <= 1.25, mosaic", ratio[MOSAIC], 1.25),
        below("oldest / middle third at 3L < 0.1, ALiBi", ratio[ALIBI], 0.1),
        below("loss beyond L rises by < 0.02 nat, mosaic", rise[MOSAIC], 0.02),
        above("loss beyond L rises by > 0.1 nat, RoPE", rise[ROPE], 0.1),
    )
    words = (
        f"oldest / middle third: mosaic {brief(ratio[MOSAIC], '.2f')}, "
        f"ALiBi {brief(ratio[ALIBI], '.2f')}; "
        f"loss beyond L: mosaic {rise[MOSAIC].mean():+.3f}, RoPE {rise[ROPE].mean():+.3f}, "
        f"ALiBi {rise[ALIBI].mean():+.3f} nat"
    )
    return Evidence(words, len(ratio[MOSAIC]), conditions)


def the_peak_widens_with_the_leak(results: Results, arm: Naming = str) -> Evidence:
    """MM-16."""
    leaks = readings.leaks(results, arm(MOSAIC))  # (runs, heads)
    widths = readings.half_widths(results, arm(MOSAIC))  # (runs, heads)
    pooled = readings.pooled_spearman(leaks, widths)
    each = ", ".join(f"{readings.spearman(*run):.2f}" for run in zip(leaks, widths, strict=True))
    text = "Spearman correlation of lambda and half-width > 0.7, heads of all runs pooled"
    without = int((widths == 0).sum())
    words = (
        f"{pooled.mean:.2f} over {widths.size} heads, {without} of them without a peak; "
        f"within the runs {each}"
    )
    return Evidence(words, len(leaks), (interval_above(text, pooled, 0.7),))


def also_told_longer(rule: Rule) -> Callable[[Results], Evidence]:
    """The rule as it judges; of the models trained for longer, what it would measure is told."""

    def judged(results: Results) -> Evidence:
        found = rule(results)
        if not results.profile.longer:
            return found
        more = rule(results, longer_arm).ours
        times = times_longer(results.profile)
        return replace(found, ours=f"{found.ours}; after {times} times the steps: {more}")

    return judged


def interval_above(text: str, interval: Interval, threshold: float) -> Condition:
    """Condition that a coefficient whose interval is known lies above ``threshold``."""
    if not all(map(isfinite, (interval.mean, interval.low, interval.high))):
        return Condition(text, "not defined: all values are equal in some runs", None)
    holds = True if interval.low > threshold else False if interval.high <= threshold else None
    return Condition(text, str(interval), holds)


RULES = {
    "MM-14": transformer_has_a_sink_and_mosaic_is_flat,
    "MM-15": mosaic_carries_over_to_three_lengths,
    "MM-16": the_peak_widens_with_the_leak,
}
CLAIMS = (
    Claim(
        id="MM-14",
        paper=PAPER,
        where="Fig. 12",
        statement="transformer: attention sink at 0, noisy; mosaic: flat but for recent tokens",
        paper_value="pictures of the mean rows of 12 heads",
        rule="weight on position 0, mean over heads: transformer > 10/L, mosaic < 3/L; coefficient "
        "of variation of a head's mean row over [1, L-33), averaged over heads: mosaic < 0.5 of "
        "the transformer's",
        seeds=3,
        figure="05_attention_maps_rows",
        test=also_told_longer(RULES["MM-14"]),
        corrections=(
            f"{LONGER_ADDED} The transformer's row is then uneven and the mosaic's is not, and the "
            "part of the rule on variation would hold; there is no sink then either",
        ),
    ),
    Claim(
        id="MM-15",
        paper=PAPER,
        where="Fig. 13",
        statement="at 3x the training length mosaic stays flat, ALiBi decays, RoPE breaks",
        paper_value="pictures of the mean rows; no losses",
        rule="oldest third / middle third of a head's mean row at 3L, averaged over heads: mosaic "
        "in [0.8, 1.25], ALiBi < 0.1; loss at positions [L, 3L) against that of the same tokens "
        "at positions [L/2, L): mosaic rises < 0.02 nat, RoPE > 0.1",
        seeds=3,
        figure="05_attention_maps_long_rows",
        test=also_told_longer(RULES["MM-15"]),
        corrections=(
            f"{LONGER_ADDED} The loss with RoPE then rises by more than 0.1 nat, as the rule asks, "
            "and the mosaic's by more than the 0.02 nat that the rule allows",
        ),
    ),
    Claim(
        id="MM-16",
        paper=PAPER,
        where="Fig. 15",
        statement="the larger the leak coefficient, the wider the recent peak",
        paper_value="picture of rows beside coefficients",
        rule="Spearman correlation of lambda and half-width > 0.7, over the heads of all runs "
        "pooled, interval over runs; a head without a recent peak has half-width 0",
        seeds=3,
        figure="05_attention_maps_leak",
        test=also_told_longer(RULES["MM-16"]),
        corrections=(f"{LONGER_ADDED} The rule would hold for them",),
    ),
)
