"""X-3 as a claim."""

from __future__ import annotations

from memstudy.core.claims import Claim
from memstudy.experiments.cross_paper.config import NO_PAPER, PAPER
from memstudy.experiments.cross_paper.pairings import rules

CLAIMS = (
    Claim(
        id="X-3",
        paper=PAPER,
        where="X-3 (BM-11 on four pairings)",
        statement="a mosaic is the better encoder and the better decoder of a memory model",
        paper_value=NO_PAPER,
        rule="trained on next tokens and copies for equally many steps: copy accuracy with a "
        "mosaic as encoder above that with a transformer, at a causal loss at most 0.05 nat "
        "higher, with each decoder; what memories add to the copy accuracy of a mosaic as decoder "
        "above what they add to that of a transformer, with each encoder; a comparison counts if "
        "memories add more than 0.05 in one of its two pairings",
        seeds=3,
        figure="11_cross_paper_pairings",
        test=rules.a_mosaic_is_the_better_half,
        corrections=(
            "the best of three learning rates; the largest of them was the best in four of the six "
            "pairings, so that a larger one was tried for all",
            "BM-11's own thresholds say how good one model is, not which of two is better; this "
            "rule was written in their place before the runs. By them (copy accuracy >= 0.90) "
            "every pairing fails",
            "After the recorded runs had been seen: copy accuracy is a mean over tokens. It had "
            "been one over places in a chunk, of which the cue leaves two with fewer tokens; no "
            "condition changed",
        ),
    ),
)
