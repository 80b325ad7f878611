"""What the experiment memory_hierarchy executes: formulas, counts, banks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.memory_hierarchy.claims import CLAIMS
from memstudy.experiments.memory_hierarchy.config import (
    NAME,
    PROFILES,
    CountedUnit,
    DiskUnit,
    FormulaUnit,
    units,
)
from memstudy.experiments.sparse_memory import costs
from memstudy.records import long_table

if TYPE_CHECKING:
    from memstudy.core.context import Context

Row = dict[str, Any]


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """Measure each unit; see the experiment's contract."""
    kinds = {FormulaUnit: formula_rows, CountedUnit: counted_rows, DiskUnit: disk_rows}
    measured = []
    for unit in pack:
        rows = kinds[type(unit.config)](unit.config, context)
        measured.append(Measured(long_table(rows, unit)))
    return measured


def formula_rows(config: FormulaUnit, context: Context) -> Iterator[Row]:
    """All formulas at all shapes."""
    for name, shape in config.shapes.items():
        for form in costs.FORMATS:
            for action, formulas in (("write", costs.WRITE), ("read", costs.READ)):
                yield row("operations", formulas[form](shape), name, f"{form} {action}")
        lower, upper = costs.thresholds(shape)
        yield row("uses", lower, name, "memory over text")
        yield row("uses", upper, name, "parameters over memory")
        yield row("uses", costs.text_or_parameters(shape), name, "parameters over text")
        yield row("memory_read_share", costs.memory_read_share(shape), name)
        yield row("training_step_ratio", costs.training_step_ratio(shape), name)
        yield row("non_embedding_parameters", shape.non_embedding_parameters, name)
        steps = costs.compressions(shape, config.code_bytes)
        for index, step in enumerate(steps):
            yield row("bytes_per_reference", step.bytes_per_reference, name, step.step, index)
        yield row("own_cache_factor", costs.against_own_cache(shape), name)


def counted_rows(config: CountedUnit, context: Context) -> Iterator[Row]:
    """Counted operations beside those of the formulas, with the reasons for their difference."""
    from memstudy.experiments.memory_hierarchy import counting
    from memstudy.experiments.memory_hierarchy.differences import differences

    device = context.device.torch if config.executed else "meta"
    model = counting.model_of(config.shape, config.prefix_length, device)
    reasons = differences(config.shape, config.prefix_length)
    for what, counted in counting.counts(model, config.shape).items():
        yield row("operations_counted", counted, part=what)
        yield row("operations_formula", counting.FORMULA[what](config.shape), part=what)
        for reason, operations in reasons[what].items():
            yield row("operations_difference", operations, split=reason, part=what)
    yield row("own_cache_bytes", counting.own_cache_bytes(model, config.shape))


def disk_rows(config: DiskUnit, context: Context) -> Iterator[Row]:
    """Bytes of the files of banks, which are removed again."""
    from memstudy.experiments.memory_hierarchy import storing

    scratch = context.checkpoint_path.parent
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="bank.") as folder:
        banks = storing.banks(Path(folder), config, context.advance)
    code_bytes = {storing.NUMBERS: None}
    for bank in banks:
        record = costs.memory_bytes(config.shape, code_bytes.get(bank.form, config.code_bytes))
        yield row("bytes_formula", bank.n_memories * record, bank.form)
        yield row("memories", bank.n_memories, bank.form)
        for name, size in bank.sizes.items():
            yield row("bytes_on_disk", size, bank.form, name)
        if bank.identical is not None:
            yield row("read_back_identical", bank.identical, bank.form)


def row(metric: str, value: float, split: str = "", part: str = "", position: int = -1) -> Row:
    """One measurement, with the names of the store's columns."""
    return {
        "metric": metric,
        "value": float(value),
        "split": split,
        "part": part,
        "position": position,
    }


EXPERIMENT = Experiment(
    name=NAME,
    notebook="10_memory_hierarchy",
    title="The memory hierarchy: what a piece of knowledge costs as text, memory and parameters",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
