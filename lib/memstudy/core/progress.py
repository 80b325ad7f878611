"""Progress on long work: one bar over units, one inside; quiet where nobody is watching.

Bars appear in a terminal and in an interactive notebook. Under papermill, nbval and cron (where
``MEMSTUDY_QUIET`` is set or the error stream is no terminal) there are none, so that stored
outputs and logs stay clean.
"""

from __future__ import annotations

import os
import sys
from typing import Any


def watched() -> bool:
    """Whether a person is likely to be looking at this process."""
    if os.environ.get("MEMSTUDY_QUIET"):
        return False
    return sys.stderr.isatty() or "ipykernel" in sys.modules


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
    stream = sys.stdout if "ipykernel" in sys.modules else sys.stderr
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
