"""Numbers read from the recorded table of the experiment; torch is not needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.errors import UsageError
from memstudy.experiments.copy_tasks.arms import COSTS
from memstudy.experiments.copy_tasks.config import FULL, INSIDE, MEMORY
from memstudy.records import along, facts

if TYPE_CHECKING:
    from memstudy.study import Results


def score(
    results: Results,
    arm: str,
    mode: str,
    metric: str = "accuracy",
    part: str = INSIDE,
    seeds: list[int] | None = None,
) -> np.ndarray:
    """A score of an arm's finished models.

    Args:
        results: recorded runs.
        arm: name of the arm.
        mode: what the models were asked.
        metric: ``"accuracy"`` or ``"loss"`` (nats).
        part: ``INSIDE`` chunks, or the ``OFFICIAL`` way of counting.
        seeds: of these runs, in this order; None: all of the arm.

    Returns:
        (runs,).
    """
    table = results.select(metric=metric, model=arm, split=mode, part=part)
    values = table.set_index("seed")["value"]
    return values.loc[results.seeds_of(arm) if seeds is None else seeds].to_numpy()


def paired(results: Results, wanted: dict[str, str], metric: str = "accuracy") -> list[np.ndarray]:
    """Scores of several arms at the seeds that all of them have.

    Args:
        results: recorded runs.
        wanted: mode by arm.
        metric: as in :func:`score`.

    Returns:
        (runs,) for every arm, in their order.

    Raises:
        UsageError: no seed has all arms.
    """
    seeds = sorted(set.intersection(*(set(results.seeds_of(arm)) for arm in wanted)))
    if not seeds:
        raise UsageError(f"no seed has all of {', '.join(wanted)}")
    return [score(results, arm, mode, metric, seeds=seeds) for arm, mode in wanted.items()]


def by_position(results: Results, arm: str, mode: str) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy by the place of a token in its chunk: places (C - 1,), accuracies (runs, C - 1)."""
    table = results.select(metric="accuracy_by_position", model=arm, split=mode)
    return along(table, "position")


def without_last(results: Results, arm: str, mode: str, last: float | None = None) -> np.ndarray:
    """(runs,) accuracy on all tokens that count but the last one of each chunk.

    Args:
        results: recorded runs.
        arm: of a model with chunks.
        mode: what it is asked.
        last: share of the last ones among all tokens that count; None: all places count alike.
    """
    _, values = by_position(results, arm, mode)
    share = 1 / values.shape[1] if last is None else last
    return (score(results, arm, mode) - share * values[:, -1]) / (1 - share)


def curve(
    results: Results, arm: str, mode: str, metric: str = "accuracy"
) -> tuple[np.ndarray, np.ndarray]:
    """A learning curve: steps (points,), values (runs, points); a stage ends where one begins.

    Where two stages meet, the score before the first step of the later one is left out if both
    were tested on the same question.
    """
    table = results.select(metric=f"curve_{metric}", model=arm, split=mode)
    table = table.drop_duplicates(["seed", "step"], keep="first")
    return along(table, "step")


def chance(results: Results) -> float:
    """Accuracy of always naming the commonest token of the training text."""
    return facts(results, "copy_none")["chance"]["accuracy"]


def passages(results: Results, arm: str) -> list[dict[str, list[str | None]]]:
    """Texts of a few validation sequences, and what the first model of an arm makes of them."""
    return facts(results, arm)["passages"]


def counted(results: Results, metric: str, part: str) -> dict[int, dict[int, float]]:
    """Counted operations, or pairs: by n, then by number of chunks."""
    table = results.select(metric=metric, model=COSTS, part=part)
    return {
        int(n): dict(zip(group["step"].astype(int), group["value"], strict=True))
        for n, group in table.groupby("position")
    }


def least_chunks(results: Results) -> dict[int, tuple[int, float]]:
    """By n: the number of chunks with the fewest counted pairs, and that fewest number."""
    found = {}
    for n, pairs in counted(results, "pairs", MEMORY).items():
        best = min(pairs, key=pairs.get)
        found[n] = (best, pairs[best])
    return found


def time_ratios(results: Results, metric: str = "prefill_seconds") -> dict[int, np.ndarray]:
    """By n: time of full context over that of the memory model, round by round (rounds,)."""
    table = results.select(metric=metric, model=COSTS)
    wide = table.pivot(index=["position", "step"], columns="part", values="value")
    ratio = (wide[FULL] / wide[MEMORY]).groupby(level="position")
    return {int(n): values.to_numpy() for n, values in ratio}


def cache(results: Results, part: str) -> dict[int, tuple[float, float]]:
    """By n: bytes of the stored keys and values as found, and as the formula has them."""
    found = counted(results, "cache_bytes", part)
    formula = counted(results, "cache_bytes_formula", part)
    return {
        n: (next(iter(one.values())), next(iter(formula[n].values()))) for n, one in found.items()
    }
