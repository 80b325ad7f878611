"""Ctrl-C and SIGTERM as a wish to stop after the next checkpoint; a second Ctrl-C insists."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class Interrupts:
    """While active, the first signal is remembered instead of raised."""

    def __init__(self) -> None:
        self._reason = ""
        self._before: dict[int, object] = {}

    def reason(self) -> str:
        """``"interrupt"`` once a signal has come, else ``""``."""
        return self._reason

    def __enter__(self) -> Interrupts:
        # Handlers can only be set in the main thread; elsewhere the caller keeps its own.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._take_note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take_note(self, number: int, frame: FrameType | None) -> None:
        if self._reason:
            raise KeyboardInterrupt
        self._reason = "interrupt"
