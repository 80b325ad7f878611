"""What knowledge costs to write and to read in each of three formats (section 2 and appendix A).

Text (retrieved and read as text each time), explicit memory (written once, read by attention) and
parameters (trained). Costs are floating-point operations of arithmetic alone, a multiplication and
an addition being two; disk, transfers, the embedding of queries and the search of an index are not
counted, and attention over n tokens counts the n²/2 pairs that a causal mask leaves. One *use* is
one piece retrieved and read by one chunk of text.
"""

from __future__ import annotations

from dataclasses import dataclass

FORMATS = ("text", "memory", "parameters")
BYTES_PER_NUMBER = 2  # bfloat16


@dataclass(frozen=True, kw_only=True)
class CostShape:
    """Everything that the cost formulas need to know of a model; the defaults are the paper's."""

    n_blocks: int = 44  # L
    n_heads: int = 40  # H
    n_kv_heads: int = 8  # H_kv
    head_dim: int = 80  # d_h; the width is d = H · d_h
    d_hidden: int = 3200  # W, inner width of the gated feed-forward network
    vocab_size: int = 60_416  # padded
    n_memory_layers: int = 22  # L_m
    reference_length: int = 128  # tokens of a piece of knowledge
    kept_tokens: int = 8  # tokens that its memory keeps for each head
    chunk_length: int = 64  # tokens of text that read a retrieved piece
    memories_per_chunk: int = 5  # pieces that a chunk reads
    context_length: int = 2048  # tokens of a training window

    @property
    def d_model(self) -> int:
        """Width of the residual stream."""
        return self.n_heads * self.head_dim

    @property
    def attention_weights(self) -> int:
        """Weights of a block's projections: query and output, key and value."""
        d, kv = self.d_model, self.head_dim * self.n_kv_heads
        return 2 * d * d + 2 * d * kv

    @property
    def feed_forward_weights(self) -> int:
        """Weights of a block's gated feed-forward network."""
        return 3 * self.d_model * self.d_hidden

    @property
    def non_embedding_parameters(self) -> int:
        """Weights of all blocks, norms left out."""
        return self.n_blocks * (self.attention_weights + self.feed_forward_weights)


PAPER = CostShape()


# --- operations (appendix A) -------------------------------------------------------------------


def parameter_write(s: CostShape, exposures: int = 1) -> float:
    """Operations of training on a piece: its share of forward and backward pass of a window.

    Args:
        s: the model.
        exposures: how often a piece must be trained on until it is known; the paper counts 1,
            which makes this a lower bound.
    """
    tokens, d = s.reference_length, s.d_model
    maps = tokens * (s.attention_weights + s.feed_forward_weights)
    attention = 2 * tokens * (s.context_length / 2) * d
    return exposures * 6 * (s.n_blocks * (maps + attention) + tokens * s.vocab_size * d)


def parameter_read(s: CostShape) -> float:
    """Operations of using what the parameters know: the paper counts none, in their favour."""
    return 0.0


def memory_write(s: CostShape) -> float:
    """Operations of writing one explicit memory: the memory layers, and the choice of tokens."""
    tokens, d, layers = s.reference_length, s.d_model, s.n_memory_layers
    attention = layers * (tokens * s.attention_weights + 2 * (tokens**2 / 2) * d)
    # Nobody needs the feed-forward network behind the last attention that is stored.
    feed_forward = (layers - 1) * tokens * s.feed_forward_weights
    choice = layers * tokens**2 * d
    return 2 * (attention + feed_forward + choice)


def memory_read(s: CostShape) -> float:
    """Operations of a chunk that attends to one memory."""
    return 2 * s.n_memory_layers * 2 * s.chunk_length * s.kept_tokens * s.d_model


def text_write(s: CostShape) -> float:
    """Text need not be prepared."""
    return 0.0


def text_read(s: CostShape) -> float:
    """Operations of reading a piece as text in the prompt, by one chunk and by itself."""
    tokens, d = s.reference_length, s.d_model
    attention = 2 * tokens * (tokens / 2 + s.chunk_length) * d
    maps = s.n_blocks * (tokens * s.attention_weights + attention)
    # Nobody reads what the last block makes of the piece's tokens.
    return 2 * (maps + (s.n_blocks - 1) * tokens * s.feed_forward_weights)


WRITE = {"text": text_write, "memory": memory_write, "parameters": parameter_write}
READ = {"text": text_read, "memory": memory_read, "parameters": parameter_read}


