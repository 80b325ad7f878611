"""Rotary and linearly biased positions, for lengths that need not be known beforehand."""

from __future__ import annotations

import torch
from torch import Tensor

ROPE_BASE = 10_000.0
# A position is split into digits of this base, each exact in bfloat16 (8 significant bits).
_DIGIT = 128


def rotate(x: Tensor, positions: Tensor, base: float = ROPE_BASE) -> Tensor:
    """Rotary position embedding (Su et al. 2021): turns pairs of features by position · frequency.

    Feature i and feature i + head_dim/2 form a pair, with frequency base^(-2i/head_dim), so that
    the product of a query and a key depends on the difference of their positions.

    Args:
        x: (batch, time, heads, head_dim), head_dim even; or (batch, heads, head_dim).
        positions: (time,) or (batch, time) integers; (batch,) without time.
        base: of the frequencies; models for long inputs have larger ones.

    Returns:
        Tensor of the shape and dtype of ``x``; angles are computed in float32.
    """
    half = x.shape[-1] // 2
    frequency = base ** (-torch.arange(half, device=x.device) / half)
    angle = (positions.unsqueeze(-1) * frequency).unsqueeze(-2)  # (..., time, 1, half)
    cosine, sine = angle.cos(), angle.sin()
    # Tables as wide as all heads cost little and let each operation run over one long row: in
    # training on a CPU that is 2 to 3 times as fast as turning the two halves one by one.
    cosine, sine = (
        torch.cat(halves, -1).expand(*angle.shape[:-2], *x.shape[-2:]).contiguous()
        for halves in ((cosine, cosine), (-sine, sine))
    )
    return torch.addcmul(x * cosine, x.roll(half, -1), sine).to(x.dtype)


def alibi_slopes(n_heads: int, device: torch.device | str = "cpu") -> Tensor:
    """Slope of each head (Press et al. 2022): 2^(-8/n), 2^(-16/n), ... for n a power of two.

    Other numbers of heads take every other slope of the next power of two after those of the one
    before, as the authors do. Returns (n_heads,) float32.
    """
    power = 1 << (n_heads.bit_length() - 1)
    exponents = torch.arange(1, power + 1) * (8 / power)
    between = (2 * torch.arange(n_heads - power) + 1) * (4 / power)
    return (2.0 ** -torch.cat((exponents, between))).to(device)


def append_alibi(
    query: Tensor, key: Tensor, value: Tensor, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Write ALiBi's bias into three extra features, so that a fused causal kernel computes it.

    The bias -slope · (i - j) of query i and key j differs from slope · j by a constant of the row,
    which the soft-max ignores. A query gets slope · (1, 128, 128²) / scale and a key its position's
    digits in base 128, each exact in any floating-point format; their product is slope · j / scale.

    Args:
        query: (batch, time, heads, head_dim).
        key: as query; position j is its index.
        value: as query.
        scale: the factor that the kernel puts on the scores.

    Returns:
        The three with 8 more features (a width that fused kernels accept); those of ``value`` are
        zero and are to be cut off from the result.
    """
    batch, time, heads, _ = query.shape
    device, dtype = query.device, query.dtype
    place = _DIGIT ** torch.arange(3, device=device)
    slopes = alibi_slopes(heads, device).unsqueeze(-1) * place / scale  # (heads, 3)
    digits = torch.arange(time, device=device).unsqueeze(-1) // place % _DIGIT  # (time, 3)
    spare = query.new_zeros(batch, time, heads, 5)
    query_part = slopes.to(dtype).expand(batch, time, heads, 3)
    key_part = digits.to(dtype)[None, :, None].expand(batch, time, heads, 3)
    return (
        torch.cat((query, query_part, spare), dim=-1),
        torch.cat((key, key_part, spare), dim=-1),
        torch.nn.functional.pad(value, (0, 8)),
    )
