"""Trainings that several units need: each is done once, kept, and found again by its hash.

The mechanism is that of :mod:`memstudy.language_models.trained`, for anything with weights: whoever
needs a stage first trains it and leaves weights, rows and facts in ``data/cache/models``, under the
hash of everything that determines it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
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
from memstudy.language_models.trained import weights_sha256


@dataclass(frozen=True)
class Finished:
    """What a stage leaves behind."""

    weights: dict[str, Tensor]
    rows: list[dict[str, Any]]  # in long form
    facts: dict[str, Any]


class StageContext:
    """A unit's context as one of its stages sees it: the checkpoint of another is none."""

    def __init__(self, stages: Stages, name: str) -> None:
        self.device: Device = stages.device
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
        self._folder = folder or CACHE / "models"

    def stage(self, name: str) -> StageContext:
        """The context of one stage, for a training that is not kept."""
        return StageContext(self, name)

    def finished(self, described: Any, make: Callable[[StageContext], Finished]) -> Finished:
        """What a stage leaves behind: found, or made now.

        What other code, or another device, has left is not taken.

        Args:
            described: everything that determines it, seed included, as JSON can hold it.
            make: makes it.

        Raises:
            StopRequested, TrainingDiverged: as a training does.
        """
        name = content_hash(described)[:32]
        path = self._folder / f"{name}.pt"
        found = read(path, self.context.made_by)
        if found is None:
            found = make(self.stage(name))
            buffer = io.BytesIO()
            torch.save(vars(found) | {"made_by": self.context.made_by}, buffer)
            write_file(path, buffer.getbuffer())
        return found


def read(path: Path, made_by: str) -> Finished | None:
    """A stage left by an earlier unit; None if it is not there, damaged, or somebody else's."""
    if not path.is_file():
        return None
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        whole = weights_sha256(saved["weights"]) == saved["facts"]["weights_sha256"]
    except Exception:
        return None
    if not whole or saved.pop("made_by") != made_by:
        return None
    return Finished(**saved)
