"""Whether learning rates were chosen as the rules say; torch is not needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def misplaced(choices: Iterable[tuple[str, dict[float, float], float]]) -> list[str]:
    """Choices that have not the lowest loss, or one at an edge of the rates that were tried.

    Args:
        choices: for each, what the rate is of, losses by rate, and the rate that was taken.

    Returns:
        A line for each choice to look at.
    """
    told = []
    for name, losses, rate in choices:
        if min(losses, key=losses.__getitem__) != rate:
            told.append(f"{name}: not the best rate")
        elif rate in (min(losses), max(losses)):
            told.append(f"{name}: at an edge of the grid")
    return told
