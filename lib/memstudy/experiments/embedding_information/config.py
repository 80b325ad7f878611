"""Encoders, probes and profiles of the embedding experiment; torch is not needed here.

A unit is one encoder and everything that is measured on its vectors.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from memstudy.core.experiment import Profile
from memstudy.experiments.embedding_information.finite_language import FiniteConfig
from memstudy.language_models.config import TextConfig

NAME = "embedding_information"

TRANSFORMER = "transformer"
MIXER = "mixer"
FAMILIES = (TRANSFORMER, MIXER)

# What an encoder is trained for.
NOTHING = "nothing"
NEXT_TOKEN = "next token"
REGENERATION = "regeneration"
OBJECTIVES = (NOTHING, NEXT_TOKEN, REGENERATION)

# Probes, by the table of tokens that feeds the frozen blocks.
STRICT = "strict"  # the encoder's own table, frozen as its blocks are
OFFICIAL = "official"  # a new table, trained with the probe, as in the official code
ITSELF = "itself"  # no probe: the decoder with which an autoencoder was trained
TABLES = (STRICT, OFFICIAL)

# Further parts of the records.
ENCODER = "encoder"  # the training of the encoder itself
UNIGRAM = "unigram"  # what the frequencies of tokens alone give

# Splits of the records.
TEXT = "validation"  # held-out windows of the text
RANDOM = "random"  # uniformly drawn tokens

WORLD = "world"  # generated stories
STORIES = "stories"  # stories at hand

# Arms.
UNTRAINED = "untrained"
CAUSAL = "causal"
CONTRASTIVE = "contrastive"
AUTOENCODER = "autoencoder"
REPEAT = "autoencoder_repeat"
MIXER_AUTOENCODER = "mixer_autoencoder"
MIXER_REPEAT = "mixer_autoencoder_repeat"
MIXER_CAUSAL = "mixer_causal"
MIXER_UNTRAINED = "mixer_untrained"
ON_RANDOM = "autoencoder_on_random"
STORIES_UNTRAINED = f"{STORIES}_{UNTRAINED}"
STORIES_CAUSAL = f"{STORIES}_{CAUSAL}"
STORIES_AUTOENCODER = f"{STORIES}_{AUTOENCODER}"


def autoencoder_arm(length: int) -> str:
    """Name of the autoencoder of sequences of another length than the profile's own."""
    return f"{AUTOENCODER}_n{length}"


def width_arm(arm: str, d_model: int) -> str:
    """Name of an arm at another width than the profile's own."""
    return f"{arm}_d{d_model}"


def steps_arm(steps: int) -> str:
    """Name of a causal encoder that was trained for fewer steps than the profile's own."""
    return f"{CAUSAL}_{steps}_steps"


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Shape of an encoder, and of every decoder that is made for it."""

    family: str  # "transformer" (Llama) or "mixer" (masked mixer)
    d_model: int  # width
    n_heads: int  # heads of a layer; a mixer with one has no linear maps around its convolution
    n_blocks: int  # blocks of the encoder, and as many of the decoder
    kernel: int = 1  # of a mixer's convolution: features that a feature reads
    init: str = "gpt2"  # convention of the initial weights, see nn.language_model

    def __post_init__(self) -> None:
        """Refuse unknown families, and kernels where there is no convolution (ValueError)."""
        if self.family not in FAMILIES:
            raise ValueError(f"unknown family {self.family!r}; choose one of {', '.join(FAMILIES)}")
        if self.family == TRANSFORMER and self.kernel != 1:
            raise ValueError("a kernel belongs to mixers alone")

    def block_flops(self, length: int) -> int:
        """Operations of one block for each position of a sequence of ``length``.

        Products of matrices alone, a multiplication and an addition being two; what is masked is
        counted, as a dense product computes it.
        """
        d = self.d_model
        if self.family == TRANSFORMER:  # four maps, SwiGLU of three, scores and their use
            return 2 * (16 * d**2 + 2 * length * d)
        maps = 0 if self.n_heads == 1 else 2 * d**2
        return 2 * (8 * d**2 + maps + self.kernel * length * d)

    def stack_flops(self, length: int) -> int:
        """Operations of all blocks for each position."""
        return self.n_blocks * self.block_flops(length)


@dataclass(frozen=True, kw_only=True)
class RecipeConfig:
    """How something is trained: AdamW without decay, linear warm-up, linear fall to 0."""

    steps: int  # updates; the paper: 200,000
    step_tokens: int  # tokens an update, whatever the length of the sequences; the paper: 65,536
    learning_rate: float  # at the end of the warm-up; the paper: 2e-4 (transformers)
    warmup_steps: int  # the paper: 500
    evaluations: int = 4  # points of the learning curve after the first
    compile: bool = False  # torch.compile, block by block; pays on GPUs

    def batch_size(self, length: int) -> int:
        """Sequences a step."""
        return max(1, self.step_tokens // length)


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """Everything that determines an encoder, but the seed."""

    objective: str  # "nothing", "next token", "regeneration"
    text: TextConfig
    network: NetworkConfig
    length: int  # tokens of a training window; a limit for mixers alone
    recipe: RecipeConfig | None = None  # None: not trained
    spread: str = "unroll"  # regeneration: how the decoder gets the vector; or "repeat"
    random_tokens: bool = False  # trained on uniformly drawn tokens in place of the text

    def __post_init__(self) -> None:
        """Refuse unknown objectives, and trainings without recipe (ValueError)."""
        if self.objective not in OBJECTIVES:
            known = ", ".join(OBJECTIVES)
            raise ValueError(f"unknown objective {self.objective!r}; choose one of {known}")
        if (self.objective == NOTHING) != (self.recipe is None):
            raise ValueError("a recipe belongs to encoders that are trained, and to all of them")


@dataclass(frozen=True, kw_only=True)
class ContrastConfig:
    """Further training of an encoder: find the passage that a few words are from (InfoNCE)."""

    recipe: RecipeConfig  # of its passages a step one is right for a query; the paper: 32
    length: int  # tokens of a passage
    query_length: int = 7  # tokens of a query, cut out of its passage; the paper: 7-grams
    temperature: float = 0.02  # divides the cosines, as in the paper

    @property
    def passages(self) -> int:
        """Passages of a batch: one is right, the others are wrong."""
        return self.recipe.batch_size(self.length)


@dataclass(frozen=True, kw_only=True)
class ProbeConfig:
    """A fresh decoder that learns to regenerate sequences from a frozen encoder's vectors."""

    table: str  # "strict" or "official"
    length: int  # tokens of a sequence
    recipe: RecipeConfig  # the same for all encoders that are compared

    def __post_init__(self) -> None:
        """Refuse unknown tables (ValueError)."""
        if self.table not in TABLES:
            raise ValueError(f"unknown table {self.table!r}; choose one of {', '.join(TABLES)}")

    @property
    def part(self) -> str:
        """Name of what it measures in the records."""
        return part_name(self.table, self.length)


