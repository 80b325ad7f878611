"""What the embedding experiment executes: train an encoder, then read its vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.embedding_information.arms import units
from memstudy.experiments.embedding_information.claims import CLAIMS
from memstudy.experiments.embedding_information.config import NAME
from memstudy.experiments.embedding_information.finite_language import FiniteConfig
from memstudy.experiments.embedding_information.profiles import PROFILES

if TYPE_CHECKING:
    from memstudy.core.context import Context


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """An encoder of a text, or those of the finite language; see the experiment's contract."""
    return [measured(unit, context) for unit in pack]


def measured(unit: Unit, context: Context) -> Measured:
    """Everything that is measured in one unit."""
    if isinstance(unit.config, FiniteConfig):
        from memstudy.experiments.embedding_information import finite_training

        return finite_training.measure(unit, context)
    from memstudy.experiments.embedding_information import measuring

    return measuring.measure(unit, context)


EXPERIMENT = Experiment(
    name=NAME,
    notebook="06_embedding_information",
    title="Embedding information: how much of a text is in the vector of its last token",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
