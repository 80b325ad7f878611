"""Controls of the comparison of the families: initial weights and recipe.

No rule rests on them. They say what else than the family the difference might be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.experiments.babistories_lm import readings
from memstudy.experiments.babistories_lm.config import FAN_IN, FAN_IN_ONLY
from memstudy.experiments.babistories_lm.tables import Table, interval
from memstudy.language_models.config import MOSAIC, TRANSFORMER

if TYPE_CHECKING:
    import numpy as np

    from memstudy.study import Results

# What a transformer has of the mosaic, by the last word of its arm.
CONVENTIONS = {FAN_IN_ONLY: "the mosaic's weights", FAN_IN: "the mosaic's weights and recipe"}


def conventions(results: Results) -> Table:
    """How much of the families' difference is that of their initial weights and recipes.

    Without rows where both families have one recipe anyway.
    """
    names = ("its own weights and recipe", *CONVENTIONS.values())
    head = (
        "blocks",
        "mosaic",
        *(f"GPT2, {name}" for name in names),
        *(f"{place} - mosaic, nats a token" for place in ("second", "third", "fourth")),
    )
    rows = []
    for depth, mosaic, own, others in by_convention(results):
        found = [own, *(others.get(name) for name in CONVENTIONS)]
        means = ("not tried" if losses is None else f"{losses.mean():.3f}" for losses in found)
        differences = ("" if losses is None else interval(losses - mosaic) for losses in found)
        rows.append((str(depth), f"{mosaic.mean():.3f}", *means, *differences))
    return Table(head, rows)


def by_convention(
    results: Results,
) -> list[tuple[int, np.ndarray, np.ndarray, dict[str, np.ndarray]]]:
    """Depth, and best losses, (runs,): mosaic, GPT2, GPT2 in the conventions that were tried."""
    text = results.profile.ablated_on
    tried = {
        FAN_IN_ONLY: readings.fan_in_only_depths(results),
        FAN_IN: readings.fan_in_depths(results),
    }
    return [
        (
            depth,
            readings.best_losses(results, text, MOSAIC, depth),
            readings.best_losses(results, text, TRANSFORMER, depth),
            {
                name: readings.best_losses(results, text, TRANSFORMER, depth, name)
                for name, depths in tried.items()
                if depth in depths
            },
        )
        for depth in readings.fan_in_only_depths(results)
    ]


def check_lines(results: Results) -> list[str]:
    """Fixed-format lines: every number of the table."""
    text = results.profile.ablated_on
    return [
        f"{text}, {readings.blocks(depth)}: transformer with {CONVENTIONS[name]}: "
        f"loss {other.mean():.3f}, minus mosaic {interval(other - mosaic)}"
        for depth, mosaic, _, others in by_convention(results)
        for name, other in others.items()
    ]
