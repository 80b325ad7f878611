"""Numbers read from the recorded table; torch is not needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.experiments.cross_paper.unit_memories.config import rate_arms
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory.readings import by_position, curve, scores

if TYPE_CHECKING:
    import numpy as np

    from memstudy.study import Results

__all__ = ["by_position", "curve", "held_out", "rate_losses", "scores"]


def held_out(results: Results, arm: str, metric: str, part: str, position: int = -1) -> np.ndarray:
    """(seeds,) a score of an arm's finished models on held-out entities, in the order of the seeds.

    Args:
        results: recorded runs.
        arm: one of the room's.
        metric: of :mod:`memstudy.experiments.sparse_memory.measures`.
        part: what was read: ``ON``, the own card and those of the chunks before, or ``OFF``.
        position: how many pairs, where that matters.
    """
    return scores(results, arm, metric, m.HELD_OUT, part, position)


def rate_losses(results: Results) -> dict[float, float]:
    """Loss of each learning rate that was tried: the lowest is taken.

    Nats a token in fresh texts about training entities, with their cards: held-out entities, by
    which the claims are judged, choose nothing.
    """
    return {
        rate: float(scores(results, arm, m.TEXT_NLL, m.USED, m.ON)[0])
        for arm, rate in rate_arms(results.profile.unit_memories).items()
    }
