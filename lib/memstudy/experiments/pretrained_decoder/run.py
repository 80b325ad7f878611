"""What the experiment executes: encoders, trials of learning rates, decoders with memories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.copy_tasks.config import StageUnit
from memstudy.experiments.copy_tasks.run import scored
from memstudy.experiments.pretrained_decoder.arms import stand_in_seed, units
from memstudy.experiments.pretrained_decoder.claims import CLAIMS
from memstudy.experiments.pretrained_decoder.config import AUTOENCODER, NAME, RatesUnit
from memstudy.experiments.pretrained_decoder.profiles import PROFILES
from memstudy.records import long_table

if TYPE_CHECKING:
    from memstudy.core.context import Context


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """Measure the model of each unit; see the experiment's contract."""
    return [measured(unit, context) for unit in pack]


def measured(unit: Unit, context: Context) -> Measured:
    """An encoder or stand-in, the trials of learning rates, or a decoder's scores."""
    if isinstance(unit.config, StageUnit):
        if unit.arm == AUTOENCODER:
            return scored(unit, context)
        found = scored(replace(unit, seed=stand_in_seed(unit.seed)), context)
        return replace(found, table=found.table.assign(seed=unit.seed))
    from memstudy.experiments.pretrained_decoder import measuring, training
    from memstudy.stages import Stages

    if isinstance(unit.config, RatesUnit):
        tried = training.tried_rates(unit.config.unit, Stages(context))
        rows = [
            {"metric": "rate_loss", "part": f"{rate:g}", "value": loss}
            for rate, loss in tried.items()
        ]
        return Measured(long_table(rows, unit), {"learning_rate": training.chosen_rate(tried)})
    rows, facts = measuring.measured(unit.config, unit.seed, context)
    return Measured(long_table(rows, unit), facts)


EXPERIMENT = Experiment(
    name=NAME,
    notebook="08_pretrained_decoder",
    title="A pretrained decoder: does knowing the language help to read memories?",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
