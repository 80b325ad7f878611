"""All figures of the experiment, in the order of the questions."""

from __future__ import annotations

from memstudy.experiments.cross_paper.copied_languages.figures import FIGURES as LANGUAGES
from memstudy.experiments.cross_paper.pairings.figures import FIGURES as PAIRINGS
from memstudy.experiments.cross_paper.retention.figures import FIGURES as RETENTION
from memstudy.experiments.cross_paper.unit_memories.figures import FIGURES as UNITS

FIGURES = (*RETENTION, *UNITS, *PAIRINGS, *LANGUAGES)
