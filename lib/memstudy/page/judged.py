"""A claim's verdict with what it was computed from."""

from __future__ import annotations

from dataclasses import dataclass

from memstudy import study
from memstudy.core import claims, experiment


@dataclass(frozen=True)
class Judged:
    """A claim's verdict with what it was computed from."""

    found: experiment.Experiment
    results: study.Results | None  # of the best recorded profile; None: nothing is recorded
    verdict: claims.Verdict
