"""The shapes that costs are computed for, and the reader's own; torch is not needed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from memstudy.core.errors import UsageError
from memstudy.experiments.sparse_memory.costs import (
    PAPER,
    CostShape,
    against_own_cache,
    memory_bytes,
    text_or_parameters,
    thresholds,
)

# A model that one GPU trains in minutes; references, chunks and memories are the paper's.
MEDIUM = CostShape(
    n_blocks=12,
    n_heads=8,
    n_kv_heads=2,
    head_dim=64,
    d_hidden=512,
    vocab_size=4096,
    n_memory_layers=6,
    context_length=512,
)
# A model that one CPU core trains in minutes, on references of a sentence.
SMALL = CostShape(
    n_blocks=6,
    n_heads=4,
    n_kv_heads=2,
    head_dim=32,
    d_hidden=128,
    vocab_size=512,
    n_memory_layers=3,
    reference_length=32,
    kept_tokens=4,
    chunk_length=16,
    context_length=64,
)
SHAPES = {"paper": PAPER, "medium": MEDIUM, "small": SMALL}


def chosen(sizes: Mapping[str, int]) -> CostShape:
    """The paper's shape with other sizes.

    Args:
        sizes: by the names of :class:`CostShape`'s fields.

    Raises:
        UsageError: a name that is none, or sizes that no model can have.
    """
    known = [field.name for field in fields(CostShape)]
    for name, size in sizes.items():
        if name not in known:
            raise UsageError(f"a shape has no {name!r}; choose among {', '.join(known)}")
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise UsageError(f"{name} is {size!r}; it must be a whole number of at least 1")
    shape = replace(PAPER, **sizes)
    parts = (
        ("kept_tokens", "reference_length"),
        ("n_memory_layers", "n_blocks"),
        ("reference_length", "context_length"),
    )
    for part, whole in parts:
        if getattr(shape, part) > getattr(shape, whole):
            raise UsageError(
                f"{part} {getattr(shape, part)} exceeds {whole} {getattr(shape, whole)}; "
                "it is a part of it (what you leave out has the paper's size)"
            )
    if shape.n_heads % shape.n_kv_heads:
        raise UsageError(
            f"n_heads {shape.n_heads} is not a multiple of n_kv_heads {shape.n_kv_heads}; "
            "every key-value head serves the same number of query heads"
        )
    return shape


def query_operations(shape: CostShape, encoder_parameters: float) -> float:
    """Operations of embedding a chunk as a query, for each reference that it retrieves.

    Args:
        shape: gives the tokens of a chunk and the references that it retrieves.
        encoder_parameters: of the embedding model, its embedding table left out; attention of the
            encoder is not counted.
    """
    return 2 * encoder_parameters * shape.chunk_length / shape.memories_per_chunk


# Weights of embedding models beside their embedding tables: 12 d² in each of their blocks.
LARGE_ENCODER = 12 * 1024**2 * 24.0
ENCODERS = {
    "none counted, as in the paper": 0.0,
    "10.6 M weights (6 blocks, d 384)": 12 * 384**2 * 6.0,
    "0.3 B weights (24 blocks, d 1024)": LARGE_ENCODER,
}


@dataclass(frozen=True)
class Variant:
    """What the interval in which memory is the cheapest format may depend on."""

    name: str
    shape: CostShape = PAPER
    exposures: int = 1  # how often a piece is trained on until it is known
    encoder_parameters: float = 0.0  # of the model that embeds queries

    @property
    def interval(self) -> tuple[float, float]:
        """Numbers of uses between which memory is the cheapest."""
        query = query_operations(self.shape, self.encoder_parameters)
        return thresholds(self.shape, self.exposures, query)


VARIANTS = (
    Variant("the paper's"),
    Variant("100 exposures", exposures=100),
    Variant("encoder of 0.3 B weights", encoder_parameters=LARGE_ENCODER),
    Variant("100 exposures, that encoder", exposures=100, encoder_parameters=LARGE_ENCODER),
    Variant("all 44 layers", replace(PAPER, n_memory_layers=44)),
    Variant("all 128 tokens", replace(PAPER, kept_tokens=128)),
    Variant("our 12 blocks", MEDIUM),
    Variant("our 6 blocks", SMALL),
)


def advice(shape: CostShape, exposures: int = 1, encoder_parameters: float = 0.0) -> list[str]:
    """Where each format is the cheapest, and what a memory weighs, in words.

    Args:
        shape: the model.
        exposures: how often a piece is trained on until it is known.
        encoder_parameters: of the model that embeds queries; 0: not counted, as in the paper.

    Raises:
        UsageError: fewer exposures than one, or a negative number of parameters.
    """
    if exposures < 1 or encoder_parameters < 0:
        raise UsageError(
            f"{exposures} exposures and {encoder_parameters:g} parameters of an encoder make no "
            "sense; a piece is trained on once at least, and 0 parameters count no encoder"
        )
    lower, upper = Variant("", shape, exposures, encoder_parameters).interval
    if lower < upper:
        lines = [
            f"text is cheapest below           {lower:,.3g} uses",
            f"memory is cheapest between       {lower:,.3g} and {upper:,.0f} uses",
            f"parameters are cheapest above    {upper:,.0f} uses",
        ]
    else:
        query = query_operations(shape, encoder_parameters)
        between = text_or_parameters(shape, exposures, query)
        lines = [
            "memory is never the cheapest",
            f"text below, parameters above     {between:,.3g} uses",
        ]
    size = memory_bytes(shape)
    return [
        *lines,
        f"bytes of a memory (bfloat16)     {size:,}",
        f"KV cache over memory             {against_own_cache(shape):,.3g}",
        f"memory over text (2 bytes/token) {size / (2 * shape.reference_length):,.0f}",
    ]
