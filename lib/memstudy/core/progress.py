"""Progress on long work: one bar over units, one inside; quiet where nobody is watching.

Bars appear in a terminal and in an interactive notebook. Under papermill, nbval and cron (where
``MEMSTUDY_QUIET`` is set or the error stream is no terminal) there are none, so that stored
outputs and logs stay clean.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any


def watched() -> bool:
    """Whether a person is likely to be looking at this process."""
    if os.environ.get("MEMSTUDY_QUIET"):
        return False
    return sys.stderr.isatty() or in_notebook()


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def bar(total: float, title: str, position: int = 0, unit: str = "it", **options: Any) -> Any:
    """A tqdm bar with time left, disabled where nobody is watching.

    Args:
        total: number of steps.
        title: what is counted.
        position: line of the bar when several are shown.
        unit: name of one step.
    """
    from tqdm import tqdm

    # A notebook stores what is written to stderr as a warning; stdout is ordinary output.
    stream = sys.stdout if in_notebook() else sys.stderr
    return tqdm(
        total=total,
        desc=title,
        position=position,
        unit=unit,
        disable=not watched(),
        file=stream,
        mininterval=0.5,
        dynamic_ncols=True,
        leave=position == 0,
        **options,
    )


class Bars:
    """One bar over units, and one for each worker over the steps of what it is at.

    A terminal that goes away takes the bars with it, never the work.
    """

    def __init__(self, total: int, title: str) -> None:
        self._units = bar(total, title, unit="unit")
        self._steps: dict[int, tuple[Any, Any]] = {}  # worker, from 1 -> what it is at, its bar

    def step(
        self, worker: int, title: str, done: int, total: int, shown: Mapping[str, float]
    ) -> None:
        """A worker has done some of the steps of what it is at."""
        if self._units.disable:
            return
        with contextlib.suppress(OSError):
            if self._steps.get(worker, ("", None))[0] != (title, total):
                self._end(worker)
                # Steps that an earlier call did must not count as quickly done.
                steps = bar(total, title, position=worker, unit="step", initial=done)
                self._steps[worker] = (title, total), steps
            steps = self._steps[worker][1]
            words = {name: f"{value:.4g}" for name, value in shown.items()}
            steps.set_postfix(words, refresh=False)
            steps.update(done - steps.n)

    def finished(self, worker: int) -> None:
        """A worker is through with a unit, in whatever way."""
        with contextlib.suppress(OSError):
            self._end(worker)
            self._units.update(1)

    def close(self) -> None:
        """Remove all bars but the one over units."""
        with contextlib.suppress(OSError):
            for worker in list(self._steps):
                self._end(worker)
            self._units.close()

    def _end(self, worker: int) -> None:
        if worker in self._steps:
            self._steps.pop(worker)[1].close()

    @contextlib.contextmanager
    def lifted(self) -> Iterator[None]:
        """Take the bars away while a line is printed."""
        from tqdm import tqdm

        with tqdm.external_write_mode():
            yield


def duration(seconds: float) -> str:
    """A time span for people: ``45 s``, ``3 min``, ``1 h 20 min``."""
    seconds = max(0.0, seconds)
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"
