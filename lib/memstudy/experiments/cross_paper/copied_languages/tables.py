"""Fixed-format lines on the comparison for the notebook's check cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.experiments.cross_paper.copied_languages import readings
from memstudy.experiments.cross_paper.copied_languages.config import (
    COPY_ACCURACY,
    JUDGED,
    MOSAIC,
    SIGNED,
    TWICE,
    UNSIGNED,
)
from memstudy.experiments.cross_paper.copied_languages.readings import ACCURACY, TVD
from memstudy.experiments.regbench import readings as regbench
from memstudy.records import facts

if TYPE_CHECKING:
    from memstudy.study import Results

NGRAMS = ("2-gram", "3-gram", "4-gram")


def check_lines(results: Results) -> list[str]:
    """A line an arm, the predictors without training, and the rates that were tried."""
    settings = results.profile.copied_languages
    lines = [
        f"copy accuracy of who knows the language {readings.known(results):.3f}",
        "family | objective | accuracy | TVD | next-token loss | copy accuracy with sign | without"
        " | rate | parameters",
    ]
    for family, kind in (*JUDGED, (MOSAIC, TWICE)):
        found = [
            *(readings.scores(results, family, kind, metric) for metric in (ACCURACY, TVD)),
            readings.test_loss(results, family, kind),
            *(readings.copied(results, family, kind, told) for told in (SIGNED, UNSIGNED)),
        ]
        told = " | ".join(f"{values.mean():.3f}" for values in found)
        size = facts(results, readings.arm(results, family, kind))["parameters"]
        rate = settings.best_rate(family, kind)
        lines.append(f"{family} | {kind} | {told} | {rate:g} | {size}")
    if readings.has_oracles(results):
        for name in NGRAMS:
            told = [f"{regbench.oracle(results, name, metric):.3f}" for metric in (ACCURACY, TVD)]
            lines.append(f"in-context {name} | accuracy {told[0]} | TVD {told[1]}")
    for family, kind in JUDGED:
        losses = readings.rate_losses(results, family, kind)
        tried = ", ".join(f"{rate:g}: {loss:.3f}" for rate, loss in losses.items())
        lines.append(f"rates of {family}, {kind} (validation loss, first seed): {tried}")
        lines += [rate_line(results, family, kind, rate) for rate in losses]
    return [*lines, f"rates to look at: {'; '.join(readings.misplaced(results)) or 'none'}"]


def rate_line(results: Results, family: str, kind: str, rate: float) -> str:
    """What every run of a learning rate reached on unseen languages, in the order of seeds."""
    told = (
        f"{words} {', '.join(f'{value:.3f}' for value in found)}"
        for words, metric in (("accuracy", ACCURACY), ("TVD", TVD), ("copies", COPY_ACCURACY))
        for found in (readings.tried(results, family, kind, rate, metric),)
    )
    return f"  {rate:g}, run by run: {'; '.join(told)}"
