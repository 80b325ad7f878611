"""Numbers of the pairings, read from the recorded table; torch is not needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.copy_tasks import readings
from memstudy.experiments.copy_tasks.config import CAUSAL, COMBINED, COPY
from memstudy.experiments.cross_paper import rates
from memstudy.experiments.cross_paper.pairings.config import (
    NONE,
    PAIRS,
    TRIED,
    arm_name,
    best_arm,
)
from memstudy.records import facts

if TYPE_CHECKING:
    from memstudy.experiments.cross_paper.pairings.config import PairingSettings
    from memstudy.study import Results

CUE_LENGTH = 3  # inputs at the start of a copy that the cue takes the place of


def arm(results: Results, encoder: str, decoder: str, task: str = COMBINED) -> str:
    """Name of the arm of a pairing that has every seed."""
    return best_arm(results.profile.pairings, encoder, decoder, task)


def seeds(results: Results) -> list[int]:
    """Seeds that all pairings have."""
    return sorted(set.intersection(*(set(results.seeds_of(arm(results, *pair))) for pair in PAIRS)))


def copied(results: Results, encoder: str, decoder: str) -> np.ndarray:
    """(runs,) copy accuracy inside chunks, the first and the last token of each left out."""
    chosen = arm(results, encoder, decoder)
    places = readings.without_last(results, chosen, COPY, share_of_last(results.profile.pairings))
    return places[np.isin(results.seeds_of(chosen), seeds(results))]


def share_of_last(settings: PairingSettings) -> float:
    """Share of each chunk's last token among the tokens of a copy that count.

    A copied text has half of the chunks and no target at the start of one; the cue takes two more
    targets away, the second and the third token of the first chunk.
    """
    chunks = settings.n_chunks // 2
    return chunks / (chunks * (settings.chunk - 1) - (CUE_LENGTH - 1))


def copied_in_all(results: Results, encoder: str, decoder: str) -> np.ndarray:
    """(runs,) copy accuracy inside chunks, with the last token of each: BM-11's measure."""
    return readings.score(results, arm(results, encoder, decoder), COPY, seeds=seeds(results))


def gain(results: Results, encoder: str, decoder: str) -> np.ndarray:
    """(runs,) what memories add to :func:`copied`: the same decoder with an encoder and without."""
    return copied(results, encoder, decoder) - copied(results, NONE, decoder)


def causal_loss(results: Results, encoder: str, decoder: str, task: str = COMBINED) -> np.ndarray:
    """(runs,) next-token loss in nats inside chunks of models trained on ``task``."""
    chosen = arm(results, encoder, decoder, task)
    return readings.score(results, chosen, CAUSAL, "loss", seeds=seeds(results))


def curve(results: Results, encoder: str, decoder: str) -> tuple[np.ndarray, np.ndarray]:
    """Copy accuracy over training: steps (points,), values (runs, points)."""
    return readings.curve(results, arm(results, encoder, decoder), COPY)


def rate_losses(results: Results, encoder: str, decoder: str) -> dict[float, float]:
    """Sum of both held-out losses in nats of the first seed, by learning rate."""
    causal, copy = (by_rate(results, encoder, decoder, mode, "loss") for mode in (CAUSAL, COPY))
    return {rate: causal[rate] + copy[rate] for rate in causal}


def by_rate(
    results: Results, encoder: str, decoder: str, mode: str, metric: str
) -> dict[float, float]:
    """A score of the first seed inside chunks, by learning rate; see ``copy_tasks.readings``."""
    first = list(results.profile.seeds[:1])
    found = {}
    for rate in results.profile.pairings.learning_rates:
        name = arm_name(encoder, decoder, rate)
        found[rate] = float(readings.score(results, name, mode, metric, seeds=first)[0])
    return found


def misplaced(results: Results) -> list[str]:
    """Pairings whose rate with every seed is to be looked at; see ``rates.misplaced``."""
    best = results.profile.pairings.best_rate
    return rates.misplaced(
        (" to ".join(pair), rate_losses(results, *pair), best(*pair)) for pair in TRIED
    )


def parameters(results: Results, encoder: str, decoder: str) -> int:
    """Parameters of a pairing's models."""
    return facts(results, arm(results, encoder, decoder))["parameters"]
