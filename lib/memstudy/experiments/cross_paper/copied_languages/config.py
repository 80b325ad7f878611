"""Arms, learning rates and sizes of the comparison; torch is not needed here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from memstudy.experiments.regbench.architecture_config import (
    MOSAIC,
    ROTARY,
    TRANSFORMER,
    ArchitectureConfig,
)
from memstudy.experiments.regbench.config import DataConfig, OracleUnit, RecipeConfig, Setting

PREFIX = "languages"
FAMILIES = (MOSAIC, TRANSFORMER)
# What a model is trained on: languages, also copies, or twice as many sequences of languages.
PLAIN, COPY, TWICE = "plain", "copy", "twice"
JUDGED = tuple((family, kind) for family in FAMILIES for kind in (PLAIN, COPY))
ORACLES = f"{PREFIX}_oracles"

COPY_ACCURACY = "copy_accuracy"  # share of the letters of the second appearance that are named
SIGNED, UNSIGNED = "with sign", "without sign"  # how a copy is announced
KNOWN = "language known"  # in the place of a model: who knows the language and copies nothing


@dataclass(frozen=True, kw_only=True)
class LanguagesUnit:
    """Everything that determines a model and its test, but the seed."""

    data: DataConfig  # RegBench's sequences
    setting: Setting  # model and recipe
    copies: bool  # whether the loss on copies is added

    def __post_init__(self) -> None:
        """Refuse what has no copies, and sums of losses that would not be exact (ValueError)."""
        if self.data.strings[0] < 2:
            raise ValueError("a sequence needs two strings at least: the first half is copied")
        recipe = self.setting.recipe
        if self.copies and recipe.micro_batch_size < recipe.batch_size:
            raise ValueError(
                "languages and copies have unlike numbers of targets: a batch of both cannot be "
                f"cut; let micro_batch_size be {recipe.batch_size}"
            )


UNITS = (LanguagesUnit, OracleUnit)


@dataclass(frozen=True, kw_only=True)
class LanguagesSettings:
    """What a profile says of this question."""

    data: DataConfig
    architectures: dict[str, ArchitectureConfig]  # by family
    recipes: dict[str, RecipeConfig]  # by family, of all its arms but the rate
    learning_rates: dict[str, tuple[float, ...]]  # by family: tried for both objectives
    # Place of the rate with which every seed is trained, by family and kind ("mosaic_copy"): the
    # lowest next-token loss on validation sequences of the first seed.
    winners: dict[str, int] = field(default_factory=dict)  # missing: the middle one
    # By family: other rates with which both objectives have every seed.
    every_seed: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def best_rate(self, family: str, kind: str) -> float:
        """The rate with which every seed is trained; ``TWICE`` takes that of ``PLAIN``."""
        rates, known = self.learning_rates[family], PLAIN if kind == TWICE else kind
        return rates[self.winners.get(f"{family}_{known}", len(rates) // 2)]

    def unit(self, family: str, kind: str, rate: float) -> LanguagesUnit:
        """Configuration of one model."""
        recipe = replace(self.recipes[family], learning_rate=rate)
        if kind == TWICE:  # as many updates: twice the batch, twice the epochs
            recipe = replace(
                recipe,
                batch_size=2 * recipe.batch_size,
                epochs=2 * recipe.epochs,
                warmup_epochs=2 * recipe.warmup_epochs,
                evaluate_epochs=2 * recipe.evaluate_epochs,
            )
        setting = Setting(self.architectures[family], recipe)
        return LanguagesUnit(data=self.data, setting=setting, copies=kind == COPY)


def arm_name(family: str, kind: str, rate: float) -> str:
    """Name of an arm, such as ``languages_mosaic_copy_lr0.01``."""
    return f"{PREFIX}_{family}{'' if kind == PLAIN else f'_{kind}'}_lr{rate:g}"


def best_arm(settings: LanguagesSettings, family: str, kind: str) -> str:
    """Name of the arm of a family and kind that has every seed."""
    return arm_name(family, kind, settings.best_rate(family, kind))


def arms(settings: LanguagesSettings) -> dict[str, LanguagesUnit | OracleUnit]:
    """Configuration of every arm, the most informative first.

    The judged ones with their best rates; the mosaic that reads twice as many sequences; n-grams
    and other predictors without training; then all other rates.
    """
    found: dict[str, LanguagesUnit | OracleUnit] = {}

    def add(family: str, kind: str, rate: float) -> None:
        found[arm_name(family, kind, rate)] = settings.unit(family, kind, rate)

    for family, kind in JUDGED:
        add(family, kind, settings.best_rate(family, kind))
    add(MOSAIC, TWICE, settings.best_rate(MOSAIC, TWICE))
    found[ORACLES] = OracleUnit(settings.data)
    for family, kind in JUDGED:
        for rate in settings.learning_rates[family]:
            if rate != settings.best_rate(family, kind):
                add(family, kind, rate)
    return found


def once(settings: LanguagesSettings) -> frozenset[str]:
    """Arms with the first seed alone: rates that are only tried, and what is not trained."""
    return frozenset(
        arm_name(family, kind, rate)
        for family, kind in JUDGED
        for rate in settings.learning_rates[family]
        if rate not in (settings.best_rate(family, kind), *settings.every_seed.get(family, ()))
    ) | {ORACLES}


def shapes(d_model: int, n_blocks: int, heads: dict[str, int]) -> dict[str, ArchitectureConfig]:
    """Both families with RegBench's dropout but on attention weights, which a CPU computes slowly.

    The transformer has rotary positions. In trials one with RegBench's learned positions had not
    begun to copy after as many updates, with RegBench's initial weights, with PyTorch's, and at
    several rates.

    Args:
        d_model: width.
        n_blocks: blocks.
        heads: of each layer, by family.
    """
    own = {
        MOSAIC: {"name": MOSAIC, "dropout": 0.05},
        TRANSFORMER: {"name": ROTARY, "embedding_dropout": 0.1, "init": "pytorch"},
    }
    return {
        family: ArchitectureConfig(
            d_model=d_model, n_heads=heads[family], n_blocks=n_blocks, **own[family]
        )
        for family in FAMILIES
    }


def recipes(batch_size: int, epochs: dict[str, int]) -> dict[str, RecipeConfig]:
    """How each family is trained: one epoch of warm-up, gradients clipped as in RegBench."""
    clip_norms = {MOSAIC: 1.0, TRANSFORMER: None}
    return {
        family: RecipeConfig(
            epochs=epochs[family],
            warmup_epochs=1,
            batch_size=batch_size,
            micro_batch_size=batch_size,
            clip_norm=clip_norms[family],
        )
        for family in FAMILIES
    }


SMOKE = LanguagesSettings(
    data=DataConfig(6, validation=5, test=6, strings=(2, 4), letters=(1, 8)),
    architectures=shapes(8, 1, {MOSAIC: 2, TRANSFORMER: 2}),
    recipes=recipes(3, {MOSAIC: 4, TRANSFORMER: 4}),
    learning_rates={MOSAIC: (1e-2,), TRANSFORMER: (1e-2,)},
)
# Many languages and short strings: with 100 languages and RegBench's long ones a transformer of
# this size learnt them by heart before it could copy. 3,000 updates of the mosaic; after as many
# the transformer had begun to copy with one seed of two, so it makes 6,000. Families are not
# compared with each other.
CPU = LanguagesSettings(
    data=DataConfig(2_400, letters=(1, 9)),
    architectures=shapes(64, 2, {MOSAIC: 4, TRANSFORMER: 4}),
    recipes=recipes(20, {MOSAIC: 25, TRANSFORMER: 50}),
    # 1e-3 was added for the mosaic, and 5e-4 for the transformer, when the best of the others had
    # turned out to be the smallest for one of the two objectives.
    learning_rates={MOSAIC: (1e-3, 3e-3, 1e-2, 3e-2), TRANSFORMER: (5e-4, 1e-3, 2e-3, 4e-3)},
    winners={"mosaic_plain": 2, "mosaic_copy": 1, "transformer_plain": 1},
    # When a transformer begins to copy, and whether it does, differs from seed to seed.
    every_seed={TRANSFORMER: (1e-3, 2e-3)},
)
GPU = LanguagesSettings(
    data=DataConfig(10_000),
    architectures=shapes(128, 2, {MOSAIC: 8, TRANSFORMER: 8}),
    recipes=recipes(20, {MOSAIC: 24, TRANSFORMER: 24}),
    learning_rates={MOSAIC: (1e-3, 3e-3, 1e-2), TRANSFORMER: (3e-4, 1e-3, 3e-3)},
)
