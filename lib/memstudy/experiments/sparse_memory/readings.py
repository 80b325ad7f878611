"""Numbers read from the recorded table; torch is not needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory.config import (
    CONTROL,
    FACTORIES,
    LARGER,
    MAIN,
    THROUGHPUT,
    SparseMemoryProfile,
)
from memstudy.records import along, facts

if TYPE_CHECKING:
    from memstudy.study import Results

FINAL = -1  # step of what is measured on finished models


def scores(
    results: Results, arm: str, metric: str, split: str, part: str, position: int = -1
) -> np.ndarray:
    """(seeds,) a score of the finished models of an arm, in the order of the seeds.

    Args:
        results: recorded runs.
        arm: one of the profile's arms.
        metric: one of those of :mod:`memstudy.experiments.sparse_memory.measures`.
        split: whom the texts are about.
        part: what was read.
        position: how many of it, where that matters.
    """
    found = results.select(
        model=arm, metric=metric, split=split, part=part, position=position, step=FINAL
    )
    return found.sort_values("seed")["value"].to_numpy()


def gain(results: Results, split: str, position: int = -1, arm: str = MAIN) -> np.ndarray:
    """(seeds,) accuracy with the own card minus accuracy with nothing."""
    with_card, without = (
        scores(results, arm, m.ACCURACY, split, part, position) for part in (m.ON, m.OFF)
    )
    return with_card - without


def by_position(
    results: Results, metric: str, split: str, part: str, arm: str = MAIN
) -> tuple[np.ndarray, np.ndarray]:
    """Positions (points,), ascending, and scores (seeds, points) of an arm's finished models."""
    table = results.select(model=arm, metric=metric, split=split, part=part, step=FINAL)
    table = table[table.position >= 0]
    return along(table, "position")


def curve(
    results: Results, arm: str, metric: str, split: str, part: str
) -> tuple[np.ndarray, np.ndarray]:
    """Steps (points,) and scores (seeds, points) during the training of an arm.

    The end of the first stage and the beginning of the second are one point: the same weights.
    """
    found = results.table
    found = found[(found.model == arm) & (found.metric == metric) & (found.split == split)]
    found = found[(found.part == part) & (found.step >= 0)]
    found = found.drop_duplicates(["seed", "step"], keep="last")
    return along(found, "step")


def sizes(results: Results) -> dict[str, int]:
    """Arms that never read, by parameters besides embeddings, ascending."""
    names = [name for name in (CONTROL, *LARGER) if name in results.profile.arms]
    return {name: facts(results, name)["non_embedding_parameters"] for name in names}


def effective_size(results: Results, split: str) -> tuple[str, float]:
    """How many times larger a memory-less model must be to know as much.

    Accuracy is interpolated over the logarithm of the size.

    Returns:
        ``"="``, or ``"<"`` or ``">"`` where it lies outside the sizes that were trained; and the
        factor.
    """
    known = sizes(results)
    size = np.log(np.array(list(known.values()), float))
    accuracy = np.array([scores(results, name, m.ACCURACY, split, m.OFF).mean() for name in known])
    reached = np.maximum.accumulate(accuracy)
    own = scores(results, MAIN, m.ACCURACY, split, m.ON).mean()
    factor = np.exp(size - size[0])
    if own < reached[0]:
        return "<", 1.0
    if own > reached[-1]:
        return ">", float(factor[-1])
    return "=", float(np.exp(np.interp(own, reached, size - size[0])))


def paper_codec(profile: SparseMemoryProfile) -> str:
    """Name under which the quantiser at the paper's rate is recorded."""
    return profile.test.codecs[0] or FACTORIES[profile.shape.head_dim]


def speeds(results: Results, mode: str) -> np.ndarray:
    """(timings,) tokens a second of a mode of decoding; the first timing does not count."""
    table = results.select(model=THROUGHPUT, metric=m.SPEED, part=mode)
    return table.sort_values("position")["value"].to_numpy()[1:]


def threshold(results: Results, share: float) -> int:
    """The threshold of the overlap filter nearest to a share, in percent, as recorded."""
    return round(100 * min(results.profile.test.thresholds, key=lambda t: abs(t - share)))
