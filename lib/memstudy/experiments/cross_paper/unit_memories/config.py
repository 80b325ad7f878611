"""What is trained and measured; torch is not needed here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from memstudy.experiments.sparse_memory.cards import WorldConfig
from memstudy.experiments.sparse_memory.config import (
    ModelConfig,
    ReadingConfig,
    RecipeConfig,
    SparseMemoryProfile,
    StageConfig,
    TestConfig,
)
from memstudy.experiments.sparse_memory.profiles import PROFILES

DENSE, EIGHTH, SIXTEENTH = "units_dense", "units_eighth", "units_sixteenth"
RANDOM, NEVER = "units_sixteenth_random", "units_never"
RATE = "units_rate"  # arms of one learning rate each, stage 1 alone
LABELS = {
    DENSE: "all pairs",
    EIGHTH: "R/8, by attention",
    SIXTEENTH: "R/16, by attention",
    RANDOM: "R/16, at random",
    NEVER: "never any memory",
}
ARMS = tuple(LABELS)


@dataclass(frozen=True, kw_only=True)
class MosaicShape:
    """Shape of a Memory Mosaic with a head of its own."""

    n_blocks: int  # blocks
    d_model: int  # width
    n_heads: int  # heads of each layer
    n_slots: int  # learned pairs a head; d_model / 2 equals the Llama of sparse_memory in size
    init: str = "pytorch"  # convention of the initial weights, see nn.initial_weights


@dataclass(frozen=True)
class UnitMemoriesUnit:
    """A mosaic that is trained in stages, and what is measured on it, but the seed."""

    model: ModelConfig  # world, shape (a MosaicShape), recipe and stages
    test: TestConfig  # texts of the tests
    sweep: bool = False  # also read other numbers of pairs, chosen by other rules


@dataclass(frozen=True, kw_only=True)
class UnitMemoriesSettings:
    """What a profile says of this question."""

    world: WorldConfig  # that of sparse_memory in the same profile
    shape: MosaicShape  # of all arms
    recipe: RecipeConfig  # batches and the form of the learning rate
    test: TestConfig  # what is measured, and on how much
    steps: tuple[int, int]  # of stage 1, without memories, and stage 2
    rates: tuple[float, ...]  # learning rates that are tried in stage 1, ascending
    winner: int  # place in rates of the one that is taken
    second_rate: float  # learning rate of stage 2, as a share of that of stage 1


def once(settings: UnitMemoriesSettings) -> frozenset[str]:
    """Arms that exist with the first seed alone: the learning rates that were tried."""
    return frozenset(rate_arms(settings))


def rate_arms(settings: UnitMemoriesSettings) -> dict[str, float]:
    """Arm of each learning rate that is tried."""
    return {f"{RATE}_{rate:g}": rate for rate in settings.rates}


def reading(settings: UnitMemoriesSettings, arm: str) -> ReadingConfig | None:
    """What an arm reads in stage 2; None: nothing."""
    if arm == NEVER:
        return None
    length = settings.world.reference_length
    base = ReadingConfig(kept_tokens=length, n_layers=settings.shape.n_blocks // 2)
    few = {EIGHTH: length // 8, SIXTEENTH: length // 16, RANDOM: length // 16}
    rule = "random" if arm == RANDOM else "softmax"
    return replace(base, kept_tokens=max(1, few.get(arm, length)), selection=rule)


def model_config(settings: UnitMemoriesSettings, arm: str) -> ModelConfig:
    """The model of an arm."""
    rates = rate_arms(settings)
    rate = rates.get(arm, settings.rates[settings.winner])
    first = StageConfig(steps=settings.steps[0], learning_rate=rate)
    stages: tuple[StageConfig, ...] = (first,)
    if arm not in rates:
        second = StageConfig(
            steps=settings.steps[1],
            learning_rate=settings.second_rate * rate,
            reading=reading(settings, arm),
        )
        stages = (first, second)
    return ModelConfig(settings.world, settings.shape, settings.recipe, stages)


def arms(settings: UnitMemoriesSettings) -> dict[str, UnitMemoriesUnit]:
    """Every arm and its configuration."""
    return {
        arm: UnitMemoriesUnit(model_config(settings, arm), settings.test, sweep=arm == DENSE)
        for arm in (*ARMS, *rate_arms(settings))
    }


def settings_like(
    profile: SparseMemoryProfile, rates: tuple[float, ...], winner: int
) -> UnitMemoriesSettings:
    """World, size, recipe and tests of a profile of sparse_memory."""
    shape = profile.shape
    return UnitMemoriesSettings(
        world=profile.world,
        shape=MosaicShape(
            n_blocks=shape.n_blocks,
            d_model=shape.d_model,
            n_heads=shape.n_heads,
            n_slots=shape.d_model // 2,
        ),
        recipe=profile.recipe,
        test=replace(profile.test, selections=SELECTIONS),
        steps=profile.steps,
        rates=rates,
        winner=winner,
        second_rate=2 / 3 if profile.name != "gpu" else 0.3,
    )


SELECTIONS = ("softmax", "masked", "last", "random")  # rules of the sweep
UNITS: tuple[type, ...] = (UnitMemoriesUnit,)
SMOKE, CPU, GPU = (
    settings_like(PROFILES[name], (1e-3, 3e-3, 1e-2), 1) for name in ("smoke", "cpu", "gpu")
)
