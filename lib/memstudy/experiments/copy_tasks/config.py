"""Stages of training, what is measured of their models, profiles; torch is not needed here.

A model comes about in one stage or several. A stage names the one before it, and the one that its
encoder comes from, with their whole configurations: what a stage is trained from is a part of its
own hash.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from memstudy.core.experiment import Profile
from memstudy.language_models.config import TextConfig

NAME = "copy_tasks"

AUTOENCODER, CAUSAL, COPY, BLANK, COMBINED = "autoencoder", "causal", "copy", "blank", "combined"
SOURCES = (AUTOENCODER, CAUSAL)  # objectives that an encoder comes from
TASKS = (CAUSAL, COPY, BLANK, COMBINED)  # what memory models are trained on
MODES = (CAUSAL, COPY, BLANK)  # what they are asked

# Where a decoder's knowledge of earlier chunks comes from.
NO_MEMORY = "none"  # nowhere: every slot holds the filler
TRAINABLE = "trainable"  # an encoder that is trained with the decoder
FROZEN = "frozen"  # a trained encoder with its own table of tokens, both frozen
NEW_TABLE = "frozen_new_table"  # the same blocks, but the table drawn anew, as in the official code
FULL_CONTEXT = "full_context"  # all earlier tokens: no memory model at all
RECURRENT = "recurrent"  # one vector that is handed on from chunk to chunk
MEMORIES = (NO_MEMORY, TRAINABLE, FROZEN, NEW_TABLE, FULL_CONTEXT, RECURRENT)
FROM_SOURCE = (FROZEN, NEW_TABLE)

WORLD, STORIES = "world", "stories"  # labels of texts: generated, and real

# Names in the records.
RECONSTRUCTION = "reconstruction"  # the question that an autoencoder is asked
INSIDE, OFFICIAL = "inside", "official"  # ways of counting, see scoring.py
MEMORY, FULL = "memory", "full_context"  # models whose costs are compared


@dataclass(frozen=True, kw_only=True)
class ShapeConfig:
    """Shape of a Llama: rotary attention, RMSNorm, SwiGLU of inner width 4 d_model, own head."""

    d_model: int  # width
    n_heads: int  # heads of each block
    n_blocks: int  # blocks
    # Convention of the initial weights, see nn.initial_weights; the paper: "gpt2". The small
    # profiles keep "fan_in", with which they were recorded; in a short trial (one seed, trainable
    # encoder) "gpt2" and "pytorch" learnt to copy somewhat faster.
    init: str = "fan_in"


@dataclass(frozen=True, kw_only=True)
class MosaicShapeConfig(ShapeConfig):
    """Shape of a memory mosaic in the place of a Llama, with a head of its own too."""

    n_slots: int  # learned pairs of each head; 5.5 d_model give a block a Llama block's weights
    positions: int = 0  # learned positions, which the paper's mosaic lacks; 0: none


@dataclass(frozen=True, kw_only=True)
class RecipeConfig:
    """How a stage is trained: AdamW (0.9, 0.999), linear warm-up, linear fall to 0, clip 1."""

    steps: int  # updates; the paper: 100,000 a stage of memory models
    batch_size: int  # sequences a step; the paper: 64 of 1,024 tokens
    learning_rate: float  # at the end of the warm-up; the paper: 2e-4
    warmup_steps: int  # linear from 0; the paper: 500
    evaluations: int  # tests on the way, at equal distances; one more before the first step
    evaluation_windows: int  # validation sequences a test
    micro_batch_size: int | None = None  # sequences a forward pass; None: the whole batch


@dataclass(frozen=True, kw_only=True)
class SourceStage:
    """Training of a model whose encoder will be frozen: on single chunks."""

    objective: str  # "autoencoder", or "causal": a language model
    text: TextConfig
    shape: ShapeConfig
    chunk: int  # tokens
    recipe: RecipeConfig

    def __post_init__(self) -> None:
        """Refuse unknown objectives (ValueError)."""
        if self.objective not in SOURCES:
            raise ValueError(f"unknown objective {self.objective!r}; choose one of {SOURCES}")


@dataclass(frozen=True, kw_only=True)
class MemoryStage:
    """A stage of training of a memory model, or of a baseline on the same text."""

    task: str  # one of TASKS
    memory: str  # one of MEMORIES
    text: TextConfig
    encoder_shape: ShapeConfig
    decoder_shape: ShapeConfig
    chunk: int  # C, tokens a chunk
    n_chunks: int  # S, chunks a sequence; the paper: 4
    recipe: RecipeConfig
    cue: bool = False  # three tokens that tell a copy from a text
    encoder: SourceStage | MemoryStage | None = None  # where a frozen encoder comes from
    before: MemoryStage | None = None  # the stage whose weights this one starts from

    def __post_init__(self) -> None:
        """Refuse stages that contradict themselves (ValueError)."""
        if self.task not in TASKS or self.memory not in MEMORIES:
            raise ValueError(
                f"unknown task {self.task!r} or memory {self.memory!r}; "
                f"choose among {TASKS} and {MEMORIES}"
            )
        if (self.encoder is not None) != (self.memory in FROM_SOURCE):
            raise ValueError(f"memory {self.memory!r} and encoder {self.encoder!r} do not fit")
        if self.memory in (FULL_CONTEXT, RECURRENT) and self.task != CAUSAL:
            raise ValueError(f"{self.memory} is a baseline of the causal task alone")
        if self.before and self.memory not in (NO_MEMORY, self.before.memory):
            raise ValueError("a stage keeps the encoder of the one before, or goes without")
        if self.before and self.text != self.before.text:
            raise ValueError("all stages of a model are trained on one text")
        if self.encoder and self.text != self.encoder.text:
            raise ValueError("an encoder comes from the text that its decoder is trained on")
        if self.n_chunks % 2:
            raise ValueError(f"half a sequence is copied; {self.n_chunks} chunks have no half")

    @property
    def history(self) -> Iterator[MemoryStage]:
        """The stages of this model, the first one first."""
        if self.before:
            yield from self.before.history
        yield self

    @property
    def steps_before(self) -> int:
        """Steps that the weights have been through when this stage begins."""
        return sum(stage.recipe.steps for stage in self.history) - self.recipe.steps

    @property
    def steps(self) -> int:
        """Steps of all stages; the training of a frozen encoder not counted."""
        return self.steps_before + self.recipe.steps


@dataclass(frozen=True, kw_only=True)
class ScoringConfig:
    """What is measured of the finished models."""

    windows: int  # validation sequences, the same for all
    passages: int  # sequences of which every token is shown, by some arms
    seed: int = 0  # of the choice of the sequences


@dataclass(frozen=True, kw_only=True)
class StageUnit:
    """A model and its scores, but the seed."""

    stage: SourceStage | MemoryStage  # the last one
    scoring: ScoringConfig


@dataclass(frozen=True, kw_only=True)
class CostUnit:
    """What long inputs cost a memory model and full context (BM-14); nothing is trained."""

    shape: ShapeConfig
    lengths: tuple[int, ...]  # n, tokens read; the operations are counted
    timed: tuple[int, ...]  # those of which the time is measured too
    rounds: int  # timings of each, of both models side by side
    decoded: int  # tokens written after reading, for the time of decoding
    vocab_size: int = 256  # of both models; the head is not what is compared
    seed: int = 0  # of the weights and tokens


@dataclass(frozen=True)
class CopyProfile(Profile):
    """A complete way of running the experiment."""

    texts: dict[str, TextConfig] = field(default_factory=dict)  # by label, WORLD first
    chunk: int = 8  # C; the paper: 256
    n_chunks: int = 4  # S
    shape: ShapeConfig = field(  # of encoders and decoders
        default_factory=lambda: ShapeConfig(d_model=64, n_heads=4, n_blocks=2)
    )
    source: RecipeConfig | None = None  # of the models that encoders come from
    memory: RecipeConfig | None = None  # of memory models; its steps are those of all stages
    scoring: ScoringConfig = field(default_factory=lambda: ScoringConfig(windows=1_000, passages=6))
    costs: CostUnit | None = None
