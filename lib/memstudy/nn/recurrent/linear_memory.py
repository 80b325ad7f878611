"""Matrix-valued memories that decay: what linear attention, RetNet and GLA share.

A head keeps a matrix S, writes S_t = Diag(a_t) S_{t-1} + k_t v_tᵀ and reads o_t = S_tᵀ q_t. Time is
cut into chunks: inside a chunk each position reads the chunk's pairs directly, and what lies before
the chunk through S. Only factors exp(b_i - b_j) with b_i <= b_j occur (b: sum of log a), so nothing
overflows however strong the decay.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, pad

from memstudy.nn.leaky import full_precision
from memstudy.nn.recurrent.scan import linear_scan

CHUNK = 64  # steps per chunk with one decay per head
GATED_CHUNK = 16  # with one per channel of the key: (chunk, chunk, key_dim) numbers per head


def read_memory(query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor) -> Tensor:
    """o_t = Σ_{j<=t} (q_t · (a_{j+1} ⊙ ... ⊙ a_t ⊙ k_j)) v_j for all t, per head.

    Args:
        query: (batch, time, heads, key_dim).
        key: as query.
        value: (batch, time, heads, value_dim).
        log_decay: log a_t <= 0: (batch, time, heads, key_dim), or (heads,) for a constant decay.

    Returns:
        (batch, time, heads, value_dim), float32 at least.
    """
    query, key, value, log_decay = (full_precision(x) for x in (query, key, value, log_decay))
    time = query.shape[1]
    constant = log_decay.dim() == 1
    if constant:
        log_decay = log_decay[:, None].expand(1, time, -1, 1)
    size = min(CHUNK if constant else GATED_CHUNK, time)
    query, key, value, log_decay = (
        pad(x, (0, 0, 0, 0, 0, -time % size)).unflatten(1, (-1, size))
        for x in (query, key, value, log_decay)
    )  # (batch, n_chunks, size, heads, ...)
    since = log_decay.cumsum(2)  # b: log of the decay since the chunk began
    total = since[:, :, -1]  # (batch, n_chunks, heads, key_dim)
    inside = _read_chunk(query, key, value, since)
    written = torch.einsum("bnthk,bnthv->bnhkv", key * (total.unsqueeze(2) - since).exp(), value)
    states = linear_scan(total.exp().unsqueeze(-1), written)  # after each chunk
    before = pad(states[:, :-1], (0, 0, 0, 0, 0, 0, 1, 0))
    return (inside + torch.einsum("bnthk,bnhkv->bnthv", query * since.exp(), before)).flatten(1, 2)[
        :, :time
    ]


def _read_chunk(query: Tensor, key: Tensor, value: Tensor, since: Tensor) -> Tensor:
    """Read the pairs of the own chunk: shapes as in :func:`read_memory` after chunking."""
    size = query.shape[2]
    future = torch.ones(size, size, dtype=torch.bool, device=query.device).triu(1)
    gap = since.unsqueeze(3) - since.unsqueeze(2)  # (batch, n_chunks, i, j, heads, key_dim or 1)
    factor = gap.masked_fill(future[:, :, None, None], -torch.inf).exp()
    if factor.shape[-1] == 1:
        scores = torch.einsum("bnihk,bnjhk->bnijh", query, key) * factor.squeeze(-1)
    else:
        scores = (query.unsqueeze(3) * factor * key.unsqueeze(2)).sum(-1)
    return torch.einsum("bnijh,bnjhv->bnihv", scores, value)


def normalised_heads(x: Tensor) -> Tensor:
    """Each head to mean 0 and variance 1, (..., heads, value_dim) to (..., heads · value_dim).

    Without gain and bias: a map that follows takes up the gain.
    """
    return layer_norm(x, x.shape[-1:]).flatten(-2)
