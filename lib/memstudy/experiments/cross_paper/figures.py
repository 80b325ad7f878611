"""All figures of the experiment, in the order of the questions."""

from __future__ import annotations

from memstudy.experiments.cross_paper.pairings.figures import FIGURES as PAIRINGS

FIGURES = PAIRINGS
