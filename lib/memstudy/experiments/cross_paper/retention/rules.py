"""How X-1 is judged; torch is not needed here.

*Accuracy* is the share of held-out tokens that the strict probe regenerates: a frozen encoder, one
vector, and a decoder that is the same Llama for both families, trained alike. At equal seeds all
encoders and all probes see the same texts in the same order. *Causal* encoders are language models
of the best of the tried learning rates; the *gain through training* is the accuracy on them less
that on untrained encoders that started from the same weights.

A language model's vector gives away the tokens that it has read last, as it must to predict the
next one. The comparison is therefore made on all tokens and again without the last ``LAST`` of each
sequence, and holds if it does so on both.

A probe that cannot read a family's vectors at all would find nothing in them whatever they hold.
Conditions therefore count only if the same probe, on the same tokens, finds more than ``READ``
beyond the commonest token in each family's autoencoder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.core.claims import Condition, Evidence, above, controlled
from memstudy.experiments.cross_paper.retention import readings
from memstudy.experiments.cross_paper.retention.config import FAMILIES, MOSAIC, TRANSFORMER
from memstudy.records import brief

if TYPE_CHECKING:
    from memstudy.study import Results

READ = 0.05  # accuracy beyond the commonest token from which on a probe counts as reading


def a_mosaic_holds_more(results: Results) -> Evidence:
    """X-1."""
    conditions = [one for measure in readings.LEFT_OUT for one in compared(results, measure)]
    told = [
        f"{' / '.join(numbers(results, family, kind))} ({kind} {family})"
        for kind in (readings.CAUSAL, readings.UNTRAINED)
        for family in FAMILIES
    ]
    measures = " / ".join(readings.LEFT_OUT)
    floor = f"commonest token {readings.commonest(results):.3f}"
    words = f"token accuracy ({measures}): {', '.join(told)}; {floor}"
    return Evidence(words, len(readings.seeds(results)), tuple(conditions))


def compared(results: Results, measure: str) -> tuple[Condition, ...]:
    """Conditions on one measure of accuracy, a key of ``readings.LEFT_OUT``."""
    left_out = readings.LEFT_OUT[measure]
    gains = [readings.gain(results, family, left_out) for family in (MOSAIC, TRANSFORMER)]
    controls = [
        above(
            f"control: autoencoder ({family}) > {READ} above the commonest token, {measure}",
            readings.control(results, family, left_out),
            READ,
        )
        for family in FAMILIES
    ]
    return controlled(
        (
            above(
                f"accuracy of mosaic less transformer > 0, {measure}",
                readings.lead(results, left_out),
                0.0,
            ),
            above(
                f"gain through training of mosaic less transformer > 0, {measure}",
                gains[0] - gains[1],
                0.0,
            ),
        ),
        *controls,
    )


def numbers(results: Results, family: str, kind: str) -> list[str]:
    """Accuracy of a kind of encoder by both measures, as words."""
    return [
        brief(readings.accuracy(results, family, kind, left_out), ".3f")
        for left_out in readings.LEFT_OUT.values()
    ]
