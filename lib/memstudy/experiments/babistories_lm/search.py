"""The search for dropout, weight decay and learning rate (counterpart of Table 3)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from memstudy.language_models.config import ModelConfig


@dataclass(frozen=True)
class SearchConfig:
    """Counterpart of Table 3: every combination, for both families, one run each.

    In the first grid the best learning rate lay at one end for the transformer and at the other
    for the mosaic. The further rates continue it at both ends, with the dropout and weight decay
    that were best for the transformer.
    """

    learning_rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2)
    dropouts: tuple[float, ...] = (0.0, 0.05)
    weight_decays: tuple[float, ...] = (0.01, 0.1)
    further_rates: tuple[float, ...] = (3e-4, 3e-2)
    further_dropout: float = 0.0
    further_weight_decay: float = 0.01
    depth: int = 2  # blocks
    steps: int = 400  # updates; shorter than the runs that the winner is for
    seed: int = 100  # not one of those that results are reported on

    @property
    def combinations(self) -> list[tuple[float, float, float]]:
        """Learning rate, dropout and weight decay of every run of a family."""
        grid = itertools.product(self.learning_rates, self.dropouts, self.weight_decays)
        rest = (self.further_dropout, self.further_weight_decay)
        return [*grid, *((rate, *rest) for rate in self.further_rates)]


@dataclass(frozen=True)
class Tuned:
    """What the search chooses."""

    learning_rate: float  # at the end of the warm-up
    dropout: float  # on what a layer adds
    weight_decay: float  # on tensors of two and more dimensions


def with_tuned(model: ModelConfig, tuned: Tuned) -> ModelConfig:
    """The model with what a search chose; the rate falls to a fiftieth, as in the paper."""
    rate = tuned.learning_rate
    recipe = replace(
        model.recipe,
        learning_rate=rate,
        final_learning_rate=rate / 50,
        weight_decay=tuned.weight_decay,
    )
    return replace(model, shape=replace(model.shape, dropout=tuned.dropout), recipe=recipe)


def search_arm(family: str, learning_rate: float, dropout: float, weight_decay: float) -> str:
    """Name of one run of the search."""
    return f"search_{family}_lr{learning_rate:g}_drop{dropout:g}_wd{weight_decay:g}"
