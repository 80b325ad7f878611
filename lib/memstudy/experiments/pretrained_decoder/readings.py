"""Numbers read from the recorded table of the experiment; torch is not needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.errors import UsageError
from memstudy.experiments.copy_tasks.config import COPY, NO_MEMORY
from memstudy.experiments.pretrained_decoder.config import (
    AFTER,
    AUTOENCODER,
    BEFORE,
    OWN,
    DecoderConfig,
    arm_name,
    rates_name,
)
from memstudy.records import along

if TYPE_CHECKING:
    from memstudy.study import Results

INSIDE, RECONSTRUCTION = "inside", "reconstruction"


def decoders(results: Results) -> list[DecoderConfig]:
    """The decoders of the profile of which something was recorded."""
    return [
        trials.decoder
        for trials in results.profile.trials
        if any(run.run["arm"].startswith(f"{trials.decoder.label}_") for run in results.recorded)
    ]


def seeds(results: Results, *arms: str) -> list[int]:
    """Seeds that all of these arms have.

    Raises:
        UsageError: there is none.
    """
    found = sorted(set.intersection(*(set(results.seeds_of(arm)) for arm in arms)))
    if not found:
        raise UsageError(f"no seed has all of {', '.join(arms)}")
    return found


def score(results: Results, arm: str, metric: str, chosen: list[int] | None = None) -> np.ndarray:
    """(runs,) final copy ``"accuracy"`` or ``"loss"`` of an arm, by seed."""
    table = results.select(metric=metric, model=arm, split=COPY, part=INSIDE)
    values = table.set_index("seed")["value"]
    return values.loc[results.seeds_of(arm) if chosen is None else chosen].to_numpy()


def gain(results: Results, decoder: str, start: str, memory: str) -> np.ndarray:
    """(runs,) copy accuracy of memories over none, seed by seed, after equal steps."""
    arms = [arm_name(decoder, start, one) for one in (memory, NO_MEMORY)]
    common = seeds(results, *arms)
    found, control = (score(results, arm, "accuracy", common) for arm in arms)
    return found - control


def ahead_from(results: Results, decoder: str, start: str, memory: str) -> int | None:
    """First step from which the mean curve with memories stays above that without; None: never."""
    steps, values = curve(results, arm_name(decoder, start, memory))
    _, control = curve(results, arm_name(decoder, start, NO_MEMORY))
    behind = np.flatnonzero(values.mean(0) <= control.mean(0))
    first = int(behind[-1]) + 1 if len(behind) else 0
    return int(steps[first]) if first < len(steps) else None


def at_an_edge(results: Results, decoder: str, start: str) -> bool:
    """Whether the best learning rate is the smallest or the largest of those that were tried."""
    tried = rates(results, decoder, start)
    return min(tried, key=tried.get) in (min(tried), max(tried))


def reconstruction(results: Results) -> np.ndarray:
    """(runs,) token accuracy of the autoencoder whose encoder is frozen, by its own decoder."""
    wanted = {"metric": "accuracy", "model": AUTOENCODER, "split": RECONSTRUCTION, "part": INSIDE}
    return results.select(**wanted).sort_values("seed")["value"].to_numpy()


def curve(results: Results, arm: str, metric: str = "accuracy") -> tuple[np.ndarray, np.ndarray]:
    """A learning curve: steps (points,), values (runs, points)."""
    table = results.select(metric=f"curve_{metric}", model=arm)
    return along(table, "step")


def own_loss(results: Results, arm: str, when: str, text: str = OWN) -> np.ndarray:
    """(runs,) next-token loss in nats of an arm's decoder on held-out text; (0,) if not measured.

    Args:
        results: recorded runs.
        arm: name of the arm.
        when: ``"before"`` or ``"after"`` the copy training.
        text: ``"own"``, that of the training, or ``"general"``, another one.
    """
    table = results.table
    wanted = {"metric": "own_loss", "model": arm, "split": text, "part": when}
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table.sort_values("seed")["value"].to_numpy()


def forgotten(results: Results, arm: str, text: str = OWN) -> np.ndarray:
    """(runs,) own loss after the copy training less that before; above 0: forgotten."""
    return own_loss(results, arm, AFTER, text) - own_loss(results, arm, BEFORE, text)


def rates(results: Results, decoder: str, start: str) -> dict[float, float]:
    """Copy loss of each learning rate that was tried."""
    table = results.select(metric="rate_loss", model=rates_name(decoder, start))
    pairs = zip(table["part"].astype(float), table["value"], strict=True)
    return {float(rate): float(loss) for rate, loss in pairs}
