"""Trainings in stages: each is done once, kept, and found again by its hash.

Several units and experiments need the same models, and a unit may need several. A model is named by
the hash of everything that determines it; whoever needs it first trains it and leaves weights,
learning curves and facts in ``data/cache/models``. A record names the SHA-256 of the weights it is
about, so that records of several experiments can be seen to be about one model.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.errors import StopRequested
from memstudy.core.experiment import content_hash
from memstudy.core.paths import CACHE
from memstudy.core.writing import write_file, writing_to

PATIENCE = 0.5  # seconds between two looks at whether to go on waiting for another process


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

    A file that cannot be read, or whose weights are not those of its facts, counts as none. Several
    processes may ask at once: one trains, the others wait for what it leaves, or until they are to
    stop. A stage may train an earlier one while it is made: every process takes their locks in this
    order. One that dies loses its locks, and the next one trains.

    Args:
        described: everything that determines the weights, the seed included, as JSON can hold it.
        context: what code on what device is asking. Of several processes under torchrun the first
            one alone reads and writes; all train together.
        train: makes it.
        anyones: take what other code, or another device, has made of the same description.
        folder: where it is left; by default ``data/cache/models``.

    Raises:
        StopRequested: while it waited for another process.
    """
    path = (folder or CACHE / "models") / f"{content_hash(described)[:32]}.pt"

    def left() -> Kept | None:
        found = _read(path)
        return found if found and (anyones or found.made_by == context.made_by) else None

    if found := context.by_main(left):
        return found
    with writing_alone(path, context):
        if found := context.by_main(left):  # made while this process waited
            return found
        found = train()
        buffer = io.BytesIO()
        torch.save(vars(found), buffer)
        context.by_main(lambda: write_file(path, buffer.getbuffer()))
    return found


@contextlib.contextmanager
def writing_alone(path: Path, context: Context) -> Iterator[None]:
    """Inside the block no other process, or group of processes, makes that file.

    The main process holds the lock. The others hear of every attempt to take it: a wait may be
    longer than they would stay silent for each other.

    Raises:
        StopRequested: the context wants to stop, and another process is still at it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(f"{path}.lock")

    def take() -> bool:
        with writing_to(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=PATIENCE)
            except Timeout:
                if context.stop_wanted():
                    raise StopRequested from None
        return lock.is_locked

    try:
        while not context.by_main(take):
            pass
        yield
    finally:
        lock.release()


def weights_sha256(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over names and float32 values of all weights, in the order of the names."""
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
