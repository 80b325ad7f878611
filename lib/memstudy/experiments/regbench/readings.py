"""Numbers read from the recorded table of RegBench; torch is not needed here.

A point of a figure is an architecture at a number of environments. Where several settings were
tried there, the one with the lowest validation loss of the first seed stands for the architecture,
and it alone has all seeds. Of a choice of seeds without the first one, it is what remains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memstudy.core.errors import UsageError
from memstudy.experiments.regbench.measuring import POSITION, TEST
from memstudy.experiments.regbench.metrics import EVERY_POSITION
from memstudy.records import facts

if TYPE_CHECKING:
    from memstudy.experiments.regbench.config import Point
    from memstudy.study import Results


def architectures(results: Results, environments: int | None = None) -> list[str]:
    """Architectures that were trained (at some size), in the order of the profile."""
    points = results.profile.points
    named = [
        point.setting.architecture.name
        for point in points
        if environments in (None, point.environments)
    ]
    return list(dict.fromkeys(named))


def across_sizes(results: Results) -> list[str]:
    """Architectures that have a curve over sizes: all but those trained at the control size alone.

    Where a profile has one size only, all.
    """
    named = architectures(results)
    larger = [
        name
        for size in results.profile.environments
        if size != results.profile.in_distribution_at
        for name in architectures(results, size)
    ]
    return [name for name in named if name in larger] or named


def validation_loss(
    results: Results, point: Point, seed: int | None = None, split: str = "validation"
) -> float:
    """Lowest loss of a run on validation sequences, in nats.

    Args:
        results: recorded runs.
        point: setting and size.
        seed: of the run; None: the point's first one.
        split: ``"validation"``, of unseen automata, or ``"validation in distribution"``.
    """
    return facts(results, point.arm, seed)["best"][split]["loss"]


def tried(results: Results, architecture: str, environments: int) -> list[Point]:
    """Settings of an architecture at a size, the best first: by validation loss of one seed.

    It is the first seed that all of them have. Settings without any run among the results are no
    candidates, nor are models with the published defect; see :func:`defective`.

    Raises:
        UsageError: no setting has a run.
    """
    points = [
        point
        for point in results.profile.points
        if point.setting.architecture.name == architecture
        and point.environments == environments
        and not point.setting.architecture.every_layer_reads_embeddings
        and results.seeds_of(point.arm)
    ]
    if not points:
        raise UsageError(
            f"{architecture} at {environments} environments has no run with these seeds; "
            "choose seeds with the profile's first one"
        )
    seed = first_common_seed(results, points)
    return sorted(points, key=lambda point: validation_loss(results, point, seed))


def first_common_seed(results: Results, points: list[Point]) -> int:
    """The first seed that all points have a run of."""
    return min(set.intersection(*(set(results.seeds_of(point.arm)) for point in points)))


def defective(results: Results) -> list[Point]:
    """Points whose model has the published defect: every layer reads the embeddings."""
    return [
        point
        for point in results.profile.points
        if point.setting.architecture.every_layer_reads_embeddings
    ]


def chosen(results: Results, architecture: str, environments: int) -> Point:
    """The setting that stands for an architecture at a size."""
    return tried(results, architecture, environments)[0]


def best_in_distribution(results: Results, architecture: str) -> Point:
    """The setting that Table 4 would choose: by validation loss in distribution, first seed."""
    points = tried(results, architecture, results.profile.in_distribution_at)
    seed = first_common_seed(results, points)
    return min(
        points,
        key=lambda point: validation_loss(results, point, seed, "validation in distribution"),
    )


def scores(
    results: Results,
    architecture: str,
    environments: int,
    metric: str,
    split: str = TEST,
    convention: str = EVERY_POSITION,
) -> np.ndarray:
    """Accuracy or TVD of the chosen setting, one value a seed, ascending seeds.

    Args:
        results: recorded runs.
        architecture: name.
        environments: training automata.
        metric: ``"accuracy"`` or ``"tvd"``.
        split: ``TEST`` or ``TEST_IN``.
        convention: which positions count.
    """
    arm = chosen(results, architecture, environments).arm
    return scores_of_arm(results, arm, metric, split, convention)


def scores_of_arm(
    results: Results, arm: str, metric: str, split: str = TEST, convention: str = EVERY_POSITION
) -> np.ndarray:
    """Accuracy or TVD of an arm, one value a seed, ascending seeds; see :func:`scores`."""
    table = results.select(metric=metric, model=arm, split=split, part=convention)
    return table.sort_values("seed")["value"].to_numpy()


def oracle(results: Results, name: str, metric: str, convention: str = EVERY_POSITION) -> float:
    """Accuracy or TVD of a predictor without training on the same test.

    Args:
        results: recorded runs.
        name: ``"uniform letters"`` or, for example, ``"3-gram"``.
        metric: ``"accuracy"`` or ``"tvd"``.
        convention: which positions count.
    """
    (value,) = results.select(metric=metric, model=name, split=TEST, part=convention)["value"]
    return float(value)


def oracle_names(results: Results) -> list[str]:
    """Predictors without training, from the blind guess to the longest memory."""
    known = {point.arm for point in results.profile.points}
    found = results.select(metric="tvd", split=TEST)["model"].unique()
    names = [name for name in found if name not in known]
    return sorted(names, key=lambda name: (name != "uniform letters", name))


def along(
    results: Results, model: str, metric: str, by: str = POSITION
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores along the test sequences.

    Args:
        results: recorded runs.
        model: an arm, or the name of a predictor without training.
        metric: ``"accuracy"`` or ``"tvd"``.
        by: ``POSITION`` (first token of a bin) or ``STRINGS`` (strings finished before).

    Returns:
        Places (points,), scores (seeds, points) and positions behind each point (points,).
    """

    def wide(name: str) -> Any:
        table = results.select(metric=f"{name} by {by}", model=model, split=TEST)
        return table.pivot(index="seed", columns="position", values="value")

    found, counts = wide(metric), wide("positions")
    return found.columns.to_numpy(), found.to_numpy(), counts.to_numpy()[0]


def predictions(results: Results, model: str, seed: int) -> np.ndarray:
    """Predicted distributions along the beginning of the first test sequence: (time, tokens)."""
    table = results.select(metric="predicted", model=model, seed=seed)
    table = table.assign(part=table["part"].astype(int))
    return table.pivot(index="position", columns="part", values="value").to_numpy()
