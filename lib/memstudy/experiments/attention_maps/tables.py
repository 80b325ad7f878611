"""The scalars of every arm, as the fixed-format lines of the notebook's check cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from memstudy.experiments.attention_maps import readings
from memstudy.experiments.attention_maps.claims import RULES
from memstudy.experiments.attention_maps.config import LONG, PIECES, arms, longer_arm, times_longer
from memstudy.language_models.config import MOSAIC

if TYPE_CHECKING:
    from memstudy.study import Results

SCALARS = ("sink_mass", "coefficient_of_variation", "variation_by_chance", "recency_mass")


def check_lines(results: Results) -> Iterator[str]:
    """The rules where they are not judged, then means over heads and runs.

    The means are at the trained length, at three times it, and of the leaks.
    """
    known = arms(results.profile)
    if results.profile.longer:
        for claim, rule in RULES.items():
            yield f"{claim} after {times_longer(results.profile)} times the steps, not judged"
            for condition in rule(results, longer_arm).conditions:
                yield f"  {condition}"
    yield "at L: weight on 0 times L | of one head at most | variation | by chance | newest 16"
    for arm in known:
        yield f"{arm:15} | {at_trained_length(results, arm)}"
    yield "at 3L: weight on 0 times 3L | oldest / middle third | loss beyond L in windows of L"
    yield "       | rise | and the rise in the four quarters from L to 3L"
    for arm, unit in known.items():
        if unit.extended:
            yield f"{arm:15} | {at_three_lengths(results, arm)}"
    yield "leak and half-width: Spearman, heads of all runs | within the runs | without a peak"
    for arm, unit in known.items():
        if unit.model.shape.family == MOSAIC:
            yield f"{arm:15} | {leak_and_width(results, arm)}"


def at_trained_length(results: Results, arm: str) -> str:
    """Scalars of an arm's rows in windows of L tokens."""
    sinks, *others = (readings.heads(results, arm, metric) for metric in SCALARS)
    times = results.profile.context_length
    return " | ".join(
        [f"{times * sinks.mean():.2f}", f"{times * sinks.max():.2f}"]
        + [f"{values.mean():.3f}" for values in others]
    )


def at_three_lengths(results: Results, arm: str) -> str:
    """Scalars of an arm's rows in windows of 3L tokens, and what the length costs."""
    sink = readings.heads(results, arm, "sink_mass", LONG).mean()
    ratio = readings.heads(results, arm, "length_ratio", LONG).mean()
    short = readings.losses(results, arm, PIECES).mean()
    rise = readings.loss_rise(results, arm).mean()
    quarters = readings.excess(results, arm).mean(axis=0).reshape(4, -1).mean(axis=1)
    far = " ".join(f"{quarter:+.4f}" for quarter in quarters)
    times = 3 * results.profile.context_length
    return f"{times * sink:.2f} | {ratio:.3f} | {short:.3f} | {rise:+.4f} | {far}"


def leak_and_width(results: Results, arm: str) -> str:
    """Rank correlation of a mosaic's leaks with the half-widths of its recent peaks."""
    leaks, widths = readings.leaks(results, arm), readings.half_widths(results, arm)
    each = " ".join(f"{readings.spearman(*run):.2f}" for run in zip(leaks, widths, strict=True))
    pooled = readings.pooled_spearman(leaks, widths)
    return f"{pooled} | {each} | {int((widths == 0).sum())} of {widths.size}"
