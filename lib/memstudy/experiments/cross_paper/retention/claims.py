"""X-1 as a claim."""

from __future__ import annotations

from memstudy.core.claims import Claim
from memstudy.experiments.cross_paper.config import NO_PAPER, PAPER
from memstudy.experiments.cross_paper.retention import rules

CLAIMS = (
    Claim(
        id="X-1",
        paper=PAPER,
        where="X-1 (BM-1 on a mosaic)",
        statement="the vector of a mosaic holds more of its input than that of a transformer",
        paper_value=NO_PAPER,
        rule="language models of equal size after equally many tokens, each family with the best "
        "of the tried learning rates: a strict probe's token accuracy on the mosaic's vector above "
        "that on the transformer's, and its gain over the untrained encoder larger, both on all "
        "tokens and without the last 4 of a sequence; counts if the same probe finds more than "
        "0.05 beyond the commonest token in each family's autoencoder",
        seeds=3,
        figure="11_cross_paper_retention",
        test=rules.a_mosaic_holds_more,
        corrections=(
            "the best of three learning rates; the transformer's was the largest of them, by 0.002 "
            "nat, so that a larger one was tried for both families",
        ),
    ),
)
