"""What determines a trained language model: text, shape, recipe; torch is not needed here."""

from __future__ import annotations

from dataclasses import asdict, dataclass

MOSAIC = "mosaic"
TRANSFORMER = "transformer"
FAMILIES = (MOSAIC, TRANSFORMER)


@dataclass(frozen=True, kw_only=True)
class TextConfig:
    """The text that a model is trained and validated on."""

    corpus: str  # entry of data/corpora.toml, with the splits "train" and "validation"
    tokenizer: str  # "gpt2" or "bpe-SIZE@CORPUS"
    train_documents: int | None = None  # first documents of the split; None: all
    validation_documents: int | None = None  # first documents of the split; None: all


@dataclass(frozen=True, kw_only=True)
class ShapeConfig:
    """Shape of a model of either family; the last three fields are the mosaic's ablations."""

    family: str  # "mosaic" or "transformer"
    d_model: int  # width of the residual stream
    n_heads: int  # heads of each layer
    n_blocks: int  # blocks, two layers each
    context_length: int  # tokens of a training window
    position: str = "absolute"  # of a transformer: "absolute", "rope", "alibi", "none"
    attention_dropout: float = 0.0  # on attention weights
    dropout: float = 0.0  # on what a layer adds; in a transformer on the embedded tokens too
    token_layer: str = "persistent"  # "mlp": a feed-forward network of the same size (MM-A1)
    leaky: bool = True  # False: keys without leaky average (MM-A2)
    look_ahead: bool = True  # False: values without the next input (MM-A3)

    def __post_init__(self) -> None:
        """Refuse unknown families, and settings that the family does not have (ValueError)."""
        if self.family not in FAMILIES:
            raise ValueError(f"unknown family {self.family!r}; choose one of {', '.join(FAMILIES)}")
        ablated = self.token_layer != "persistent" or not (self.leaky and self.look_ahead)
        if self.family == TRANSFORMER and ablated:
            raise ValueError("token_layer, leaky and look_ahead belong to the mosaic alone")
        if self.family == MOSAIC and self.position != "absolute":
            raise ValueError("a mosaic has no positions; leave `position` as it is")


@dataclass(frozen=True, kw_only=True)
class ConventionShapeConfig(ShapeConfig):
    """A shape whose weights start in a convention that is not the family's own."""

    init: str  # "fan_in" (the mosaic's own) or "gpt2" (the transformer's own)


def with_convention(shape: ShapeConfig, init: str) -> ConventionShapeConfig:
    """The same shape with weights that start in the convention ``init``."""
    return ConventionShapeConfig(**(asdict(shape) | {"init": init}))


@dataclass(frozen=True, kw_only=True)
class RecipeConfig:
    """How a model is trained: AdamW, linear warm-up, cosine (section C.3)."""

    steps: int  # updates; the paper: 80,000
    batch_size: int  # windows a step; the paper: 512
    learning_rate: float  # at the end of the warm-up; the paper: 5e-3
    final_learning_rate: float  # at the last step; the paper: 1e-4
    warmup_steps: int  # linear from 0; the paper: 2,000
    evaluate_every: int  # steps between two evaluations; the paper: 2,000
    evaluation_windows: int  # windows of each split an evaluation; the paper: 5,120
    weight_decay: float = 0.1  # on tensors of two and more dimensions
    micro_batch_size: int | None = None  # windows a forward pass; None: the whole batch
    compile: bool = False  # torch.compile, block by block; pays on GPUs


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Everything that determines a trained model, but the seed."""

    text: TextConfig
    shape: ShapeConfig
    recipe: RecipeConfig

    @property
    def tokens_seen(self) -> int:
        """Tokens that the training reads, repetitions counted."""
        return self.recipe.steps * self.recipe.batch_size * self.shape.context_length
