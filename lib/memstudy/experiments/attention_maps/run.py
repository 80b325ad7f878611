"""What the attention maps execute: find or train a model, then look at how it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.attention_maps.claims import CLAIMS
from memstudy.experiments.attention_maps.config import (
    LONG,
    NAME,
    PROFILES,
    TRAINED,
    MapsUnit,
    units,
)
from memstudy.records import long_table
from memstudy.watching import by_the_pass

if TYPE_CHECKING:
    from memstudy.core.context import Context


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """Maps and losses of the model of each unit; see the experiment's contract."""
    return [attention_maps(unit, context) for unit in pack]


def attention_maps(unit: Unit, context: Context) -> Measured:
    """Everything that is measured on one model, found or trained now."""
    from memstudy.batching import tokens_sha256
    from memstudy.experiments.attention_maps import measuring
    from memstudy.language_models.trained import streams, trained

    config: MapsUnit = unit.config
    found = trained(config.model, unit.seed, context, anyones=True)
    stream = streams(config.model.text)["validation"]
    splits = (TRAINED, LONG) if config.extended else (TRAINED,)
    read = {split: measuring.windows(stream, config, split) for split in splits}
    total = sum(measuring.passes(config, batch, split) for split, batch in read.items())
    on_pass = by_the_pass(context, total)  # the model is kept already; what else is lost is short
    rows = list(measuring.leaks(found.model))
    for split, batch in read.items():
        rows += measuring.measured(found.model, config, split, batch, context.device, on_pass)
    shown = {"windows_sha256": {split: tokens_sha256(batch) for split, batch in read.items()}}
    return Measured(long_table(rows, unit), found.facts | shown)


EXPERIMENT = Experiment(
    name=NAME,
    notebook="05_attention_maps",
    title="Attention maps: where the last position of a window looks, and how far that carries",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
