"""The four questions as claims; how each is judged stands in the ``rules`` of its room."""

from __future__ import annotations

from memstudy.experiments.cross_paper.copied_languages.claims import CLAIMS as LANGUAGES
from memstudy.experiments.cross_paper.pairings.claims import CLAIMS as PAIRINGS
from memstudy.experiments.cross_paper.retention.claims import CLAIMS as RETENTION
from memstudy.experiments.cross_paper.unit_memories.claims import CLAIMS as UNITS

CLAIMS = (*RETENTION, *UNITS, *PAIRINGS, *LANGUAGES)
