"""What an experiment's ``execute`` is given: device, progress, checkpoints, the wish to stop."""

from __future__ import annotations

import contextlib
import io
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from memstudy.core.device import Device
from memstudy.core.errors import StopRequested
from memstudy.core.writing import write_file

CHECKPOINT_SECONDS = 60.0  # work that a kill can cost at most
Value = TypeVar("Value")
PLAIN = (bool, int, float, str, type(None))


def alone(make: Callable[[], Value]) -> Value:
    """What ``make`` gives: there is only this process."""
    return make()


@dataclass
class Context:
    """Services for one pack of units.

    ``execute`` calls :meth:`advance` after every step of its main loop, with a function that
    makes its state, and begins with :meth:`restored`. Under torchrun all processes make the same
    calls: the main one reads, writes, shows and decides, and all hear the outcome.
    """

    device: Device
    checkpoint_path: Path
    stop_wanted: Callable[[], bool] = lambda: False  # the budget ended, or Ctrl-C
    on_progress: Callable[[int, int, dict[str, float]], None] = lambda *_: None
    made_by: str = ""  # what code on what device; the checkpoints of another are left alone
    # Has the main process of several do something; gives all of them what came of it.
    by_main: Callable[[Callable[[], Value]], Value] = alone
    _started: float = field(default_factory=time.monotonic)
    _saved_at: float = field(default_factory=time.monotonic)
    _seconds_before: float = 0.0  # of the calls whose checkpoint was restored

    @property
    def seconds(self) -> float:
        """Seconds that the work has taken so far, those of earlier calls included."""
        return self._seconds_before + time.monotonic() - self._started

    def restored(self) -> dict[str, Any] | None:
        """State of an earlier call that was stopped or killed, or None.

        A checkpoint that cannot be read counts as none: it only saves time. So does one that was
        made by other code or on another device: what is recorded must have been made by the code
        and the device that its record names.
        """
        return self.by_main(self._restored)

    def _restored(self) -> dict[str, Any] | None:
        import torch

        if not self.checkpoint_path.exists():
            return None
        try:
            saved = torch.load(self.checkpoint_path, map_location="cpu", weights_only=True)
            if saved["made_by"] != self.made_by:
                return None
            self._seconds_before = float(saved["seconds"])
            return saved["state"]
        except Exception:
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
        self.by_main(lambda: self._advance(done, total, state, shown))

    def _advance(
        self,
        done: int,
        total: int,
        state: Callable[[], dict[str, Any]] | None,
        shown: dict[str, float],
    ) -> None:
        self.on_progress(done, total, shown)
        stopping = self.stop_wanted()
        due = time.monotonic() - self._saved_at > CHECKPOINT_SECONDS
        if state is not None and (stopping or due):
            self.save(state())
        if stopping:
            raise StopRequested

    def save(self, state: dict[str, Any]) -> None:
        """Write a checkpoint, whole or not at all.

        Args:
            state: tensors, numbers and strings in dicts, lists and tuples; nothing else can be
                read back without trusting the file.

        Raises:
            TypeError: the state holds something else.
            UsageError: the folder cannot be written or the disk is full.
        """
        import torch

        check_state(state)
        # In memory first: on a full disk torch would hide the system's error behind its own.
        buffer = io.BytesIO()
        saved = {"made_by": self.made_by, "seconds": self.seconds, "state": state}
        torch.save(saved, buffer)
        write_file(self.checkpoint_path, buffer.getbuffer())
        self._saved_at = time.monotonic()

    def forget(self) -> None:
        """Remove the checkpoint: the units are recorded."""
        with contextlib.suppress(OSError):
            self.checkpoint_path.unlink(missing_ok=True)


def check_state(value: Any, where: str = "state") -> None:
    """Refuse what could not be restored, before hours of work depend on it.

    Raises:
        TypeError: with the place of the offending value.
    """
    import torch

    if type(value) in (dict, OrderedDict):
        for name, entry in value.items():
            check_state(name, f"a key of {where}")
            check_state(entry, f"{where}[{name!r}]")
    elif type(value) in (list, tuple):
        for index, entry in enumerate(value):
            check_state(entry, f"{where}[{index}]")
    elif not isinstance(value, torch.Tensor) and type(value) not in PLAIN:
        raise TypeError(f"a checkpoint cannot hold {where}: {type(value).__name__}")
