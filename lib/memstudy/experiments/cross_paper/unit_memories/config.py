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
DISTINCT, EIGHTH_DISTINCT = "units_sixteenth_distinct", "units_eighth_distinct"
RATE = "units_rate"  # arms of one learning rate each, all pairs kept
RATES = (1e-3, 3e-3, 1e-2)  # of stage 1; sparse_memory has 3e-3 in profile cpu
LABELS = {
    DENSE: "all pairs",
    NEVER: "never any memory",
    SIXTEENTH: "R/16, by attention",
    RANDOM: "R/16, at random",
    DISTINCT: "R/16, distinct keys",
    EIGHTH: "R/8, by attention",
    EIGHTH_DISTINCT: "R/8, distinct keys",
}
ARMS = tuple(LABELS)  # the most informative first
SIXTEENTHS = {DENSE: 16, EIGHTH: 2, EIGHTH_DISTINCT: 2}  # of the tokens of a card; others: 1
RULES = {RANDOM: "random", DISTINCT: "distinct", EIGHTH_DISTINCT: "distinct"}
SELECTIONS = ("softmax", "masked", "last", "random", "distinct")  # rules of the sweep


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
    winner: int  # place in rates of the one that is taken, see readings.rate_losses
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
    sixteenths = SIXTEENTHS.get(arm, 1)
    return ReadingConfig(
        kept_tokens=max(1, sixteenths * settings.world.reference_length // 16),
        selection=RULES.get(arm, "softmax"),
        n_layers=settings.shape.n_blocks // 2,
    )


def model_config(settings: UnitMemoriesSettings, arm: str) -> ModelConfig:
    """The model of an arm; those of a learning rate keep all pairs."""
    rates = rate_arms(settings)
    rate = rates.get(arm, settings.rates[settings.winner])
    first, second = settings.steps
    read = reading(settings, DENSE if arm in rates else arm)
    stages = (
        StageConfig(steps=first, learning_rate=rate),
        StageConfig(steps=second, learning_rate=settings.second_rate * rate, reading=read),
    )
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
        second_rate=profile.learning_rates[1] / profile.learning_rates[0],
    )


# Place of the best rate, found with the first seed of profile cpu before any other run; profile gpu
# takes the same until its own are tried.
WINNERS = {"smoke": 1, "cpu": 1, "gpu": 1}
UNITS: tuple[type, ...] = (UnitMemoriesUnit,)
SMOKE, CPU, GPU = (
    settings_like(PROFILES[name], RATES, WINNERS[name]) for name in ("smoke", "cpu", "gpu")
)
