"""What becomes of the families' differences when both are trained for longer.

No rule rests on it. It says how far the verdicts are those of models early in their training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memstudy.experiments.babistories_lm import readings
from memstudy.experiments.babistories_lm.config import COPIED, LONGER, arm_name
from memstudy.experiments.babistories_lm.tables import Table, interval
from memstudy.language_models.config import MOSAIC, TRANSFORMER

if TYPE_CHECKING:
    import numpy as np

    from memstudy.study import Results


@dataclass(frozen=True)
class Comparison:
    """A mosaic and a transformer after equally many tokens of one text."""

    text: str  # label
    depth: int  # blocks
    tokens: int  # that each model has seen
    mosaic: str  # arm
    transformer: str  # arm

    @property
    def copied(self) -> bool:
        """Whether the mosaic has the transformer's recipe."""
        return COPIED in self.mosaic.split("_")


def comparisons(results: Results) -> list[Comparison]:
    """Every pair of arms that was also trained for longer, each before and after."""
    profile, tokens = results.profile, readings.tokens_seen(results)
    found = []
    for text in readings.texts(results):
        for depth in readings.depths(results):
            transformer = arm_name(text, TRANSFORMER, depth)
            for more in ((), (COPIED,)):
                mosaic = arm_name(text, MOSAIC, depth, *more)
                if not {mosaic, transformer} <= set(profile.trained_longer):
                    continue
                arms = f"{mosaic}_{LONGER}", f"{transformer}_{LONGER}"
                found.append(Comparison(text, depth, tokens, mosaic, transformer))
                found.append(Comparison(text, depth, tokens * profile.longer, *arms))
    return found


def longer_pairs(results: Results, text: str, depth: int) -> list[Comparison]:
    """Those of one text and depth, after the longer training."""
    return [
        pair
        for pair in comparisons(results)
        if (pair.text, pair.depth) == (text, depth) and pair.mosaic.endswith(LONGER)
    ]


def losses(results: Results, arm: str) -> np.ndarray:
    """Lowest validation loss of every run of an arm, nats a token: (runs,)."""
    return readings.by_seed(results, arm, metric="best_loss", split="validation")


def table(results: Results) -> Table:
    """Losses and scores of both families with fewer and more tokens; no rows: not tried."""
    head = (
        "text",
        "blocks",
        "tokens seen",
        *(f"loss, {name}" for name in readings.FAMILY_NAMES.values()),
        "GPT2 - mosaic, nats a token",
        *(f"score, {name}" for name in readings.FAMILY_NAMES.values()),
        "GPT2 - mosaic, over questions or prompts",
    )
    rows = []
    for pair in comparisons(results):
        mosaic, transformer = (losses(results, arm) for arm in (pair.mosaic, pair.transformer))
        score = readings.paired_arms(results, pair.text, pair.mosaic, pair.transformer)
        rows.append(
            (
                readings.text_name(results, pair.text),
                f"{pair.depth}" + (", the mosaic with GPT2's recipe" if pair.copied else ""),
                f"{pair.tokens:,}",
                f"{mosaic.mean():.3f}",
                f"{transformer.mean():.3f}",
                interval(transformer - mosaic),
                f"{score.mosaic:.3f}",
                f"{score.transformer:.3f}",
                str(score.difference),
            )
        )
    return Table(head, rows)


def check_lines(results: Results) -> list[str]:
    """Fixed-format lines: every number of the table."""
    lines = []
    for row in table(results).rows:
        text, blocks, tokens, *found, score_mosaic, score_transformer, difference = row
        lines.append(
            f"{text}, blocks {blocks}, {tokens} tokens: loss mosaic {found[0]}, transformer "
            f"{found[1]}, difference {found[2]}; score mosaic {score_mosaic}, transformer "
            f"{score_transformer}, difference {difference}"
        )
    return lines
