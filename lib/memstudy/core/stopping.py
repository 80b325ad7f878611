"""Why to stop after the next checkpoint: Ctrl-C or SIGTERM, or the end of the time allowed."""

from __future__ import annotations

import math
import signal
import threading
import time
from types import FrameType


class Stopping:
    """While active, the first signal is remembered instead of raised; a second one insists.

    Args:
        budget: seconds allowed from now on; None for no limit.
    """

    def __init__(self, budget: float | None = None) -> None:
        self._interrupted = False
        self._deadline = math.inf
        if budget is not None:
            # Stop a little early, so that the last checkpoint still falls inside the budget.
            self._deadline = time.monotonic() + budget - min(10.0, 0.03 * budget)
        self._before: dict[int, object] = {}

    def reason(self) -> str:
        """``"interrupt"`` once a signal has come, ``"budget"`` once the time is over, or ``""``."""
        if self._interrupted:
            return "interrupt"
        return "budget" if time.monotonic() > self._deadline else ""

    def __enter__(self) -> Stopping:
        # Handlers can only be set in the main thread; elsewhere the caller keeps its own.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._take_note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take_note(self, number: int, frame: FrameType | None) -> None:
        if self._interrupted:
            raise KeyboardInterrupt
        self._interrupted = True