def part_name(decoder: str, length: int) -> str:
    """Which decoder read vectors of how long sequences, e.g. ``"strict 16"``."""
    return f"{decoder} {length}"


@dataclass(frozen=True, kw_only=True)
class InformationUnit:
    """Everything that determines one encoder and its measurements, but the seed."""

    encoder: EncoderConfig
    contrast: ContrastConfig | None = None  # None: no further training
    probes: tuple[ProbeConfig, ...] = ()
    evaluation_tokens: int = 32_768  # validation tokens that each decoder regenerates


@dataclass(frozen=True)
class InformationProfile(Profile):
    """A complete way of running the experiment."""

    texts: dict[str, TextConfig] = field(default_factory=dict)  # the first is the judged one
    network: NetworkConfig | None = None  # transformer of all arms but those of mixers and widths
    mixer: NetworkConfig | None = None
    length: int = 16  # tokens of the sequences on which encoders and autoencoders are compared
    judged_length: int = 64  # where BM-1, BM-3 and BM-5 are judged: one float a token (n = d)
    easy_length: int = 8  # where BM-2 is judged: tokens for which the vector has ample room
    hard_lengths: tuple[int, ...] = (64,)  # of further autoencoders, the judged one among them
    lengths: tuple[int, ...] = (16, 32, 64, 128)  # of the sweep (BM-4)
    widths: tuple[int, ...] = (16, 32)  # of further causal encoders, besides the network's own
    fewer_steps: tuple[int, ...] = ()  # of further causal encoders, besides the recipe's own
    causal: RecipeConfig | None = None
    regeneration: RecipeConfig | None = None
    easy: RecipeConfig | None = None  # of the autoencoder at the easy length; None: as the others
    hard: RecipeConfig | None = None  # of the autoencoders at hard lengths; None: as the others
    probe: RecipeConfig | None = None
    contrast: RecipeConfig | None = None
    beside_once: bool = False  # arms that stand beside the judged ones are run with one seed
    mixer_extras: bool = False  # repeat for a mixer's decoder too, which the paper prefers at n = d
    evaluation_tokens: int = 32_768
    finite: FiniteConfig = field(default_factory=FiniteConfig)

    @property
    def window(self) -> int:
        """Tokens that a causal encoder is trained on: all that its probes need."""
        return max(*self.lengths, self.judged_length)


def head_flops(network: NetworkConfig, vocab_size: int) -> int:
    """Operations of the head for each position."""
    return 2 * vocab_size * network.d_model


def decoder_flops(network: NetworkConfig, length: int, vocab_size: int, spread: str) -> int:
    """Operations of unrolling, decoder and head for each position."""
    window = network.d_model**2 if spread == "unroll" else 0
    return window + network.stack_flops(length) + head_flops(network, vocab_size)


def autoencoder_flops(
    network: NetworkConfig, length: int, vocab_size: int, spread: str = "unroll"
) -> int:
    """Operations of an autoencoder's forward pass for each position."""
    return network.stack_flops(length) + decoder_flops(network, length, vocab_size, spread)


def training_flops(made: EncoderConfig, vocab_size: int) -> int:
    """Operations of a training step of an encoder for each position.

    A backward pass has twice the operations of a forward pass.
    """
    network, length = made.network, made.length
    if made.objective == NOTHING:
        return 0
    if made.objective == REGENERATION:
        return 3 * autoencoder_flops(network, length, vocab_size, made.spread)
    return 3 * (network.stack_flops(length) + head_flops(network, vocab_size))


def probe_flops(probe: ProbeConfig, network: NetworkConfig, vocab_size: int) -> int:
    """Operations of a training step of a probe for each position.

    Under the strict probe frozen blocks are only passed forward; under the official one the
    gradient flows back through them to the table, but their weights need none.
    """
    passes = 1 if probe.table == STRICT else 2
    decoder = decoder_flops(network, probe.length, vocab_size, "unroll")
    return passes * network.stack_flops(probe.length) + 3 * decoder
