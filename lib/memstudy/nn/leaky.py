"""The leaky average over time (eq. 7 of Memory Mosaics), in chunks.

The average is a linear recurrence with one coefficient per head. A loop over time is slow, the
T x T matrix of powers is quadratic, and dividing a cumulative sum by powers overflows. Here time is
cut into short chunks: inside a chunk a small triangular matrix of powers does the work, and what
one chunk hands to the next is again a leaky average, of the chunk ends, with the coefficient
``leak ** chunk``. Only powers with exponents >= 0 of a number <= 1 occur, so nothing overflows and
``leak = 1`` (a plain cumulative sum) is as exact as any other value.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

# Steps per chunk. 16 and 32 are equally fast at 256 to 1,536 steps; 32 needs fewer levels.
CHUNK = 32


def leaky_average(x: Tensor, leak: Tensor) -> Tensor:
    """Leaky average k̄_T = x_T + leak · k̄_{T-1} along time (second half of eq. 7).

    Computed in float32 (float64 if ``x`` is), inside autocast too: powers of ``leak`` in bfloat16
    make its gradient wrong by more than a tenth.

    Args:
        x: (batch, time, heads, head_dim), any length of time from 1 on.
        leak: (heads,) coefficient λ_φ of each head, from 0 (no memory) to 1 (plain sum).

    Returns:
        Tensor of the shape of ``x``. The sum starts at position 0 with weight 1 for each ``x_T``;
        a factor such as (1 - leak) would be erased by the normalisation that follows in eq. 7.
    """
    return _LeakyAverage.apply(full_precision(x), full_precision(leak))


def full_precision(x: Tensor) -> Tensor:
    """``x`` in float32, or as it is when it has more bits than that."""
    return x if x.dtype == torch.float64 else x.float()


class _LeakyAverage(torch.autograd.Function):
    """The adjoint of a leaky average is a leaky average that runs backwards in time."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, leak: Tensor) -> Tensor:
        return scan(x, leak)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ctx.save_for_backward(inputs[1], output)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor]:
        leak, average = ctx.saved_tensors
        adjoint = scan(grad, leak, reverse=True)
        # d k̄_T / d leak at fixed past is k̄_{T-1}.
        return adjoint, (adjoint[:, 1:] * average[:, :-1]).sum((0, 1, 3))


def scan(x: Tensor, leak: Tensor, reverse: bool = False) -> Tensor:
    """Leaky average without gradients, from the end of time backwards if ``reverse``.

    Args:
        x: (batch, time, heads, head_dim), float32 or float64.
        leak: (heads,) of the same dtype.
        reverse: run backwards: y_T = x_T + leak · y_{T+1}.
    """
    batch, time, heads, head_dim = x.shape
    size = min(CHUNK, time)
    n_chunks = -(-time // size)
    if n_chunks * size > time:
        x = pad(x, (0, 0, 0, 0, 0, n_chunks * size - time))
    chunks = x.reshape(batch, n_chunks, size, heads, head_dim)
    powers = leak.unsqueeze(1) ** torch.arange(size + 1, device=x.device)  # (heads, size + 1)
    with torch.autocast(x.device.type, enabled=False):
        weights = _triangle(powers)
        inside = torch.einsum("hij,bnjhp->bnihp", weights.mT if reverse else weights, chunks)
        if n_chunks > 1:
            # What a chunk passes on is its last (first) entry, leaked over the steps since then.
            ends = inside[:, 1:, 0] if reverse else inside[:, :-1, -1]
            carried = scan(ends, powers[:, -1], reverse)  # (batch, n_chunks - 1, heads, head_dim)
            reach = powers[:, 1:].T[None, None, :, :, None]
            receivers = inside[:, :-1] if reverse else inside[:, 1:]
            receivers.addcmul_(reach.flip(2) if reverse else reach, carried.unsqueeze(2))
    return inside.reshape(batch, n_chunks * size, heads, head_dim)[:, :time]


def _triangle(powers: Tensor) -> Tensor:
    """(heads, size, size) with leak ** (i - j) where i >= j and 0 elsewhere."""
    steps = torch.arange(powers.shape[1] - 1, device=powers.device)
    distance = steps.unsqueeze(1) - steps
    return powers[:, distance.clamp(min=0)].tril()
