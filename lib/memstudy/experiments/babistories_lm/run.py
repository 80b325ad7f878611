"""What the language-model experiment executes: train a model, let it speak, ask it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.babistories_lm.claims import CLAIMS
from memstudy.experiments.babistories_lm.config import NAME, LanguageModelUnit, units
from memstudy.experiments.babistories_lm.induction import InductionConfig
from memstudy.experiments.babistories_lm.profiles import PROFILES
from memstudy.records import long_table

if TYPE_CHECKING:
    from memstudy.core.context import Context
    from memstudy.nn.language_model import LanguageModel


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """Train the model of a unit, then measure on it; see the experiment's contract."""
    return [measured(unit, context) for unit in pack]


def measured(unit: Unit, context: Context) -> Measured:
    """A model of the induction test, or a language model."""
    if isinstance(unit.config, InductionConfig):
        from memstudy.experiments.babistories_lm import induction_training

        return induction_training.measure(unit, context)
    return language_model(unit, context)


def language_model(unit: Unit, context: Context) -> Measured:
    """One trained model: learning curves, then what its text allows to measure."""
    from memstudy.language_models.trained import trained

    config: LanguageModelUnit = unit.config
    found = trained(config.model, unit.seed, context)
    best = {"metric": "best_loss", "split": "validation", "value": found.facts["best_loss"]}
    rows = [*found.rows, best | {"step": found.facts["best_step"]}]
    facts = dict(found.facts)
    if config.prompts or config.consistency:
        more_rows, more_facts = spoken(config, unit.seed, found.model, context)
        rows += more_rows
        facts |= more_facts
    return Measured(long_table(rows, unit), facts)


def spoken(
    config: LanguageModelUnit, seed: int, model: LanguageModel, context: Context
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows and facts of what a model says to prompts and questions."""
    from memstudy.corpora.tokenization import tokenizer
    from memstudy.experiments.babistories_lm import consistency, speech

    words = tokenizer(config.model.text.tokenizer)
    steps = config.model.recipe.steps
    rows, facts = [], {}
    if config.prompts:
        rows, facts["continuations"] = speech.measure(model, words, config.prompts, seed)
    if config.consistency:
        asked = consistency.questions(config.consistency, words, config.model.shape.context_length)
        answered, facts["cloze_chance"] = consistency.measure(
            model, asked, context.device, lambda: context.advance(steps, steps)
        )
        rows += answered
    return rows, facts


EXPERIMENT = Experiment(
    name=NAME,
    notebook="02_babistories_lm",
    title="Language models on stories: a mosaic against a transformer, depth by depth",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
