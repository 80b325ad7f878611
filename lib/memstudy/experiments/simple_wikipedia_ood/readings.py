"""Numbers read from the recorded table of the experiment; torch is not needed here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from memstudy.core.errors import UsageError
from memstudy.experiments.simple_wikipedia_ood.config import BINS, arm_name
from memstudy.language_models.config import FAMILIES, MOSAIC, TRANSFORMER
from memstudy.records import facts

if TYPE_CHECKING:
    import pandas as pd

    from memstudy.study import Results

FOREIGN = "foreign"  # encyclopedia articles
OWN = "own"  # validation stories of the text that a model was trained on
LEAST_COUNTED = 30  # windows at a position, for a mean that is worth drawing


def bin_label(start: int, width: int) -> str:
    """A bin of positions as it is written: ``[64,96)``."""
    return f"[{start},{start + width})"


@dataclass(frozen=True)
class Paired:
    """Losses of both families on the same windows: models of equal seed, window by window."""

    starts: np.ndarray  # (bins,) first position of each bin
    mosaic: np.ndarray  # (seeds, windows, bins), nats
    transformer: np.ndarray  # (seeds, windows, bins), nats

    @property
    def seeds(self) -> int:
        """Pairs of models."""
        return len(self.mosaic)

    @property
    def windows(self) -> int:
        """Windows that every model has read."""
        return self.mosaic.shape[1]

    @property
    def width(self) -> int:
        """Positions of a bin."""
        return int(self.starts[1] - self.starts[0])

    @property
    def length(self) -> int:
        """Positions of a window."""
        return BINS * self.width

    @cached_property
    def difference(self) -> np.ndarray:
        """(windows, bins) transformer minus mosaic, mean over seeds: > 0 where the mosaic wins."""
        return (self.transformer - self.mosaic).mean(axis=0)

    def label(self, index: int) -> str:
        """Bin number ``index`` as it is written."""
        return bin_label(int(self.starts[index]), self.width)

    def judged_bins(self) -> list[int]:
        """Bins that start at position 64 or later (in windows shorter than 256: at L/4)."""
        first = min(64, self.length // 4)
        return [index for index, start in enumerate(self.starts) if start >= first]

    def gain(self, family: str) -> np.ndarray:
        """(windows,) how far the loss falls from [L/4, 3L/8) to [7L/8, L), mean over seeds.

        At the paper's L = 512: from [128,192) to [448,512).
        """
        losses = {MOSAIC: self.mosaic, TRANSFORMER: self.transformer}[family]
        return (losses[..., BINS // 4] - losses[..., -1]).mean(axis=0)


def paired(results: Results, text: str, longer: bool = False) -> Paired:
    """Losses of the models that were trained on ``text``, on their foreign corpus.

    Args:
        results: recorded runs.
        text: label of the training text.
        longer: whether to take the models that were trained for longer.

    Raises:
        UsageError: the models have not read the same windows, or no seed has both families.
    """
    arms = {family: arm_name(results.profile, text, family, longer) for family in FAMILIES}
    seeds = sorted(set.intersection(*(set(results.seeds_of(arm)) for arm in arms.values())))
    if not seeds:
        raise UsageError(f"no seed has both {' and '.join(arms.values())}")
    hashes = {
        evaluation_facts(results, arm, seed)[FOREIGN]["sha256"]
        for arm in arms.values()
        for seed in seeds
    }
    if len(hashes) > 1:
        raise UsageError(
            f"{' and '.join(arms.values())} have read {len(hashes)} different sets of windows; "
            "losses can be paired only on the same ones: record them again with --force"
        )
    found = {
        family: np.stack([window_losses(results, arm, seed).to_numpy() for seed in seeds])
        for family, arm in arms.items()
    }
    starts = window_losses(results, arms[MOSAIC], seeds[0]).columns.to_numpy()
    return Paired(starts, found[MOSAIC], found[TRANSFORMER])


def window_losses(results: Results, arm: str, seed: int) -> pd.DataFrame:
    """Mean loss of each window (rows) in each bin (columns: first positions)."""
    table = results.select(metric="window_loss", model=arm, seed=seed)
    return table.pivot(index="step", columns="position", values="value")


def loss_by_position(
    results: Results, text: str, family: str, split: str, group: int = 1, longer: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Loss along the window, for every seed.

    Args:
        results: recorded runs.
        text: label of the training text.
        family: ``"mosaic"`` or ``"transformer"``.
        split: ``FOREIGN`` or ``OWN``.
        group: neighbouring positions that are averaged, for a smoother curve.
        longer: whether to take the models that were trained for longer.

    Returns:
        Mean positions of the groups (points,) and losses (seeds, points), in nats. Groups with a
        position at which fewer than ``LEAST_COUNTED`` windows count are left out, unless there are
        no others.
    """
    arm = arm_name(results.profile, text, family, longer)

    def wide(metric: str) -> pd.DataFrame:
        table = results.select(metric=metric, model=arm, split=split)
        return table.pivot(index="seed", columns="position", values="value")

    losses, counts = wide("loss_by_position"), wide("windows_by_position").to_numpy()
    positions = losses.columns.to_numpy()
    enough = (counts >= min(LEAST_COUNTED, counts.max())).all(axis=0)
    points = enough.argmin() if not enough.all() else len(enough)
    points -= points % group
    shape = (-1, points // group, group)
    curves = losses.to_numpy()[:, :points].reshape(shape).mean(axis=-1)
    return positions[:points].reshape(shape[1:]).mean(axis=-1), curves


def evaluation_facts(results: Results, arm: str, seed: int) -> dict[str, Any]:
    """Number and SHA-256 of the windows that a model has read, by split."""
    return facts(results, arm, seed)["evaluation_windows"]


def texts(results: Results) -> list[dict[str, Any]]:
    """The texts of the recorded runs, one row each: what the models learned from, and met."""
    rows = []
    for text in results.profile.foreign:
        arm = arm_name(results.profile, text, MOSAIC)
        found = facts(results, arm)
        for split, role in (("train", "training"), ("validation", OWN), (FOREIGN, FOREIGN)):
            header = found["data"][split]
            windows = found["evaluation_windows"].get(role, {}).get("windows", 0)
            rows.append(
                {
                    "models": text,
                    "corpus": header["corpus"],
                    "role": role,
                    "documents": header["documents"],
                    "tokens": header["tokens"],
                    "characters_a_token": header["characters"] / header["tokens"],
                    "windows": windows,
                    "text_sha256": header["text_sha256"][:16],
                }
            )
    return rows
