"""Train a mosaic in stages and test what it knows and what it reads."""

from __future__ import annotations

from typing import Any

import torch

from memstudy.core.context import Context
from memstudy.core.experiment import Measured, Unit
from memstudy.experiments.cross_paper.unit_memories.config import MosaicShape, UnitMemoriesUnit
from memstudy.experiments.sparse_memory import measuring, sweeps
from memstudy.experiments.sparse_memory.measures import ON
from memstudy.experiments.sparse_memory.training import trained_reader
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.records import long_table
from memstudy.stages import Stages


def new_mosaic(shape: MosaicShape, vocab_size: int, generator: torch.Generator) -> MemoryMosaic:
    """An untrained mosaic."""
    config = MosaicConfig(
        vocab_size=vocab_size,
        d_model=shape.d_model,
        n_heads=shape.n_heads,
        n_blocks=shape.n_blocks,
        n_slots=shape.n_slots,
        init=shape.init,
        tied=False,
    )
    return MemoryMosaic(config, generator)


def measure(unit: Unit, context: Context) -> Measured:
    """The scores of a trained mosaic, and its learning curves.

    Rows are those of ``sparse_memory``: scores by split and by what is read
    (:mod:`memstudy.experiments.sparse_memory.measures`), learning curves with a step, and the share
    of held-out values that the kept pairs hold.

    Raises:
        StopRequested: the context wants to stop; finished stages and a checkpoint are kept.
        TrainingDiverged: a loss was not finite.
    """
    config: UnitMemoriesUnit = unit.config
    found = trained_reader(config.model, config.test, unit.seed, Stages(context), new_mosaic)
    reader, world, test = found.reader, found.world, config.test
    rows: list[dict[str, Any]] = list(found.rows)
    rows += measuring.core_rows(reader, world, test, context.device)
    if reader.reads:
        rows += sweeps.coverage_rows(reader, world, context.device, ON)
    if config.sweep:
        rows += sweeps.size_and_rule_rows(reader, world, test, context.device)
    kept = reader.reading.kept_tokens if reader.reads else 0
    return Measured(long_table(rows, unit), found.facts | {"kept_tokens": kept})
