"""Worlds, shapes, stages, arms and units of the experiment; torch is not needed here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from memstudy.core.experiment import Profile, Unit
from memstudy.experiments.sparse_memory.cards import WorldConfig

NAME = "sparse_memory"
MEMORY, PROMPT, SLOTS = "memory", "prompt", "slots"  # how a model is given references
MAIN, CONTROL = "memory", "no_memory"  # the paper's recipe; never any memory
RAG, FROM_START, COMPUTE = "rag", "memory_from_start", "no_memory_compute"
DENSE, SIXTEENTH, SIXTEENTH_RANDOM = "dense", "sixteenth", "sixteenth_random"
STOPPED, LEARNED_SLOTS = "no_writer_gradient", "learned_slots"
LAYERS = {"middle_layers": "middle half", "last_layers": "last half", "all_layers": "all"}
ONE_AND_A_HALF, TWICE, FOUR_TIMES = "no_memory_1.5x", "no_memory_2x", "no_memory_4x"
LARGER = {ONE_AND_A_HALF: 3, TWICE: 4, FOUR_TIMES: 8}  # blocks, in halves of ours
INITS = {"no_memory_fan_in": "fan_in", "no_memory_gpt2": "gpt2"}  # stage 1 alone
REAL_MAIN, REAL_CONTROL = "memory_countries", "no_memory_countries"
REAL = {REAL_MAIN: MAIN, REAL_CONTROL: CONTROL}  # arms on real facts
THROUGHPUT = "throughput"
PLANTED_COPIES = "copies"  # the main arm's models, with copies of the test in the bank

LABELS = {
    MAIN: "memory in stage 2",
    CONTROL: "never any memory",
    FROM_START: "memory from the start",
    COMPUTE: "never any memory, equal compute",
    DENSE: "dense memory",
    SIXTEENTH: "R/16 by attention",
    SIXTEENTH_RANDOM: "R/16 at random",
    RAG: "references in the prompt",
    STOPPED: "no gradient into memories",
    LEARNED_SLOTS: "learned slots",
    "middle_layers": "memory in the middle half",
    "last_layers": "memory in the last half",
    "all_layers": "memory in all layers",
    ONE_AND_A_HALF: "never any memory, 1.5x blocks",
    TWICE: "never any memory, 2x blocks",
    FOUR_TIMES: "never any memory, 4x blocks",
    REAL_MAIN: "memory in stage 2, real facts",
    REAL_CONTROL: "never any memory, real facts",
    "no_memory_fan_in": "stage 1 from N(0, 1/fan_in)",
    "no_memory_gpt2": "stage 1 from N(0, 0.02²)",
}

# Width of a head: FAISS factory of a quantiser at the paper's rate (1.4 bits a number).
FACTORIES = {
    80: "OPQ20_80,Residual2x14,PQ8x10",  # 14 bytes, 11.4 times less than bfloat16
    64: "OPQ16_64,Residual2x12,PQ8x8",  # 11 bytes, 11.6 times
    32: "OPQ8_32,Residual2x8,PQ4x8",  # 6 bytes, 10.7 times
}


@dataclass(frozen=True, kw_only=True)
class ShapeConfig:
    """Shape of a Llama."""

    n_blocks: int
    d_model: int
    n_heads: int
    n_kv_heads: int
    d_hidden: int  # the paper: d_model
    # Convention of the initial weights, see nn.language_model; the paper does not say. With the
    # other two, copying within a text begins much later, and memories are not read before it does.
    init: str = "pytorch"

    @property
    def head_dim(self) -> int:
        """Width of a head."""
        return self.d_model // self.n_heads


@dataclass(frozen=True, kw_only=True)
class ReadingConfig:
    """What a model reads besides its text in a stage of training."""

    way: str = MEMORY  # MEMORY, PROMPT (references as text in front of it) or SLOTS
    kept_tokens: int = 8  # S
    selection: str = "softmax"  # rule that chooses the kept tokens
    first_layer: int = 0  # first block that reads memories
    n_layers: int = 1  # blocks that read memories
    previous: int = 4  # chunks before it whose references a chunk reads too; the paper: 4
    stop_gradient: bool = False  # do not train the writer through memories


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """One stage of training."""

    steps: int
    learning_rate: float  # at the end of the rise, constant until the last tenth
    reading: ReadingConfig | None = None  # None: the text alone


@dataclass(frozen=True, kw_only=True)
class RecipeConfig:
    """What all stages share (section F.2 of the paper: AdamW, warmup-stable-decay)."""

    batch_size: int = 32  # texts a step
    micro_batch_size: int | None = None  # texts a forward pass
    weight_decay: float = 0.1
    warmup_steps: int = 20  # linear rise from 0
    fall_share: float = 0.1  # last part of a stage, in which the rate falls linearly to 0
    compile: bool = False


@dataclass(frozen=True)
class ModelConfig:
    """All that determines the weights, but the seed."""

    world: WorldConfig
    shape: ShapeConfig
    recipe: RecipeConfig
    stages: tuple[StageConfig, ...]


@dataclass(frozen=True, kw_only=True)
class TestConfig:
    """What is measured, and on how much."""

    texts: int = 96  # texts of every split
    at_once: int = 96  # texts a forward pass
    curve_texts: int = 32  # texts of the learning curve
    curve_every: int = 25  # steps between its points
    kept_tokens: tuple[int, ...] = (1, 2, 4, 8, 16, 32)  # sizes of the sweep
    selections: tuple[str, ...] = (
        "softmax",
        "exponential",
        "masked",
        "key_norm",
        "last",
        "random",
    )  # rules of the sweep
    memories: tuple[int, ...] = (1, 2, 3, 5, 8)  # memories a chunk reads, one of them its own
    retrieved: int = 3  # references that a search finds for each chunk
    thresholds: tuple[float, ...] = (1.0, 0.9, 0.8, 2 / 3, 0.5)  # of the overlap filter; 1: none
    planted: float = 0.1  # share of passages of which a copy is planted in the bank
    shots: tuple[int, ...] = (0, 1, 2, 3)  # passages about others before the passage that counts
    codecs: tuple[str, ...] = ("", "PQ8x8", "PQ4x8", "PQ2x8")  # FAISS; "": the paper's form
    buckets: tuple[int, ...] = (1, 4, 16, 64, 256)  # first popularity rank of each bucket
    edited_every: int = 8  # every so many-th training entity has an edited card


@dataclass(frozen=True)
class MeasuredUnit:
    """A trained model and what is measured on it, but the seed."""

    model: ModelConfig
    test: TestConfig
    thorough: bool  # the main arm: also sweeps, distractors, shots, quantisers


@dataclass(frozen=True)
class CopiesUnit:
    """A trained model that reads from a bank with copies of its test, but the seed."""

    model: ModelConfig
    test: TestConfig


@dataclass(frozen=True, kw_only=True)
class ThroughputUnit:
    """Decoding with and without references, timed in one run; weights are random.

    Tokens a second do not depend on what the weights are, so this may take a larger shape than the
    profile can train.
    """

    shape: ShapeConfig
    vocab_size: int = 512
    reference_length: int = 128
    kept_tokens: int = 8
    n_memory_layers: int = 6
    chunk_length: int = 64
    memories: int = 5  # references a retrieval
    prompt: int = 128  # tokens in
    added: int = 128  # tokens out
    batch_size: int = 4  # the paper: 32
    timings: int = 9  # the first does not count


@dataclass(frozen=True)
class SparseMemoryProfile(Profile):
    """A complete way of running the experiment."""

    world: WorldConfig
    shape: ShapeConfig
    recipe: RecipeConfig
    test: TestConfig
    throughput: ThroughputUnit
    steps: tuple[int, int]  # of both stages
    learning_rates: tuple[float, float]  # of both stages
    kept_tokens: int  # S of all arms that the name does not give another one
    arms: tuple[str, ...] = field(default=(MAIN, CONTROL))  # the most informative first
    real_world: WorldConfig | None = None  # of the arms on real facts
    real_test: TestConfig | None = None


def reading(profile: SparseMemoryProfile, arm: str) -> ReadingConfig:
    """What an arm reads when it reads."""
    blocks, length = profile.shape.n_blocks, profile.world.reference_length
    half = blocks // 2
    base = ReadingConfig(kept_tokens=profile.kept_tokens, n_layers=half)
    return {
        DENSE: replace(base, kept_tokens=length),
        SIXTEENTH: replace(base, kept_tokens=max(1, length // 16)),
        SIXTEENTH_RANDOM: replace(base, kept_tokens=max(1, length // 16), selection="random"),
        RAG: replace(base, way=PROMPT),
        STOPPED: replace(base, stop_gradient=True),
        LEARNED_SLOTS: replace(base, way=SLOTS),
        "middle_layers": replace(base, first_layer=(blocks - half) // 2),
        "last_layers": replace(base, first_layer=blocks - half),
        "all_layers": replace(base, n_layers=blocks),
    }.get(arm, base)


def step_ratio(profile: SparseMemoryProfile) -> float:
    """Work of a step with memories against one without (section 3.6): 1 + (refs R Lm) / (T L)."""
    world = profile.world
    references = world.chunks * world.reference_length * (profile.shape.n_blocks // 2)
    return 1 + references / (world.chunks * world.chunk_length * profile.shape.n_blocks)


def model_config(profile: SparseMemoryProfile, arm: str) -> ModelConfig:
    """The model of an arm."""
    if arm in REAL:
        return model_config(replace(profile, world=profile.real_world), REAL[arm])
    shape = profile.shape
    if arm in LARGER:
        shape = replace(shape, n_blocks=LARGER[arm] * shape.n_blocks // 2)
    shape = replace(shape, init=INITS.get(arm, shape.init))
    read = None if arm.startswith(CONTROL) else reading(profile, arm)
    first, second = (
        StageConfig(steps=steps, learning_rate=rate)
        for steps, rate in zip(profile.steps, profile.learning_rates, strict=True)
    )
    if arm == FROM_START:
        first = replace(first, reading=read)
    if arm == COMPUTE:
        second = replace(second, steps=round(second.steps * step_ratio(profile)))
    second = replace(second, reading=read)
    stages = (first,) if arm in INITS else (first, second)
    return ModelConfig(profile.world, shape, profile.recipe, stages)


def test_of(profile: SparseMemoryProfile, arm: str) -> TestConfig:
    """What an arm is tested on."""
    return profile.real_test if arm in REAL else profile.test


def units(profile: SparseMemoryProfile) -> list[Unit]:
    """All units, arm by arm, then the copies and the timing."""
    measured = [
        Unit(
            NAME,
            arm,
            seed,
            MeasuredUnit(model_config(profile, arm), test_of(profile, arm), arm == MAIN),
        )
        for arm in profile.arms
        for seed in profile.seeds
    ]
    config = CopiesUnit(model_config(profile, MAIN), test_of(profile, MAIN))
    copies = [Unit(NAME, PLANTED_COPIES, seed, config) for seed in profile.seeds]
    return [*measured, *copies, Unit(NAME, THROUGHPUT, 0, profile.throughput, random=False)]
