"""Writing: read a reference alone, behind the prefix, and keep a few keys and values of each head.

No other text is in view, so a memory is made once and serves every text. The layers above the last
memory layer are not run, and of that layer only the projections.
"""

from __future__ import annotations

import torch
from torch import Tensor

from memstudy.nn.explicit import attention
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.explicit.selection import highest, token_scores
from memstudy.nn.language_model import LanguageModel


def write(
    decoder: LanguageModel,
    config: ExplicitMemoryConfig,
    references: Tensor,
    lengths: Tensor,
    generator: torch.Generator | None = None,
) -> Memories:
    """Memories of references.

    Gradients reach the decoder's weights through the kept keys and values; which tokens are kept is
    decided without gradient.

    Args:
        decoder: the language model that will read the memories.
        config: shape and rule of selection.
        references: (..., reference_length) token ids, padded on the right with any token.
        lengths: (...) real tokens of each; 0 gives a memory that holds nothing.
        generator: source of randomness of the rule ``"random"``, on the references' device.

    Returns:
        Memories with the leading shape of ``lengths``.

    Raises:
        ValueError: shapes that do not fit.
    """
    flat, real = flattened(config.reference_length, references, lengths)
    start = len(config.prefix)
    positions = torch.arange(config.text_start, device=flat.device)
    x = attention.embed(decoder, config.prefix, flat)
    pairs, tokens = [], []
    for number, block in enumerate(decoder.blocks[: config.memory_layers.stop]):
        raw_query, raw_key, value = attention.project(block, x)
        query, key = attention.turn(raw_query, raw_key, positions)
        if number in config.memory_layers:
            scores = token_scores(
                config.selection, raw_query[:, start:], raw_key[:, start:], real, generator
            )
            kept = highest(scores, config.kept_tokens)  # (references, kv_heads, slots)
            pairs.append(torch.stack([take(part[:, start:], kept) for part in (key, value)], 1))
            tokens.append(kept)
        if number + 1 < config.memory_layers.stop:
            found = attention.attend(block, query, key.transpose(1, 2), value.transpose(1, 2))
            x = attention.finish(block, x, found)
    if not pairs:
        raise ValueError("n_memory_layers is 0: there is nothing to write")
    return Memories(
        torch.stack(pairs, dim=1),
        lengths.reshape(-1).clamp(max=config.kept_tokens),
        torch.stack(tokens, dim=1),
    ).reshape(*lengths.shape)


def flattened(length: int, references: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """References in one row, and which of their tokens are real.

    Args:
        length: tokens of a padded reference.
        references: (..., length) tokens, padded on the right.
        lengths: (...) real tokens of each.

    Returns:
        (references, length) tokens, and as many booleans.

    Raises:
        ValueError: shapes that do not fit.
    """
    if references.shape != (*lengths.shape, length):
        raise ValueError(
            f"references {tuple(references.shape)} do not fit lengths {tuple(lengths.shape)} and "
            f"reference_length {length}; pad on the right"
        )
    time = torch.arange(length, device=references.device)
    return references.reshape(-1, length), time < lengths.reshape(-1, 1)


def take(x: Tensor, kept: Tensor) -> Tensor:
    """Kept tokens: (references, time, kv_heads, head_dim) and indices (references, kv_heads, slots)
    to (references, kv_heads, slots, head_dim).
    """
    return x.transpose(1, 2).take_along_dim(kept.unsqueeze(-1), dim=2)
