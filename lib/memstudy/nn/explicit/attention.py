"""One block of a rotary transformer, taken apart: writer and reader work between its two halves.

All that this package needs from inside a block is here.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from memstudy.nn.block import Block
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.positions import rotate


def embed(decoder: LanguageModel, prefix: tuple[int, ...], tokens: Tensor) -> Tensor:
    """Embedded prefix and tokens: (batch, time) to (batch, len(prefix) + time, d_model)."""
    constant = torch.tensor(prefix, device=tokens.device).expand(len(tokens), -1)
    together = torch.cat((constant, tokens), dim=1)
    return decoder._embed(together, torch.arange(together.shape[1], device=tokens.device))


def project(block: Block, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Query, key and value *before* rotation.

    Args:
        block: the block.
        x: (batch, time, d_model) the residual stream that enters it.

    Returns:
        (batch, time, heads, head_dim) and twice (batch, time, kv_heads, head_dim).
    """
    origin = torch.zeros(x.shape[1], dtype=torch.long, device=x.device)  # turns by nothing
    return block.context_layer._project(block.context_norm(x), origin)


def project_at(block: Block, x: Tensor, positions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """:func:`project` with query and key rotated to ``positions``, (time,) or (batch, time)."""
    return block.context_layer._project(block.context_norm(x), positions)


def turn(query: Tensor, key: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Rotate what :func:`project` gave to ``positions``, (time,) or (batch, time)."""
    return rotate(query, positions), rotate(key, positions)


def attend(
    block: Block, query: Tensor, keys: Tensor, values: Tensor, allowed: Tensor | None = None
) -> Tensor:
    """Attention with one soft-max over all slots, and the block's output map.

    Args:
        block: gives scale, dropout and output map.
        query: (batch, time, heads, head_dim).
        keys: (batch, kv_heads, slots, head_dim).
        values: as ``keys``.
        allowed: (batch or 1, 1, time, slots) True where a query may read a slot; None: causal, and
            the slots are the querying positions.

    Returns:
        (batch, time, d_model).
    """
    layer = block.context_layer
    group = query.shape[2] // keys.shape[1]
    if group > 1:  # fused kernels take a mask or grouped heads, not both
        keys, values = (x.repeat_interleave(group, dim=1) for x in (keys, values))
    found = scaled_dot_product_attention(
        query.transpose(1, 2),
        keys,
        values,
        attn_mask=allowed,
        dropout_p=layer.attention_dropout if layer.training else 0.0,
        is_causal=allowed is None,
        scale=layer.scale,
    )  # (batch, heads, time, head_dim)
    return layer.output(found.transpose(1, 2).flatten(2))


def finish(block: Block, x: Tensor, attended: Tensor) -> Tensor:
    """The block's output from its input and what its attention found; shapes as ``x``."""
    x = x + block._drop(attended)
    return x + block._drop(block.token_layer(block.token_norm(x)))
