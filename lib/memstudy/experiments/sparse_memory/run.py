"""What the experiment executes: train a model in stages, test what it knows and what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.sparse_memory.claims import CLAIMS
from memstudy.experiments.sparse_memory.config import (
    MAIN,
    MEMORY,
    NAME,
    RAG,
    REAL_MAIN,
    CopiesUnit,
    MeasuredUnit,
    ThroughputUnit,
    units,
)
from memstudy.experiments.sparse_memory.profiles import PROFILES

if TYPE_CHECKING:
    from memstudy.core.context import Context


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """Measure the units of a pack; see the experiment's contract."""
    return [measured(unit, context) for unit in pack]


def measured(unit: Unit, context: Context) -> Measured:
    """A timing, or a trained model with its tests."""
    from memstudy.records import long_table

    if isinstance(unit.config, ThroughputUnit):
        from memstudy.experiments.sparse_memory import throughput

        rows, facts = throughput.measure(unit.config, context)
        return Measured(long_table(rows, unit), facts)
    if isinstance(unit.config, CopiesUnit):
        return with_copies(unit, context)
    return trained(unit, context)


def with_copies(unit: Unit, context: Context) -> Measured:
    """The main arm's model, trained or found, and what copies in its bank do."""
    from memstudy.experiments.sparse_memory.copies import copies_rows
    from memstudy.experiments.sparse_memory.training import trained_reader
    from memstudy.records import long_table
    from memstudy.stages import Stages

    config: CopiesUnit = unit.config
    found = trained_reader(config.model, config.test, unit.seed, Stages(context))
    rows = copies_rows(found.reader, found.world, config.test, context.device)
    return Measured(long_table(rows, unit), found.facts)


def trained(unit: Unit, context: Context) -> Measured:
    """Train the model of an arm, or find it, and test it."""
    from memstudy.experiments.sparse_memory import measuring, sweeps
    from memstudy.experiments.sparse_memory.factbook import FactbookConfig, source
    from memstudy.experiments.sparse_memory.measures import ON
    from memstudy.experiments.sparse_memory.training import trained_reader
    from memstudy.records import long_table
    from memstudy.stages import Stages

    config: MeasuredUnit = unit.config
    found = trained_reader(config.model, config.test, unit.seed, Stages(context))
    reader, world = found.reader, found.world
    tests = [measuring.core_rows]
    if unit.arm in (MAIN, RAG, REAL_MAIN):
        tests.append(sweeps.found_rows)
    if unit.arm == REAL_MAIN:
        tests.append(sweeps.embedded_rows)
    if config.thorough:
        tests += [
            sweeps.size_and_rule_rows,
            sweeps.distractor_rows,
            sweeps.shot_rows,
            sweeps.codec_rows,
        ]
    rows = list(found.rows)
    for done, test in enumerate(tests):
        rows += test(reader, world, config.test, context.device)
        context.advance(done + 1, len(tests))
    if reader.reads and reader.reading.way == MEMORY:
        rows += sweeps.coverage_rows(reader, world, context.device, ON)
    decoder = reader.model.decoder  # embedding and head may be one table
    tables = {id(t): t for t in (decoder.embedding.weight, decoder.head_weight)}.values()
    facts = found.facts | {
        "non_embedding_parameters": found.facts["parameters"]
        - sum(table.numel() for table in tables),
        "kept_tokens": reader.reading.kept_tokens if reader.reads else 0,
    }
    if isinstance(config.model.world, FactbookConfig):
        facts["data"] = source()
    return Measured(long_table(rows, unit), facts)


EXPERIMENT = Experiment(
    name=NAME,
    notebook="09_sparse_memory",
    title="Memory³: sparse explicit memories on a world of cards",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
