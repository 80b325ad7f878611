"""The four questions as claims; how each is judged stands in the ``rules`` of its room."""

from __future__ import annotations

from memstudy.experiments.cross_paper.pairings.claims import CLAIMS as PAIRINGS

CLAIMS = PAIRINGS
