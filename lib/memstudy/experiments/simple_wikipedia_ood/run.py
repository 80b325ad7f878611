"""What the experiment executes: take a trained model, read foreign articles and own stories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.simple_wikipedia_ood.claims import CLAIMS
from memstudy.experiments.simple_wikipedia_ood.config import (
    BINS,
    NAME,
    PROFILES,
    ForeignUnit,
    units,
)
from memstudy.experiments.simple_wikipedia_ood.readings import FOREIGN, OWN, bin_label
from memstudy.records import long_table
from memstudy.watching import by_the_pass

if TYPE_CHECKING:
    from memstudy.core.context import Context
    from memstudy.evaluation import TokenLosses

EVALUATION_BATCH = 16  # windows a forward pass; it changes the losses by rounding only


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """Measure the losses of trained models; see the experiment's contract."""
    return [foreign_losses(unit, context) for unit in pack]


def foreign_losses(unit: Unit, context: Context) -> Measured:
    """Losses by position of one model on the foreign text and on its own validation text."""
    from memstudy.evaluation import token_losses
    from memstudy.experiments.simple_wikipedia_ood import data
    from memstudy.language_models.trained import stream_facts, trained

    config: ForeignUnit = unit.config
    length = config.model.shape.context_length
    found = trained(config.model, unit.seed, context, anyones=True)
    foreign, own = data.texts(config)
    windows = {
        FOREIGN: data.article_windows(foreign, length, config.windows),
        OWN: data.story_windows(own, length, config.own_windows),
    }
    total = sum(-(-len(x) // EVALUATION_BATCH) for x, _ in windows.values())
    on_pass = by_the_pass(context, total)
    rows = []
    for split, batch in windows.items():
        losses = token_losses(
            found.model, batch, context.device, batch_size=EVALUATION_BATCH, on_batch=on_pass
        )
        rows += position_rows(losses, split)
        if split == FOREIGN:
            rows += window_rows(losses, config.bin_width)
    measured = {
        split: {"windows": len(batch[0]), "sha256": data.windows_sha256(batch)}
        for split, batch in windows.items()
    }
    measured[FOREIGN]["eligible"] = len(foreign.document_starts(length))
    texts = found.facts["data"] | {FOREIGN: stream_facts(foreign)}
    return Measured(
        long_table(rows, unit), found.facts | {"data": texts, "evaluation_windows": measured}
    )


def position_rows(losses: TokenLosses, split: str) -> list[dict[str, Any]]:
    """Mean loss at every position that some window counts at, and how many windows do."""
    import numpy as np

    counts = np.isfinite(losses.values).sum(0)
    means = losses.by_position()
    rows = []
    for position in np.flatnonzero(counts):
        where = {"split": split, "position": int(position)}
        rows.append({"metric": "loss_by_position", "value": float(means[position]), **where})
        rows.append({"metric": "windows_by_position", "value": float(counts[position]), **where})
    return rows


def window_rows(losses: TokenLosses, width: int) -> list[dict[str, Any]]:
    """Mean loss of every window in every bin; in the precision of the losses, float32."""
    import numpy as np

    rows = []
    for start in range(0, BINS * width, width):
        means = losses.window_means(start, start + width).astype(np.float32)
        where = {"split": FOREIGN, "part": bin_label(start, width), "position": start}
        rows += [
            {"metric": "window_loss", "value": float(mean), "step": window, **where}
            for window, mean in enumerate(means)
        ]
    return rows


EXPERIMENT = Experiment(
    name=NAME,
    notebook="03_simple_wikipedia_ood",
    title="Stories only, then an encyclopedia: loss by position out of distribution",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
