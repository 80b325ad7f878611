"""What the language-model experiment executes: train a model, let it speak, ask it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.babistories_lm.config import NAME, PROFILES, LanguageModelUnit, units

if TYPE_CHECKING:
    import pandas as pd

    from memstudy.core.context import Context

CLAIMS = ()


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """Train the model of a unit, then measure on it; see the experiment's contract."""
    return [language_model(unit, context) for unit in pack]


def language_model(unit: Unit, context: Context) -> Measured:
    """One trained model: learning curves and best losses."""
    from memstudy.language_models.trained import trained

    config: LanguageModelUnit = unit.config
    found = trained(config.model, unit.seed, context)
    rows = list(found.rows)
    rows.append(
        {
            "metric": "best_loss",
            "split": "validation",
            "step": found.facts["best_step"],
            "value": found.facts["best_loss"],
        }
    )
    return Measured(long_table(rows, unit), found.facts)


def long_table(rows: list[dict[str, Any]], unit: Unit) -> pd.DataFrame:
    """Rows as the long table of a unit; what a row does not say is empty, or -1 for a number."""
    import pandas as pd

    columns = ["metric", "value", "split", "part", "step", "position"]
    table = pd.DataFrame(rows).reindex(columns=columns)
    table = table.fillna({"split": "", "part": "", "step": -1, "position": -1})
    return table.assign(model=unit.arm, seed=unit.seed)


EXPERIMENT = Experiment(
    name=NAME,
    notebook="02_babistories_lm",
    title="Language models on stories: a mosaic against a transformer, depth by depth",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
