"""Trainings in stages: each is done once, kept, and found again by its hash.

Several units and experiments need the same models, and a unit may need several. A model is named by
the hash of everything that determines it; whoever needs it first trains it and leaves weights,
learning curves and facts in ``data/cache/models``. A record names the SHA-256 of the weights it is
about, so that records of several experiments can be seen to be about one model.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.experiment import content_hash
from memstudy.core.paths import CACHE
from memstudy.core.writing import write_file


@dataclass(frozen=True)
class Kept:
    """What a training has left."""

    weights: dict[str, Tensor]  # for load_state_dict, on the CPU
    rows: list[dict[str, Any]]  # learning curves in long form
    facts: dict[str, Any]  # as JSON can hold it; has "weights_sha256"
    made_by: str  # what code on what device


class StageContext:
    """A unit's context as one of its stages sees it: the checkpoint of another is none."""

    def __init__(self, stages: Stages, name: str) -> None:
        self.device: Device = stages.device
        self.made_by = stages.context.made_by
        self._stages, self._name = stages, name

    def restored(self) -> dict[str, Any] | None:
        """State of this stage if it was the one that was stopped."""
        saved = self._stages.saved
        return saved["state"] if saved and saved["stage"] == self._name else None

    def advance(
        self, done: int, total: int, state: Callable[[], dict[str, Any]], **shown: float
    ) -> None:
        """Tell the unit's context; arguments and what it raises are the same."""
        self._stages.context.advance(
            done, total, lambda: {"stage": self._name, "state": state()}, **shown
        )


class Stages:
    """The stages of one unit.

    Args:
        context: of the unit. Its checkpoint is read once: one that a stage writes during this call
            is nothing that an earlier call has left.
        folder: where stages are left; by default ``data/cache/models``.
    """

    def __init__(self, context: Context, folder: Path | None = None) -> None:
        self.context = context
        self.device: Device = context.device
        self.saved = context.restored()
        self._folder = folder

    def stage(self, name: str) -> StageContext:
        """The context of one stage, for a training that is not kept."""
        return StageContext(self, name)

    def once(self, described: Mapping[str, Any], make: Callable[[StageContext], Kept]) -> Kept:
        """What a stage leaves behind: found, or made now; arguments as of :func:`trained_once`.

        Raises:
            StopRequested, TrainingDiverged: as a training does.
        """
        stage = self.stage(content_hash(described)[:32])
        return trained_once(described, self.context, lambda: make(stage), folder=self._folder)


def trained_once(
    described: Mapping[str, Any],
    context: Context,
    train: Callable[[], Kept],
    *,
    anyones: bool = False,
    folder: Path | None = None,
) -> Kept:
    """What a training has left: found on the disk, or made now and left there.

    A file that cannot be read, or whose weights are not those of its facts, counts as none.

    Args:
        described: everything that determines the weights, the seed included, as JSON can hold it.
        context: what code on what device is asking. Of several processes under torchrun the first
            one alone reads and writes; all train together.
        train: makes it.
        anyones: take what other code, or another device, has made of the same description.
        folder: where it is left; by default ``data/cache/models``.
    """
    path = (folder or CACHE / "models") / f"{content_hash(described)[:32]}.pt"
    found = context.by_main(lambda: _read(path))
    if found is None or (found.made_by != context.made_by and not anyones):
        found = train()
        buffer = io.BytesIO()
        torch.save(vars(found), buffer)
        context.by_main(lambda: write_file(path, buffer.getbuffer()))
    return found


def weights_sha256(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over names and bytes of all weights, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(weights[name].detach().cpu().contiguous().float().numpy().tobytes())
    return digest.hexdigest()


def _read(path: Path) -> Kept | None:
    """What was left there; None if there is nothing, or it cannot be trusted."""
    if not path.is_file():
        return None
    try:
        found = Kept(**torch.load(path, map_location="cpu", weights_only=True))
        whole = weights_sha256(found.weights) == found.facts["weights_sha256"]
    except Exception:
        return None
    return found if whole else None
