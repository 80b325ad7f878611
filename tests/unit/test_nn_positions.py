"""Rotary positions and ALiBi against their definitions."""

import math

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from memstudy.nn.positions import alibi_slopes, append_alibi, rotate


def random(seed: int, *shape: int, dtype=torch.float64) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def test_rotation_turns_pairs_by_position_times_frequency():
    x = random(0, 1, 4, 1, 6)
    turned = rotate(x, torch.tensor([0, 1, 7, 300]))
    for index, position in enumerate((0, 1, 7, 300)):
        for pair in range(3):
            angle = position * 10_000 ** (-2 * pair / 6)
            was = complex(x[0, index, 0, pair], x[0, index, 0, pair + 3])
            now = was * complex(math.cos(angle), math.sin(angle))
            assert abs(turned[0, index, 0, pair].item() - now.real) < 1e-4
            assert abs(turned[0, index, 0, pair + 3].item() - now.imag) < 1e-4


def test_rotated_products_depend_on_the_distance_only():
    query, key = random(1, 1, 1, 2, 8), random(2, 1, 1, 2, 8)

    def product(i: int, j: int) -> torch.Tensor:
        return (rotate(query, torch.tensor([i])) * rotate(key, torch.tensor([j]))).sum(-1)

    torch.testing.assert_close(product(9, 4), product(105, 100), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(product(9, 4), product(9, 5), atol=1e-3)


@pytest.mark.parametrize(
    "n_heads, expected",
    [
        (1, [2**-8]),
        (4, [2**-2, 2**-4, 2**-6, 2**-8]),
        (6, [2**-2, 2**-4, 2**-6, 2**-8, 2**-1, 2**-3]),
        (8, [2.0**-i for i in range(1, 9)]),
    ],
)
def test_slopes(n_heads, expected):
    torch.testing.assert_close(alibi_slopes(n_heads), torch.tensor(expected))


@pytest.mark.parametrize(
    "dtype, tolerance", [(torch.float64, 1e-6), (torch.float32, 1e-4), (torch.bfloat16, 0.03)]
)
def test_extra_features_are_the_bias(dtype, tolerance):
    """At 1,536 positions, where a position rounded to bfloat16 would be off by 4."""
    time, heads, width = 1536, 8, 8
    query, key, value = (random(i, 1, time, heads, width) for i in range(3))
    query, key, value = (part.to(dtype) for part in (query, key, value))
    scale = width**-0.5
    steps = torch.arange(time)
    bias = -alibi_slopes(heads).double()[:, None, None] * (steps[:, None] - steps)
    bias = bias.masked_fill(steps > steps[:, None], -torch.inf)
    exact = [part.double().transpose(1, 2) for part in (query, key, value)]
    expected = scaled_dot_product_attention(*exact, attn_mask=bias[None], scale=scale)
    extended = [part.transpose(1, 2) for part in append_alibi(query, key, value, scale)]
    found = scaled_dot_product_attention(*extended, is_causal=True, scale=scale)[..., :width]
    assert (found.double() - expected).abs().max() < tolerance
