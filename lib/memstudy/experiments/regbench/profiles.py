"""The profiles of RegBench: which settings are trained on how many environments."""

from __future__ import annotations

import itertools

from memstudy.core.experiment import Cost
from memstudy.experiments.regbench.architecture_config import (
    MOSAIC,
    NAMES,
    TRANSFORMER,
    ArchitectureConfig,
)
from memstudy.experiments.regbench.config import (
    DataConfig,
    Point,
    RecipeConfig,
    RegbenchProfile,
    Setting,
)

LSTM = "lstm"
SEEDS = (0, 1, 2)
SIZES = (100, 500, 1000, 2500, 40_000)  # training environments of Fig. 11


def setting(
    name: str,
    d_model: int,
    n_heads: int,
    n_blocks: int = 2,
    attention_dropout: float = 0.0,
    **recipe: float,
) -> Setting:
    """A setting with the dropout and the clipping of its architecture (section E.3).

    Args:
        name: architecture.
        d_model: width.
        n_heads: heads.
        n_blocks: blocks.
        attention_dropout: on attention weights. The published mosaic has 0.05 on those of its
            contextual units, the published transformer 0.1; on a CPU it more than doubles the time
            of a mosaic.
        recipe: fields of the recipe that differ from the default.
    """
    places = {
        MOSAIC: {"dropout": 0.05},
        TRANSFORMER: {"embedding_dropout": 0.1},
    }.get(name, {"embedding_dropout": 0.1})
    architecture = ArchitectureConfig(
        name=name,
        d_model=d_model,
        n_heads=n_heads,
        n_blocks=n_blocks,
        attention_dropout=attention_dropout,
        **places,
    )
    return Setting(architecture, RecipeConfig(clip_norm=1.0 if name == MOSAIC else None, **recipe))


def grid(sizes: tuple[int, ...], settings: list[Setting]) -> tuple[Point, ...]:
    """Every setting at every size with all seeds."""
    return tuple(Point(size, chosen, SEEDS) for size, chosen in itertools.product(sizes, settings))


def cpu_points() -> tuple[Point, ...]:
    """Two learning rates an architecture on the first seed; the better one has all seeds."""
    return ()


TINY = RecipeConfig(epochs=2, warmup_epochs=1, micro_batch_size=4, clip_norm=1.0)

PROFILES = {
    "smoke": RegbenchProfile(
        name="smoke",
        seeds=(0, 1),
        cost=Cost(1.0, "one CPU core", "half a minute"),
        recorded=False,
        at_paper_scale=False,
        scale="two epochs on a few short sequences; no scientific meaning",
        pack_size=1,
        points=tuple(
            Point(
                size,
                Setting(ArchitectureConfig(name=name, d_model=8, n_heads=2, n_blocks=1), TINY),
                (0, 1),
            )
            for size in (6, 9)
            for name in (MOSAIC, TRANSFORMER, LSTM)
        ),
        data=DataConfig(6, validation=5, test=6, strings=(2, 4), letters=(1, 8)),
        in_distribution_at=6,
        control_sequences=6,
    ),
}
