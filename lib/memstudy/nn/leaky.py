"""The leaky average over time and the key features made from it (eq. 7 of Memory Mosaics).

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

# Steps per chunk: 16 and 32 are equally fast for 256 to 1536 steps, 8 and 64 are slower.
CHUNK = 16

# Added to squared norms, so that a zero vector stays zero and has a finite gradient.
NORM_EPSILON = 1e-12


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


def scaled_unit(x: Tensor, scale: Tensor) -> Tensor:
    """``scale`` · Norm(x) with Norm(x) = x / ‖x‖ in each head (eq. 7).

    Args:
        x: (..., heads, head_dim).
        scale: (heads,) length that the result has in each head.

    Returns:
        Tensor of the shape of ``x``, in float32 at least. A zero vector gives zero.
    """
    return _ScaledUnit.apply(full_precision(x), full_precision(scale))[0]


def full_precision(x: Tensor) -> Tensor:
    """``x`` in float32, or as it is when it has more bits than that."""
    return x if x.dtype == torch.float64 else x.float()


class _LeakyAverage(torch.autograd.Function):
    """The adjoint of a leaky average is a leaky average that runs backwards in time."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, leak: Tensor) -> Tensor:
        return _scan(x, leak)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ctx.save_for_backward(inputs[1], output)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor]:
        leak, average = ctx.saved_tensors
        adjoint = _scan(grad, leak, reverse=True)
        # d k̄_T / d leak at fixed past is k̄_{T-1}.
        grad_leak = (adjoint[:, 1:] * average[:, :-1]).sum((0, 1, 3))
        return adjoint, grad_leak


class _ScaledUnit(torch.autograd.Function):
    """Keeps its output and one number per vector; the input is not needed again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        inverse_norm = (x.square().sum(-1) + NORM_EPSILON).rsqrt()
        return x * (inverse_norm * scale).unsqueeze(-1), inverse_norm

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(inputs[1], *output)

    @staticmethod
    def backward(ctx, grad: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
        scale, output, inverse_norm = ctx.saved_tensors
        along = (grad * output).sum(-1) / scale  # (..., heads): gradient along the unit vector
        # d (x/‖x‖) removes the part along x: scale/‖x‖ · (grad - unit · <grad, unit>).
        factor = inverse_norm.unsqueeze(-1)
        grad_x = grad * (factor * scale.unsqueeze(-1)) - output * (factor * along.unsqueeze(-1))
        return grad_x, along.flatten(0, -2).sum(0)


def _scan(x: Tensor, leak: Tensor, reverse: bool = False) -> Tensor:
    """Leaky average of (batch, time, heads, head_dim), from the end backwards if ``reverse``."""
    batch, time, heads, head_dim = x.shape
    size = min(CHUNK, time)
    n_chunks = -(-time // size)
    if n_chunks * size > time:
        x = torch.nn.functional.pad(x, (0, 0, 0, 0, 0, n_chunks * size - time))
    chunks = x.reshape(batch, n_chunks, size, heads, head_dim)
    steps = torch.arange(size, device=x.device)
    with torch.autocast(x.device.type, enabled=False):
        powers = _triangle_of_powers(leak, steps)  # (heads, size, size)
        if reverse:
            powers = powers.mT
        inside = torch.einsum("hij,bnjhp->bnihp", powers, chunks)
        if n_chunks > 1:
            # What a chunk passes on is its last (first) entry, leaked over the steps since then.
            ends = inside[:, 1:, 0] if reverse else inside[:, :-1, -1]
            carried = _scan(ends, leak**size, reverse)  # (batch, n_chunks - 1, heads, head_dim)
            distance = (size - steps) if reverse else steps + 1
            reach = (leak ** distance.unsqueeze(-1))[None, None, :, :, None]
            receivers = inside[:, :-1] if reverse else inside[:, 1:]
            receivers.addcmul_(reach, carried.unsqueeze(2))
    return inside.reshape(batch, n_chunks * size, heads, head_dim)[:, :time]


def _triangle_of_powers(leak: Tensor, steps: Tensor) -> Tensor:
    """(heads, size, size) with leak ** (i - j) where i >= j and 0 elsewhere."""
    distance = steps.unsqueeze(1) - steps
    return torch.where(distance >= 0, leak[:, None, None] ** distance.clamp(min=0), 0.0)