def total(s: CostShape, form: str, uses: float, exposures: int = 1, query: float = 0.0) -> float:
    """Operations of writing a piece in a format and using it (one term of eq. 1).

    Args:
        s: the model.
        form: one of :data:`FORMATS`.
        uses: expected number of uses.
        exposures: see :func:`parameter_write`.
        query: operations of embedding a query, for each piece that it retrieves; the paper: 0.
    """
    if form == "parameters":
        return parameter_write(s, exposures) + uses * parameter_read(s)
    return WRITE[form](s) + uses * (READ[form](s) + query)


def cheapest(s: CostShape, uses: float, exposures: int = 1, query: float = 0.0) -> str:
    """The format with the least operations for a number of uses; of equals the first."""
    return min(FORMATS, key=lambda form: total(s, form, uses, exposures, query))


def thresholds(s: CostShape, exposures: int = 1, query: float = 0.0) -> tuple[float, float]:
    """Numbers of uses between which explicit memory is the cheapest format.

    Arguments as in :func:`total`.

    Returns:
        Uses at which memory becomes cheaper than text, and at which parameters become cheaper than
        memory. Memory is never the cheapest where the second is below the first.
    """
    over_text = memory_write(s) / (text_read(s) - memory_read(s))
    saved = parameter_write(s, exposures) - memory_write(s)
    return over_text, saved / (memory_read(s) + query)


def text_or_parameters(s: CostShape, exposures: int = 1, query: float = 0.0) -> float:
    """Uses at which parameters become cheaper than text, were there no explicit memory."""
    return parameter_write(s, exposures) / (text_read(s) + query)


def forward(s: CostShape, tokens: int, mean_context: float) -> float:
    """Operations of tokens that attend to ``mean_context`` others on average, without the head."""
    weights = s.attention_weights + s.feed_forward_weights
    return 2 * s.n_blocks * tokens * (weights + 2 * mean_context * s.d_model)


def memory_read_share(s: CostShape, prompt: int = 128, added: int = 128) -> float:
    """Operations of reading memories over those of the text that reads them (remark 8)."""
    tokens = prompt + added
    reads = tokens / s.chunk_length * s.memories_per_chunk
    return reads * memory_read(s) / forward(s, tokens, tokens / 2)


def training_step_ratio(s: CostShape) -> float:
    """Work of a step of the second stage over one of the first: one reference for each chunk.

    Counts token-layers: references pass the memory layers only. Exact when tokens of both streams
    cost the same in a layer.
    """
    references = s.context_length / s.chunk_length
    extra = references * s.reference_length * s.n_memory_layers
    return 1 + extra / (s.context_length * s.n_blocks)


# --- bytes (section 3.3) -----------------------------------------------------------------------


def memory_bytes(s: CostShape, bytes_per_vector: float | None = None) -> int:
    """Bytes of one memory.

    Args:
        s: the model.
        bytes_per_vector: of a quantised key or value; None: bfloat16.
    """
    vector = BYTES_PER_NUMBER * s.head_dim if bytes_per_vector is None else bytes_per_vector
    return int(s.n_memory_layers * 2 * s.n_kv_heads * s.kept_tokens * vector)


@dataclass(frozen=True)
class Compression:
    """One step from all keys and values of a reference to its memory."""

    step: str  # what is left out
    factor: float  # bytes before over bytes after
    bytes_per_reference: int  # after the step


def compressions(s: CostShape, bytes_per_vector: int = 14) -> list[Compression]:
    """The paper's steps, from keys and values of every query head to the quantised memory.

    The first saving by heads is against a model that has as many key-value heads as query heads;
    see :func:`against_own_cache`.
    """
    vector = BYTES_PER_NUMBER * s.head_dim
    counts = [s.n_blocks, s.n_heads, s.reference_length, vector]
    changes = [
        ("all layers, heads and tokens", None, None),
        ("memory layers", 0, s.n_memory_layers),
        ("key-value heads", 1, s.n_kv_heads),
        ("kept tokens", 2, s.kept_tokens),
        ("vector quantisation", 3, bytes_per_vector),
    ]
    steps: list[Compression] = []
    for name, place, value in changes:
        if place is not None:
            counts[place] = value
        size = 2 * counts[0] * counts[1] * counts[2] * counts[3]
        before = steps[-1].bytes_per_reference if steps else size
        steps.append(Compression(name, before / size, size))
    return steps


def against_own_cache(s: CostShape) -> float:
    """Bytes of all keys and values that this model makes of a reference, over its memory's."""
    whole = s.n_blocks * 2 * s.n_kv_heads * s.reference_length * BYTES_PER_NUMBER * s.head_dim
    return whole / memory_bytes(s)
