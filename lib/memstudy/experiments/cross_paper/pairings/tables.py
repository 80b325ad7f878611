"""Fixed-format lines on the pairings for the notebook's check cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.experiments.copy_tasks.config import CAUSAL
from memstudy.experiments.cross_paper.pairings import readings
from memstudy.experiments.cross_paper.pairings.config import NONE, PAIRS
from memstudy.records import brief, facts

if TYPE_CHECKING:
    from memstudy.study import Results


def check_lines(results: Results) -> list[str]:
    """A line a pairing, what a mosaic with positions gains, and the rates that were tried."""
    settings = results.profile.pairings
    chance = facts(results, readings.arm(results, *PAIRS[0]))["chance"]["accuracy"]
    lines = [
        f"commonest token {chance:.3f}",
        "encoder | decoder | copy | with last tokens | gain | causal loss | trained on it alone"
        " | rate | parameters",
    ]
    for encoder, decoder in PAIRS:
        alone = "-"
        if encoder != NONE:
            alone = f"{readings.causal_loss(results, encoder, decoder, CAUSAL).mean():.3f}"
        lines.append(
            f"{encoder} | {decoder} | {readings.copied(results, encoder, decoder).mean():.3f} | "
            f"{readings.copied_in_all(results, encoder, decoder).mean():.3f} | "
            f"{readings.gain(results, encoder, decoder).mean():+.3f} | "
            f"{readings.causal_loss(results, encoder, decoder).mean():.3f} | {alone} | "
            f"{settings.best_rate(encoder, decoder):g} | "
            f"{readings.parameters(results, encoder, decoder)}"
        )
    placed = brief(readings.placed_gain(results), "+.3f")
    lines.append(f"a mosaic with positions that reads a transformer's memories gains {placed}")
    for encoder, decoder in PAIRS:
        tried = readings.rate_losses(results, encoder, decoder)
        told = ", ".join(f"{rate:g}: {loss:.3f}" for rate, loss in tried.items())
        lines.append(f"rates of {encoder} to {decoder} (sum of losses, first seed): {told}")
    edges = readings.at_an_edge(results)
    return [*lines, f"best rate at an edge of the grid: {', '.join(edges) or 'none'}"]
