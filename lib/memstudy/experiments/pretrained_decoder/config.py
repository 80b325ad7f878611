"""Decoders, starts, and what is measured of them; torch is not needed here."""

from __future__ import annotations

from dataclasses import dataclass, field

from memstudy.core.experiment import Profile
from memstudy.experiments.copy_tasks.config import (
    FROZEN,
    NO_MEMORY,
    TRAINABLE,
    MemoryStage,
    RecipeConfig,
    ScoringConfig,
    ShapeConfig,
    SourceStage,
    StageUnit,
)
from memstudy.language_models.config import TextConfig

NAME = "pretrained_decoder"

HUB_MODEL, STAND_IN = "smollm2", "stand_in"  # labels of the two decoders
PRETRAINED, SCRATCH = "pretrained", "scratch"  # what a decoder begins with
STARTS = (PRETRAINED, SCRATCH)
MEMORIES = (NO_MEMORY, TRAINABLE, FROZEN)
RATE_SEED = 0  # on which learning rates are chosen

AUTOENCODER = "autoencoder"  # arm whose encoder the frozen arms take
RATES = "rates"  # first word of the arms that try learning rates
BEFORE, AFTER = "before", "after"
OWN, GENERAL = "own", "general"  # held-out texts: the one trained on, and another


@dataclass(frozen=True, kw_only=True)
class DecoderConfig:
    """A decoder that exists trained and untrained."""

    label: str  # HUB_MODEL or STAND_IN
    title: str  # as figures and tables call it
    # Where its weights come from, see weights.py; "tiny": a random Llama of a few weights in the
    # place of one; "trained": a language model that is trained here, on the same text.
    source: str
    shape: ShapeConfig  # width, heads, blocks
    training: SourceStage | None = None  # of source "trained"
    precision: str = "float32"  # on a CPU; "bfloat16": matrix products in it. GPUs have it always

    def __post_init__(self) -> None:
        """Refuse a source without what it needs (ValueError)."""
        if (self.source == "trained") != (self.training is not None):
            raise ValueError(f"source {self.source!r} and training {self.training!r} do not fit")


@dataclass(frozen=True, kw_only=True)
class RatesConfig:
    """Learning rates of which one is chosen: lowest copy loss, trainable encoder, RATE_SEED."""

    tried: tuple[float, ...]
    steps: int  # of each trial, with a warm-up and a fall of its own


@dataclass(frozen=True, kw_only=True)
class DecoderUnit:
    """A memory model around a decoder, but the seed."""

    decoder: DecoderConfig
    start: str  # one of STARTS
    # Copy training; the learning rate of its recipe is not used, the chosen one is.
    stage: MemoryStage
    rates: RatesConfig
    windows: int  # validation sequences of the final scores
    own_windows: int  # held-out windows of the decoder's own next-token loss
    own_length: int  # tokens of each
    general: TextConfig | None = None  # another held-out text; for decoders with a whole table

    def __post_init__(self) -> None:
        """Refuse an unknown start (ValueError)."""
        if self.start not in STARTS:
            raise ValueError(f"unknown start {self.start!r}; choose one of {STARTS}")


@dataclass(frozen=True, kw_only=True)
class RatesUnit:
    """The trials of learning rates for one decoder and start."""

    unit: DecoderUnit


@dataclass(frozen=True, kw_only=True)
class Trials:
    """How one decoder is trained in a profile."""

    decoder: DecoderConfig
    recipe: RecipeConfig  # of the copy training, but the learning rate
    rates: dict[str, RatesConfig]  # by start
    seeds: tuple[int, ...]
    windows: int
    own_windows: int
    own_length: int
    general: TextConfig | None = None


@dataclass(frozen=True)
class PretrainedProfile(Profile):
    """A complete way of running the experiment."""

    text: TextConfig | None = None
    chunk: int = 8  # C; the paper: 256
    n_chunks: int = 4  # S
    encoder: ShapeConfig = field(
        default_factory=lambda: ShapeConfig(d_model=64, n_heads=4, n_blocks=2)
    )
    autoencoder: RecipeConfig | None = None  # of the frozen encoder
    trials: tuple[Trials, ...] = ()
    judged: str = HUB_MODEL  # decoder that BM-15 is judged on
    scoring: ScoringConfig = field(default_factory=lambda: ScoringConfig(windows=1_000, passages=0))


Config = StageUnit | RatesUnit | DecoderUnit


def arm_name(decoder: str, start: str, memory: str) -> str:
    """Name of an arm, such as ``smollm2_scratch_none``."""
    return f"{decoder}_{start}_{memory}"


def rates_name(decoder: str, start: str) -> str:
    """Name of the arm that tries learning rates."""
    return f"{RATES}_{decoder}_{start}"
