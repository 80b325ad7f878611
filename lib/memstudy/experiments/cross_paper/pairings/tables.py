"""Fixed-format lines on the pairings for the notebook's check cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.experiments.copy_tasks.config import CAUSAL, COPY
from memstudy.experiments.cross_paper.pairings import readings
from memstudy.experiments.cross_paper.pairings.config import NONE, PAIRS, TRIED
from memstudy.records import facts

if TYPE_CHECKING:
    from memstudy.study import Results


def check_lines(results: Results) -> list[str]:
    """A line a pairing, and the rates that were tried."""
    settings = results.profile.pairings
    chance = facts(results, readings.arm(results, *PAIRS[0]))["chance"]["accuracy"]
    lines = [
        f"commonest token {chance:.3f}",
        "encoder | decoder | copy | with last tokens | gain | causal loss | trained on it alone"
        " | rate | parameters",
    ]
    for encoder, decoder in TRIED:
        alone = "-"
        if encoder != NONE and (encoder, decoder) in PAIRS:
            alone = f"{readings.causal_loss(results, encoder, decoder, CAUSAL).mean():.3f}"
        words = decoder.replace("_", " ")
        lines.append(
            f"{encoder} | {words} | {readings.copied(results, encoder, decoder).mean():.3f} | "
            f"{readings.copied_in_all(results, encoder, decoder).mean():.3f} | "
            f"{readings.gain(results, encoder, decoder).mean():+.3f} | "
            f"{readings.causal_loss(results, encoder, decoder).mean():.3f} | {alone} | "
            f"{settings.best_rate(encoder, decoder):g} | "
            f"{readings.parameters(results, encoder, decoder)}"
        )
    lines.append("rates: sum of losses (copy accuracy with last tokens), first seed")
    for encoder, decoder in TRIED:
        losses = readings.rate_losses(results, encoder, decoder)
        right = readings.by_rate(results, encoder, decoder, COPY, "accuracy")
        told = ", ".join(f"{rate:g}: {losses[rate]:.3f} ({right[rate]:.3f})" for rate in losses)
        lines.append(f"{encoder} to {decoder.replace('_', ' ')}: {told}")
    return [*lines, f"rates to look at: {'; '.join(readings.misplaced(results)) or 'none'}"]
