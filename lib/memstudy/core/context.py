"""What an experiment's ``execute`` is given: device, progress, checkpoints, the wish to stop."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from memstudy.core.device import Device
from memstudy.core.errors import StopRequested
from memstudy.core.store import writing_to

CHECKPOINT_SECONDS = 60.0  # work that a kill can cost at most


@dataclass
class Context:
    """Services for one pack of units.

    ``execute`` calls :meth:`advance` after every step of its main loop, with a function that
    makes its state, and begins with :meth:`restored`.
    """

    device: Device
    checkpoint_path: Path
    stop_wanted: Callable[[], bool] = lambda: False  # the budget ended, or Ctrl-C
    on_progress: Callable[[int, int, dict[str, float]], None] = lambda *_: None
    _saved_at: float = field(default_factory=time.monotonic)

    def restored(self) -> dict[str, Any] | None:
        """State of an earlier call that was stopped or killed, or None.

        A checkpoint that cannot be read counts as none: it only saves time.
        """
        import torch

        if not self.checkpoint_path.exists():
            return None
        try:
            return torch.load(self.checkpoint_path, map_location="cpu", weights_only=True)
        except Exception:
            self.forget()
            return None

    def advance(
        self,
        done: int,
        total: int,
        state: Callable[[], dict[str, Any]] | None = None,
        **shown: float,
    ) -> None:
        """Tell that ``done`` of ``total`` steps are done; save the state now and then.

        Args:
            done, total: steps of the main loop.
            state: makes what :meth:`restored` will give back; None where stopping would lose
                nothing worth saving.
            shown: numbers to show beside the bar, such as the loss.

        Raises:
            StopRequested: the budget ended or the user asked to stop; the state is saved.
        """
        self.on_progress(done, total, shown)
        stopping = self.stop_wanted()
        due = time.monotonic() - self._saved_at > CHECKPOINT_SECONDS
        if state is not None and (stopping or due):
            self.save(state())
        if stopping:
            raise StopRequested

    def save(self, state: dict[str, Any]) -> None:
        """Write a checkpoint, whole or not at all."""
        import torch

        folder = self.checkpoint_path.parent
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            temporary = folder / f".{self.checkpoint_path.name}.{uuid.uuid4().hex}.tmp"
            try:
                # torch reports a full disk as a RuntimeError; a stream of ours gives the OSError.
                with open(temporary, "wb") as stream:
                    torch.save(state, stream)
                    stream.flush()
                    os.fsync(stream.fileno())
                temporary.replace(self.checkpoint_path)
            finally:
                with contextlib.suppress(OSError):
                    temporary.unlink(missing_ok=True)
        self._saved_at = time.monotonic()

    def forget(self) -> None:
        """Remove the checkpoint: the units are recorded."""
        with contextlib.suppress(OSError):
            self.checkpoint_path.unlink(missing_ok=True)
