"""What the experiment executes: train the stages of an arm, or find them, then ask the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.copy_tasks.arms import units
from memstudy.experiments.copy_tasks.claims import CLAIMS
from memstudy.experiments.copy_tasks.config import NAME, CostUnit, MemoryStage, StageUnit
from memstudy.experiments.copy_tasks.profiles import PROFILES
from memstudy.records import long_table

if TYPE_CHECKING:
    from memstudy.core.context import Context


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """Measure the model of each unit; see the experiment's contract."""
    return [measured(unit, context) for unit in pack]


def measured(unit: Unit, context: Context) -> Measured:
    """Costs of long inputs, or a trained model's curves, scores and passages."""
    if isinstance(unit.config, CostUnit):
        from memstudy.experiments.copy_tasks import long_inputs

        return Measured(long_table(long_inputs.cost_rows(unit.config, context), unit))
    return scored(unit, context)


def scored(unit: Unit, context: Context) -> Measured:
    """A trained model: learning curves of all its stages, scores in every mode, passages."""
    from memstudy.corpora.tokenization import tokenizer
    from memstudy.experiments.copy_tasks import scoring, stages
    from memstudy.language_models.trained import evaluation_windows, streams
    from memstudy.stages import Stages

    config: StageUnit = unit.config
    stage = config.stage
    text = streams(stage.text)
    found = stages.trained_stage(stage, unit.seed, Stages(context), text)
    is_memory = isinstance(stage, MemoryStage)
    length = stage.chunk * stage.n_chunks if is_memory else stage.chunk
    symbols = scoring.Symbols.of(text["train"].header.vocab_size)
    windows, _ = evaluation_windows(text["validation"], length, config.scoring.windows)
    device = context.device
    rows = [*found.rows, *scoring.score_rows(stage, found.model, windows, device, symbols)]
    facts = found.facts | {"windows": len(windows)}
    facts["chance"] = scoring.chance(text["train"], windows)
    if is_memory:
        few = windows[: config.scoring.passages]
        read = scoring.passages(stage, found.model, few, device, symbols)
        words = scoring.Words(tokenizer(stage.text.tokenizer).decode, symbols)
        facts["passages"] = [{key: words(ids) for key, ids in one.items()} for one in read]
    return Measured(long_table(rows, unit), facts)


EXPERIMENT = Experiment(
    name=NAME,
    notebook="07_copy_tasks",
    title="Copy tasks: how a memory model learns to remember, strategy by strategy",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
