"""Numbers read from the recorded table of the three-moons experiment; torch is not needed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.three_moons import skies

if TYPE_CHECKING:
    from memstudy.study import Results

CONVERGED_LOSS = 0.0012  # clipped loss below which a run counts as converged (fixed beforehand)
LAST_ITERATIONS = 10  # over which the final loss is averaged; one batch alone is noisy
MATRICES = ("phi", "psi", "z")
# How the published script evaluates: against the step before, with zeros as generated values.
PUBLISHED = {"metric": "absolute_error_misaligned", "memory": "zeroed"}


@dataclass(frozen=True)
class Sky:
    """A triple of moons, measured in sampled points."""

    periods: tuple[float, float, float]  # of each moon
    lcm: float  # of the whole sky


def sky(split: str) -> Sky:
    """The triple that a split evaluates: ``"train_triple"`` or ``"validation_triple"``."""
    triple = {
        "train_triple": skies.SHOWN_TRAIN_TRIPLE,
        "validation_triple": skies.VALIDATION_TRIPLE,
    }[split]
    points = skies.SAMPLES_PER_UNIT
    return Sky(tuple(p * points for p in triple), skies.common_period(triple) * points)


@dataclass(frozen=True)
class Errors:
    """Error curves of several runs: ``curves[run, T - 1]`` is err(T)."""

    curves: np.ndarray  # (runs, contexts)

    @property
    def n(self) -> int:
        """Number of runs."""
        return len(self.curves)

    def at(self, context: float) -> np.ndarray:
        """err(T) of every run at the whole number next to ``context``: (runs,)."""
        return self.curves[:, round(context) - 1]


def errors(
    results: Results,
    arm: str,
    split: str,
    seeds: Sequence[int] | None = None,
    metric: str = "absolute_error",
    memory: str = "stored",
) -> Errors:
    """Error curves of an arm, in the order of ``seeds`` (default: all of the arm)."""
    chosen = results.seeds_of(arm) if seeds is None else list(seeds)
    table = results.select(metric=metric, model=arm, split=split, part=memory)
    wide = table.pivot(index="seed", columns="position", values="value")
    return Errors(wide.reindex(chosen).to_numpy())


def losses(results: Results, arm: str) -> np.ndarray:
    """Clipped training loss of every run and iteration: (runs, iterations)."""
    table = results.select(metric="clipped_loss", model=arm)
    return table.pivot(index="seed", columns="step", values="value").to_numpy()


def final_losses(results: Results, arm: str) -> np.ndarray:
    """Clipped loss at the end of training, averaged over the last iterations: (runs,)."""
    return losses(results, arm)[:, -LAST_ITERATIONS:].mean(axis=1)


def converged_seeds(results: Results, arm: str) -> list[int]:
    """Seeds of the runs that count as converged."""
    final = final_losses(results, arm)
    seeds = results.seeds_of(arm)
    return [seed for seed, loss in zip(seeds, final, strict=True) if loss < CONVERGED_LOSS]


def stuck_seeds(results: Results, arm: str) -> list[int]:
    """Seeds of the runs that do not count as converged."""
    converged = converged_seeds(results, arm)
    return [seed for seed in results.seeds_of(arm) if seed not in converged]


def permutation_ratios(results: Results, arm: str, seeds: Sequence[int]) -> np.ndarray:
    """Largest modulus off the permutation over the smallest on it, of each run: (runs,)."""
    table = results.select(metric="permutation_ratio", model=arm).set_index("seed")
    return table["value"].reindex(list(seeds)).to_numpy()


def moduli(results: Results, arm: str, seed: int) -> np.ndarray:
    """Moduli of the three matrices of one run: (3 matrices, 3, 3)."""
    table = results.select(metric="modulus", model=arm, seed=seed).set_index("part")["value"]
    return np.array(
        [
            [[table[f"{name}[{row},{column}]"] for column in range(3)] for row in range(3)]
            for name in MATRICES
        ]
    )


def watched_moons(results: Results, arm: str, seed: int) -> list[int]:
    """The moon (1, 2 or 3) that the keys of each unit depend on most, one number a unit."""
    keys = moduli(results, arm, seed)[0]  # (unit, moon)
    return [int(moon) + 1 for moon in keys.argmax(axis=1)]
