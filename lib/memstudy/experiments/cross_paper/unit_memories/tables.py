"""Fixed-format lines on stored memory units for the notebook's check cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.experiments.cross_paper.unit_memories import readings
from memstudy.experiments.cross_paper.unit_memories.config import ARMS, DENSE, LABELS, NEVER
from memstudy.experiments.sparse_memory import measures as m
from memstudy.records import brief, facts

if TYPE_CHECKING:
    from memstudy.study import Results


def check_lines(results: Results) -> list[str]:
    """A line an arm, and the learning rates that were tried."""
    settings = results.profile.unit_memories
    lines = ["held-out entities, first mentions", "arm | pairs a head | own card | nothing | held"]
    for arm in ARMS:
        kept = facts(results, arm)["kept_tokens"]
        off = brief(readings.held_out(results, arm, m.ACCURACY, m.OFF), ".3f")
        on, held = "-", "-"
        if arm != NEVER:
            on = brief(readings.held_out(results, arm, m.ACCURACY, m.ON), ".3f")
            held = brief(readings.held_out(results, arm, m.COVERAGE, m.ON, kept), ".2f")
        lines.append(f"{LABELS[arm]} | {kept} | {on} | {off} | {held}")
    steps, values = readings.curve(results, DENSE, m.ACCURACY, m.HELD_OUT, m.ON)
    unused = brief(values[:, steps.searchsorted(settings.steps[0])], ".3f")
    lines.append(f"own card, all pairs, before any training with memories: {unused}")
    tried = readings.rate_losses(results)
    told = ", ".join(f"{rate:g}: {loss:.3f}" for rate, loss in tried.items())
    lines.append(f"rates (nats a token on training entities, all pairs, first seed): {told}")
    best = min(tried, key=tried.__getitem__)
    edge = (
        "; it is at an edge of the grid" if best in (settings.rates[0], settings.rates[-1]) else ""
    )
    return [*lines, f"taken: {settings.rates[settings.winner]:g}, lowest: {best:g}{edge}"]
