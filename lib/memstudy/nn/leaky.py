"""The leaky average over time (eq. 7 of Memory Mosaics), in chunks.

The average is a linear recurrence with one coefficient per head. A loop over time is slow, the
T x T matrix of powers is quadratic, and dividing a cumulative sum by powers overflows. Here time is
cut into short chunks that are averaged all at once, each from zero, and what one chunk hands to the
next is again a leaky average, of the chunk ends, with the coefficient ``leak ** chunk``. Only
powers with exponents >= 0 of a number <= 1 occur, so nothing overflows and ``leak = 1`` (a plain
cumulative sum) is as exact as any other value.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import pad

# Steps per chunk: 16 and 32 are about equally fast at 256 to 1,536 steps, 8 and 64 slower.
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


def scan(x: Tensor, leak: Tensor, reverse: bool = False, overwrite: bool = False) -> Tensor:
    """Leaky average without gradients, from the end of time backwards if ``reverse``.

    Args:
        x: (batch, time, heads, head_dim), float32 or float64.
        leak: (heads,) of the same dtype.
        reverse: run backwards: y_T = x_T + leak · y_{T+1}.
        overwrite: the memory of ``x`` may be used for the result.
    """
    time = x.shape[1]
    size = min(CHUNK, time)
    if time % size:
        x, overwrite = pad(x, (0, 0, 0, 0, 0, -time % size)), True
    chunks = x.unflatten(1, (-1, size))  # (batch, n_chunks, size, heads, head_dim)
    if x.device.type == "cpu":
        chunks = _average_step_by_step(chunks if overwrite else chunks.clone(), leak, reverse)
    else:
        chunks = _average_by_product(chunks, leak, reverse)
    if time > size:
        # A chunk passes on its last average (first, if reverse), leaked over the steps since then.
        powers = leak ** torch.arange(1, size + 1, device=x.device).unsqueeze(1)  # (size, heads)
        ends = chunks[:, 1:, 0] if reverse else chunks[:, :-1, -1]
        carried = scan(ends, powers[-1], reverse)  # (batch, n_chunks - 1, heads, head_dim)
        receivers = chunks[:, :-1] if reverse else chunks[:, 1:]
        reach = (powers.flip(0) if reverse else powers).unsqueeze(-1)
        receivers.addcmul_(carried.unsqueeze(2), reach)
    return chunks.flatten(1, 2)[:, :time]


def _average_step_by_step(chunks: Tensor, leak: Tensor, reverse: bool) -> Tensor:
    """Average each chunk in place: few passes over memory, for CPUs (2 to 3 times as fast)."""
    steps = chunks.unbind(2)
    if reverse:
        steps = steps[::-1]
    # As wide as a step, so that each product runs over one long row: a fifth faster.
    wide = leak.unsqueeze(-1).expand(chunks.shape[-2:]).contiguous()
    for before, now in pairwise(steps):
        now.addcmul_(before, wide)
    return chunks


def _average_by_product(chunks: Tensor, leak: Tensor, reverse: bool) -> Tensor:
    """Average each chunk with a triangular matrix of powers: few launches, for GPUs."""
    steps = torch.arange(chunks.shape[2], device=chunks.device)
    distance = steps.unsqueeze(1) - steps
    powers = (leak[:, None, None] ** distance.clamp(min=0)).tril()  # (heads, size, size)
    with torch.autocast(chunks.device.type, enabled=False):
        return torch.einsum("hij,bnjhp->bnihp", powers.mT if reverse else powers, chunks)
