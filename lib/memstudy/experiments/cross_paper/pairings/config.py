"""The pairings, their learning rates and sizes; torch is not needed here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product

from memstudy.experiments.copy_tasks.config import (
    CAUSAL,
    COMBINED,
    NO_MEMORY,
    TRAINABLE,
    MemoryStage,
    MosaicShapeConfig,
    RecipeConfig,
    ScoringConfig,
    ShapeConfig,
    StageUnit,
)
from memstudy.language_models.config import TextConfig

PREFIX = "pairings"
UNITS = (StageUnit,)

MOSAIC, TRANSFORMER = "mosaic", "transformer"
NONE = "none"  # in the place of the encoder: no memory
PLACED = "placed_mosaic"  # a mosaic with learned positions
ENCODERS = (MOSAIC, TRANSFORMER, NONE)
DECODERS = (TRANSFORMER, MOSAIC)
PAIRS = tuple(product(ENCODERS, DECODERS))
TRIED = (*PAIRS, *product(ENCODERS, (PLACED,)))  # with every rate; the claim is about PAIRS


@dataclass(frozen=True, kw_only=True)
class PairingSettings:
    """What a profile says of this question."""

    text: TextConfig
    d_model: int  # width of all encoders and decoders
    n_heads: int  # heads of their layers
    n_blocks: int  # blocks of each
    chunk: int  # C, tokens a chunk
    n_chunks: int = 4  # S
    recipe: RecipeConfig | None = None  # of all arms but the rate
    learning_rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2)  # tried with the first seed
    # Place of the rate that every seed is trained with, by encoder and decoder: the lowest sum of
    # both held-out losses of the first seed.
    winners: dict[str, int] = field(default_factory=dict)  # missing: the middle one
    scoring: ScoringConfig = field(default_factory=lambda: ScoringConfig(windows=1_000, passages=6))

    def shape(self, family: str) -> ShapeConfig:
        """A Llama, or a mosaic with as many weights.

        A block of the Llama has 16 d_model² weights, one of the mosaic 5 d_model² in its maps and
        2 · slots · d_model in its learned pairs. Each starts in the convention with which it learnt
        to copy sooner in a short trial, the mosaic in its own.
        """
        size = {"d_model": self.d_model, "n_heads": self.n_heads, "n_blocks": self.n_blocks}
        if family == TRANSFORMER:
            return ShapeConfig(**size, init="pytorch")
        positions = self.n_chunks + self.chunk if family == PLACED else 0
        slots = 11 * self.d_model // 2
        return MosaicShapeConfig(**size, init="fan_in", n_slots=slots, positions=positions)

    def best_rate(self, encoder: str, decoder: str) -> float:
        """The rate that every seed of a pairing is trained with."""
        middle = len(self.learning_rates) // 2
        return self.learning_rates[self.winners.get(f"{encoder}_{decoder}", middle)]

    def stage(self, encoder: str, decoder: str, rate: float, task: str = COMBINED) -> MemoryStage:
        """The one stage of a model."""
        return MemoryStage(
            task=task,
            memory=NO_MEMORY if encoder == NONE else TRAINABLE,
            text=self.text,
            # Without memories there is no encoder; the shape that stands here is not built.
            encoder_shape=self.shape(TRANSFORMER if encoder == NONE else encoder),
            decoder_shape=self.shape(decoder),
            chunk=self.chunk,
            n_chunks=self.n_chunks,
            recipe=replace(self.recipe, learning_rate=rate),
            cue=task == COMBINED,
        )


def arm_name(encoder: str, decoder: str, rate: float, task: str = COMBINED) -> str:
    """Name of an arm, such as ``pairings_mosaic_transformer_lr0.003``."""
    asked = "" if task == COMBINED else f"_{task}"
    return f"{PREFIX}_{encoder}_{decoder}{asked}_lr{rate:g}"


def best_arm(settings: PairingSettings, encoder: str, decoder: str, task: str = COMBINED) -> str:
    """Name of the arm of a pairing that has every seed."""
    return arm_name(encoder, decoder, settings.best_rate(encoder, decoder), task)


def arms(settings: PairingSettings) -> dict[str, StageUnit]:
    """Configuration of every arm, the most informative first.

    All pairings, and mosaics with positions as decoders, with their best rates; the pairings
    without the copy objective; then all other rates.
    """
    found = {}

    def add(encoder: str, decoder: str, rate: float, task: str = COMBINED) -> None:
        stage = settings.stage(encoder, decoder, rate, task)
        name = arm_name(encoder, decoder, rate, task)
        found[name] = StageUnit(stage=stage, scoring=settings.scoring)

    for encoder, decoder in TRIED:
        add(encoder, decoder, settings.best_rate(encoder, decoder))
    for encoder, decoder in PAIRS:
        if encoder != NONE:
            add(encoder, decoder, settings.best_rate(encoder, decoder), CAUSAL)
    for (encoder, decoder), rate in product(TRIED, settings.learning_rates):
        if rate != settings.best_rate(encoder, decoder):
            add(encoder, decoder, rate)
    return found


def once(settings: PairingSettings) -> frozenset[str]:
    """Arms that have the first seed alone: rates that are not a pairing's best."""
    best = {best_arm(settings, *pair) for pair in TRIED}
    tried = {arm_name(*pair, rate) for pair in TRIED for rate in settings.learning_rates}
    return frozenset(tried - best)


SMOKE = PairingSettings(
    text=TextConfig(
        corpus="story_world",
        tokenizer="bpe-4096@story_world",
        train_documents=60,
        validation_documents=40,
    ),
    d_model=8,
    n_heads=2,
    n_blocks=1,
    chunk=4,
    recipe=RecipeConfig(
        steps=4,
        batch_size=2,
        learning_rate=1e-3,
        warmup_steps=1,
        evaluations=2,
        evaluation_windows=2,
    ),
    learning_rates=(1e-3,),
    scoring=ScoringConfig(windows=4, passages=1),
)
CPU = PairingSettings(
    text=TextConfig(
        corpus="story_world",
        tokenizer="bpe-1024@story_world",
        train_documents=10_000,
        validation_documents=1_000,
    ),
    d_model=64,
    n_heads=4,
    n_blocks=2,
    chunk=6,
    recipe=RecipeConfig(
        steps=2_400,
        batch_size=16,
        learning_rate=3e-3,
        warmup_steps=50,
        evaluations=12,
        evaluation_windows=128,
    ),
    # 3e-2 was added when the best of the first three had turned out to be the largest for four of
    # the six pairings.
    learning_rates=(1e-3, 3e-3, 1e-2, 3e-2),
    winners={
        "mosaic_transformer": 1,
        "transformer_transformer": 1,
        "none_transformer": 2,
        "mosaic_mosaic": 2,
        "transformer_mosaic": 2,
        "none_mosaic": 2,
        "mosaic_placed_mosaic": 1,
        "transformer_placed_mosaic": 1,
        "none_placed_mosaic": 2,
    },
)
GPU = PairingSettings(
    text=TextConfig(
        corpus="story_world",
        tokenizer="bpe-4096@story_world",
        train_documents=100_000,
        validation_documents=2_000,
    ),
    d_model=256,
    n_heads=8,
    n_blocks=8,
    chunk=32,
    recipe=RecipeConfig(
        steps=8_000,
        batch_size=128,
        learning_rate=1e-3,
        warmup_steps=200,
        evaluations=16,
        evaluation_windows=256,
    ),
    learning_rates=(3e-4, 1e-3, 3e-3),
)
