"""How X-4 is judged; torch is not needed here.

*Accuracy* and *TVD* are RegBench's on 250 unseen languages, at every position of the test, as in
the published figure. Models *without* copies minimise the next-token loss on the training
languages; those *with* copies the sum of that loss and of the loss on the letters of the second
appearance of each sequence's first half. Both make equally many updates on the same sequences in
the same order and start from the same weights; each has the best of the tried learning rates, by
the next-token loss of the first seed on validation languages, which chooses the tested weights too.
The copies are read in addition: a step with them computes about twice as much. The transformer has
rotary positions; see ``config.shapes``.

*Copy accuracy* is the share of the letters of the second appearance that a model names, in copies
of test sequences. A model that has not learnt to copy cannot show what copying does, nor can one
that copies as well without having been trained to. The conditions on a family therefore count only
if its models with copies name more than ``COPIED`` of a copy, and more than ``LEARNT`` beyond what
those without copies name at best, be the copy announced by the sign or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.core.claims import Condition, Evidence, above, controlled
from memstudy.experiments.cross_paper.copied_languages import readings
from memstudy.experiments.cross_paper.copied_languages.config import (
    COPY,
    FAMILIES,
    MOSAIC,
    PLAIN,
    TWICE,
)
from memstudy.experiments.cross_paper.copied_languages.readings import ACCURACY, TVD
from memstudy.records import brief

if TYPE_CHECKING:
    from memstudy.study import Results

COPIED = 0.8  # copy accuracy from which on a model has learnt to copy
LEARNT = 0.1  # how much of it must have come with the copy objective


def copies_improve_learning_in_context(results: Results) -> Evidence:
    """X-4."""
    conditions = [one for family in FAMILIES for one in compared(results, family)]
    told = [
        f"{family} without copies {numbers(results, family, PLAIN)}, "
        f"with {numbers(results, family, COPY)}"
        for family in FAMILIES
    ]
    control = [
        f"{family} {brief(readings.copied(results, family, COPY), '.2f')}" for family in FAMILIES
    ]
    words = (
        f"accuracy / TVD: {'; '.join(told)}; mosaic with twice the sequences an update "
        f"{numbers(results, MOSAIC, TWICE)}; copy accuracy: {', '.join(control)}"
    )
    return Evidence(words, len(readings.seeds(results)), tuple(conditions))


def compared(results: Results, family: str) -> tuple[Condition, ...]:
    """Conditions on a family, undecided where it has not learnt to copy."""
    copied = readings.copied(results, family, COPY)
    learnt = copied - readings.copied_by_itself(results, family)
    return controlled(
        (
            above(
                f"TVD without less that with copies > 0, {family}",
                readings.gained(results, family, TVD),
                0.0,
            ),
            above(
                f"accuracy with less that without copies > 0, {family}",
                readings.gained(results, family, ACCURACY),
                0.0,
            ),
        ),
        above(f"control: copy accuracy with copies > {COPIED}, {family}", copied, COPIED),
        above(f"control: copy accuracy beyond that without > {LEARNT}, {family}", learnt, LEARNT),
    )


def numbers(results: Results, family: str, kind: str) -> str:
    """Accuracy and TVD of an arm as words."""
    return " / ".join(
        brief(readings.scores(results, family, kind, metric), ".3f") for metric in (ACCURACY, TVD)
    )
