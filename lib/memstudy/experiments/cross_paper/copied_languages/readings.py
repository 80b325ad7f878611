"""Numbers of the comparison, read from the recorded table; torch is not needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.cross_paper import rates
from memstudy.experiments.cross_paper.copied_languages.config import (
    COPY,
    COPY_ACCURACY,
    JUDGED,
    KNOWN,
    ORACLES,
    PLAIN,
    SIGNED,
    UNSIGNED,
    arm_name,
    best_arm,
)
from memstudy.experiments.regbench import readings
from memstudy.experiments.regbench.measuring import STRINGS, TEST
from memstudy.records import facts

if TYPE_CHECKING:
    from memstudy.study import Results

ACCURACY, TVD = "accuracy", "tvd"


def arm(results: Results, family: str, kind: str) -> str:
    """Name of the arm of a family and kind that has every seed."""
    return best_arm(results.profile.copied_languages, family, kind)


def seeds(results: Results) -> list[int]:
    """Seeds that all judged arms have."""
    found = (set(results.seeds_of(arm(results, *judged))) for judged in JUDGED)
    return sorted(set.intersection(*found))


def chosen(results: Results, family: str, kind: str, values: np.ndarray) -> np.ndarray:
    """Those of an arm's values, one a run in the order of seeds, whose seeds all arms have."""
    return values[np.isin(results.seeds_of(arm(results, family, kind)), seeds(results))]


def scores(results: Results, family: str, kind: str, metric: str) -> np.ndarray:
    """(runs,) accuracy or TVD on unseen languages at every position, as in RegBench's figure."""
    found = readings.scores_of_arm(results, arm(results, family, kind), metric)
    return chosen(results, family, kind, found)


def gained(results: Results, family: str, metric: str) -> np.ndarray:
    """(runs,) how much better copies make a family, at equal seeds: above 0 for the better.

    Accuracy with copies less that without; TVD without less that with them.
    """
    with_copies, without = (scores(results, family, kind, metric) for kind in (COPY, PLAIN))
    return with_copies - without if metric == ACCURACY else without - with_copies


def values(results: Results, family: str, kind: str, metric: str, part: str = "") -> np.ndarray:
    """(runs,) another number that was measured on the test."""
    name = arm(results, family, kind)
    table = results.select(metric=metric, model=name, split=TEST, part=part)
    return chosen(results, family, kind, table.sort_values("seed")["value"].to_numpy())


def copied(results: Results, family: str, kind: str, announced: str = SIGNED) -> np.ndarray:
    """(runs,) share of the letters of unseen copies that a model names."""
    return values(results, family, kind, COPY_ACCURACY, announced)


def copied_by_itself(results: Results, family: str) -> np.ndarray:
    """(runs,) copy accuracy of models that were not trained to copy.

    The higher one of copies with and without the sign, which these models have never seen.
    """
    return np.maximum(*(copied(results, family, PLAIN, told) for told in (SIGNED, UNSIGNED)))


def known(results: Results) -> float:
    """Copy accuracy of who knows the language and copies nothing: of the test alone."""
    return float(values(results, *JUDGED[0], COPY_ACCURACY, KNOWN)[0])


def test_loss(results: Results, family: str, kind: str) -> np.ndarray:
    """(runs,) next-token loss in nats on unseen languages."""
    return values(results, family, kind, "loss")


def by_strings(
    results: Results, family: str, kind: str, metric: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores by finished strings.

    Returns:
        Strings finished (points,), scores (runs, points), positions behind each point (points,).
    """
    found = readings.along(results, arm(results, family, kind), metric, STRINGS)
    places, curves, counts = found
    return places, chosen(results, family, kind, curves), counts


def tried(results: Results, family: str, kind: str, rate: float, metric: str) -> np.ndarray:
    """(runs,) a number of a learning rate, whichever seeds it has, in the order of seeds.

    Args:
        results: recorded runs.
        family: of the model.
        kind: objective.
        rate: learning rate.
        metric: ``ACCURACY``, ``TVD``, or ``COPY_ACCURACY``, announced by the sign.
    """
    name = arm_name(family, kind, rate)
    if metric != COPY_ACCURACY:
        return readings.scores_of_arm(results, name, metric)
    table = results.select(metric=metric, model=name, split=TEST, part=SIGNED)
    return table.sort_values("seed")["value"].to_numpy()


def has_oracles(results: Results) -> bool:
    """Whether the n-grams are among the results: they belong to the first seed alone."""
    return bool(results.seeds_of(ORACLES))


def rate_losses(results: Results, family: str, kind: str) -> dict[float, float]:
    """Lowest validation next-token loss in nats of the first seed, by learning rate."""
    tried = results.profile.copied_languages.learning_rates[family]
    first = results.profile.seeds[0]
    return {
        rate: facts(results, arm_name(family, kind, rate), first)["best"]["validation"]["loss"]
        for rate in tried
    }


def misplaced(results: Results) -> list[str]:
    """Arms whose rate with every seed is to be looked at; see ``rates.misplaced``."""
    best = results.profile.copied_languages.best_rate
    return rates.misplaced(
        (", ".join(judged), rate_losses(results, *judged), best(*judged)) for judged in JUDGED
    )
