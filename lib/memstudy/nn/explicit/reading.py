"""Reading: some layers attend to memories and context with one soft-max (eq. 4 of the paper).

    out_i = softmax(q_i · [K_0; K_1; ...; K_context(≤ i)]ᵀ / √d) [V_0; V_1; ...; V_context(≤ i)] W_O

Text is cut into chunks and a table says which memories each chunk reads. All chunks are computed in
one pass: the memories that any chunk of a text reads stand in front of the text's keys, and a mask
follows the table.
"""

from __future__ import annotations

import torch
from torch import Tensor

from memstudy.nn.explicit import attention
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.language_model import LanguageModel


def chunk_of(index: Tensor, chunk_length: int) -> Tensor:
    """Chunk of each text token; token 0, the beginning of the sequence, belongs to chunk 0.

    Args:
        index: integers, 0 for the beginning-of-sequence token.
        chunk_length: tokens of a chunk, counted from token 1.
    """
    return (index - 1).clamp(min=0) // chunk_length


def n_chunks(time: int, chunk_length: int) -> int:
    """Chunks of a text of ``time`` tokens, the beginning of the sequence included."""
    return max(time - 2, 0) // chunk_length + 1


def reading_table(
    n_chunks: int, per_chunk: int = 1, previous: int = 0, lag: int = 0, device=None
) -> Tensor:
    """Which chunk reads which reference, when each chunk has retrieved ``per_chunk`` references.

    Reference r was retrieved by chunk r // per_chunk. A chunk reads what it has retrieved itself
    and what the ``previous`` chunks have. The paper trains with ``reading_table(n, 1, 4)`` and
    reads prompts with ``reading_table(n, 5)``.

    Args:
        n_chunks: chunks of the text.
        per_chunk: references that each chunk retrieved.
        previous: how many chunks before it a chunk shares references with.
        lag: 1 takes away the look-ahead: a chunk whose own tokens were the query reads the result
            only from the next chunk on, so that no token is predicted from a reference that was
            chosen by that token or a later one.
        device: of the result.

    Returns:
        (n_chunks, n_chunks · per_chunk) booleans.
    """
    owner = torch.arange(n_chunks * per_chunk, device=device) // per_chunk
    age = torch.arange(n_chunks, device=device).unsqueeze(1) - owner - lag
    return (age >= 0) & (age <= previous)


def hidden(
    decoder: LanguageModel,
    config: ExplicitMemoryConfig,
    tokens: Tensor,
    memories: Memories | None = None,
    table: Tensor | None = None,
    kept_pairs: list[tuple[Tensor, Tensor]] | None = None,
) -> Tensor:
    """Final hidden states of a text that reads memories.

    Args:
        decoder: the language model.
        config: shape.
        tokens: (batch, time) texts, each beginning with the beginning-of-sequence token.
        memories: of shape (batch, references); None: the text stands behind the prefix alone.
        table: (chunks, references) or (batch, chunks, references), True where a chunk reads a
            reference; None: every chunk reads every reference.
        kept_pairs: a list that receives keys and values of each block, for decoding:
            (batch, len(prefix) + time, kv_heads, head_dim) twice.

    Returns:
        (batch, time, d_model); the prefix is cut off.

    Raises:
        ValueError: memories or a table that do not fit the text.
    """
    prefix_length, time = len(config.prefix), tokens.shape[1]
    x = attention.embed(decoder, config.prefix, tokens)
    positions = torch.arange(prefix_length + time, device=tokens.device)
    positions[prefix_length:] += config.reference_length
    allowed = None
    if memories is not None and config.n_memory_layers:
        allowed = _allowed(config, tokens, memories, table)
    for number, block in enumerate(decoder.blocks):
        query, key, value = attention.project_at(block, x, positions)
        if kept_pairs is not None:
            kept_pairs.append((key, value))
        key, value = key.transpose(1, 2), value.transpose(1, 2)
        if allowed is not None and number in config.memory_layers:
            stored = memories.layer(number - config.first_memory_layer)
            key, value = (
                torch.cat((old.to(new.dtype), new), dim=2)
                for old, new in zip(stored, (key, value), strict=True)
            )
            found = attention.attend(block, query, key, value, allowed)
        else:
            found = attention.attend(block, query, key, value)
        x = attention.finish(block, x, found)
    return decoder.final_norm(x)[:, prefix_length:]


def readable(
    config: ExplicitMemoryConfig, tokens: Tensor, memories: Memories, table: Tensor | None
) -> Tensor:
    """Which slots of memories each token of a text may read; arguments as :func:`hidden`'s.

    Returns:
        (batch, time, references · slots) booleans.

    Raises:
        ValueError: memories or a table that do not fit the text.
    """
    _check(config, tokens, memories, table)
    batch, time = tokens.shape
    if table is None:
        shape = (batch, time, memories.shape[1])
        reads = torch.ones(shape, dtype=torch.bool, device=tokens.device)
    else:
        table = table.expand(batch, -1, -1) if table.dim() == 2 else table
        chunk = chunk_of(torch.arange(time, device=tokens.device), config.chunk_length)
        reads = table[:, chunk]  # (batch, time, references)
    return (reads.unsqueeze(-1) & memories.filled.unsqueeze(1)).flatten(2)


def _allowed(
    config: ExplicitMemoryConfig, tokens: Tensor, memories: Memories, table: Tensor | None
) -> Tensor:
    """(batch, 1, prefix + time, references · slots + prefix + time) what a query may read."""
    batch, time = tokens.shape
    prefix_length, device = len(config.prefix), tokens.device
    # The prefix reads nothing but itself: its keys and values are the same before every text.
    slots = readable(config, tokens, memories, table)
    slots = torch.nn.functional.pad(slots, (0, 0, prefix_length, 0))
    length = prefix_length + time
    causal = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    return torch.cat((slots, causal.expand(batch, -1, -1)), dim=2).unsqueeze(1)


def _check(
    config: ExplicitMemoryConfig, tokens: Tensor, memories: Memories, table: Tensor | None
) -> None:
    batch, time = tokens.shape
    if len(memories.shape) != 2 or memories.shape[0] != batch:
        raise ValueError(
            f"memories of shape {tuple(memories.shape)} do not fit {batch} texts; "
            "expected (texts, references)"
        )
    if memories.pairs.shape[2] != config.n_memory_layers:
        raise ValueError(
            f"the memories have {memories.pairs.shape[2]} layers, the model reads them in "
            f"{config.n_memory_layers}"
        )
    if table is None:
        return
    chunks = n_chunks(time, config.chunk_length)
    if (
        table.dim() not in (2, 3)
        or table.shape[-1] != memories.shape[1]
        or table.shape[-2] < chunks
    ):
        raise ValueError(
            f"the table {tuple(table.shape)} does not fit {chunks} chunks and "
            f"{memories.shape[1]} references; expected (chunks, references) or "
            "(texts, chunks, references)"
        )
