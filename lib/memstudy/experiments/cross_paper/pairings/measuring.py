"""What is measured of a pairing: what the copy tasks measure of every memory model."""

from __future__ import annotations

from memstudy.experiments.copy_tasks.run import scored as measure

__all__ = ["measure"]
