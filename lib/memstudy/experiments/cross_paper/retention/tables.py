"""Fixed-format lines on the comparison for the notebook's check cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.experiments.cross_paper.retention import readings
from memstudy.experiments.cross_paper.retention.config import FAMILIES, LAST

if TYPE_CHECKING:
    from memstudy.study import Results


def check_lines(results: Results) -> list[str]:
    """A line an arm, then sizes, next-token losses, and the rates that were tried."""
    settings = results.profile.retention
    lines = [
        f"commonest token {readings.commonest(results):.3f}",
        f"encoder | family | accuracy | {' | '.join(list(readings.LEFT_OUT)[1:])} | entropy ratio",
    ]
    for kind in readings.KINDS:
        for family in FAMILIES:
            found = [
                readings.accuracy(results, family, kind, left_out).mean()
                for left_out in readings.LEFT_OUT.values()
            ]
            ratio = readings.entropy_ratio(results, family, kind).mean()
            told = " | ".join(f"{value:.3f}" for value in [*found, ratio])
            lines.append(f"{kind} | {family} | {told}")
    for family in FAMILIES:
        ends = readings.positions(results, family, readings.CAUSAL).mean(axis=0)[-LAST - 1 :]
        told = " ".join(f"{value:.3f}" for value in ends)
        lines.append(f"accuracy on the last {LAST + 1} tokens, causal | {family} | {told}")
    for family in FAMILIES:
        losses = readings.rate_losses(results, family)
        right = readings.rate_accuracies(results, family)
        tried = ", ".join(f"{rate:g}: {losses[rate]:.3f} ({right[rate]:.3f})" for rate in losses)
        lines += [
            f"{family}: {readings.parameters(results, family)} parameters without head, rate "
            f"{settings.best_rate(family):g}, next-token loss "
            f"{readings.next_token_loss(results, family).mean():.3f}",
            f"rates of {family} (loss, and accuracy of the probe; first seed): {tried}",
        ]
    return [*lines, f"rates to look at: {'; '.join(readings.misplaced(results)) or 'none'}"]
