"""Kernel smoothing and the memory units, against loops in float64."""

import pytest
import torch

from memstudy.nn import plain, reference
from memstudy.nn.associative import (
    ContextualMemory,
    PersistentMemory,
    dot_product_smoothing,
    kernel_smoothing,
    retrieve_from_past,
)

D_MODEL, HEADS, SLOTS = 12, 3, 10


def read_past(key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """retrieve_from_past with the queries that belong to the keys."""
    return retrieve_from_past(key, torch.roll(key, -1, dims=1), value)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def contextual(seed: int = 0, **switches) -> ContextualMemory:
    return drawn(ContextualMemory(D_MODEL, HEADS, **switches), seed)


def persistent(seed: int = 0, **switches) -> PersistentMemory:
    return drawn(PersistentMemory(D_MODEL, HEADS, SLOTS, **switches), seed)


def draw(layer, seed):
    """Initial weights from a seed (single layers draw them from the global generator)."""
    for index, module in enumerate(layer.modules()):
        if hasattr(module, "draw_parameters"):
            module.draw_parameters(generator(seed))
        elif isinstance(module, torch.nn.Linear):
            std = module.in_features**-0.5
            torch.nn.init.normal_(module.weight, std=std, generator=generator(seed + index))


def drawn(layer, seed):
    """The layer in float64 with every parameter moved off its initial value."""
    draw(layer, seed)
    layer.double()
    with torch.no_grad():
        for index, parameter in enumerate(layer.parameters()):
            noise = random(100 * seed + index, *parameter.shape)
            parameter.mul_(1 + 0.2 * noise) if parameter.dim() < 2 else parameter.copy_(noise / 3)
    return layer


UNITS = {
    "contextual": (contextual, reference.contextual_memory),
    "contextual, no leak": (lambda: contextual(leaky=False), reference.contextual_memory),
    "contextual, no look-ahead": (
        lambda: contextual(look_ahead=False),
        reference.contextual_memory,
    ),
    "persistent": (persistent, reference.persistent_memory),
    "persistent, no leak": (lambda: persistent(leaky=False), reference.persistent_memory),
}


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("time", (1, 2, 7, 18))
def test_unit_equals_the_loop_with_gradients(name, time):
    make, slow = UNITS[name]
    layer, x = make(), random(1, 2, time, D_MODEL).requires_grad_()
    probe = random(2, 2, time, D_MODEL)
    wanted = (x, *layer.parameters())

    expected, actual = slow(layer, x), layer(x)
    torch.testing.assert_close(actual, expected, rtol=1e-10, atol=1e-10)
    gradients = [
        torch.autograd.grad((y * probe).sum(), wanted, allow_unused=True, materialize_grads=True)
        if y.requires_grad
        else [torch.zeros_like(tensor) for tensor in wanted]
        for y in (actual, expected)
    ]
    for ours, theirs in zip(*gradients, strict=True):
        assert torch.isfinite(ours).all()
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("unit", ("contextual", "persistent"))
def test_plain_formulation_is_the_same_function(unit):
    layer = UNITS[unit][0]()
    x = random(3, 2, 19, D_MODEL)
    published = getattr(plain, f"{unit}_memory")
    torch.testing.assert_close(layer(x), published(layer, x), rtol=1e-10, atol=1e-10)


BFLOAT16_UNITS = {
    "contextual": lambda: ContextualMemory(64, 4),
    "contextual, no leak": lambda: ContextualMemory(64, 4, leaky=False),
    "persistent": lambda: PersistentMemory(64, 4, 96),
}


def output_and_gradients(layer, seed: int, autocast: bool) -> list[torch.Tensor]:
    draw(layer, seed)
    layer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        y = layer(random(seed, 4, 150, 64).float())
    (y.float() * random(100 + seed, 4, 150, 64).float()).sum().backward()
    return [y.detach().float(), *(p.grad.clone() for p in layer.parameters())]


@pytest.mark.parametrize("name", BFLOAT16_UNITS)
def test_bfloat16_stays_close_to_float32(name):
    """Under autocast, relative error in Euclidean norm over five draws: output and gradients of
    matrices 1.5 %, gradients of the scalars of heads, where nearly everything cancels, 5 %."""
    layer = BFLOAT16_UNITS[name]()
    exact, rounded = (
        [torch.stack(draws) for draws in zip(*results, strict=True)]
        for results in (
            [output_and_gradients(layer, seed, autocast) for seed in range(5)]
            for autocast in (False, True)
        )
    )
    for one, other in zip(exact, rounded, strict=True):
        assert (other - one).norm() <= (0.05 if one.dim() == 2 else 0.015) * one.norm()


@pytest.mark.parametrize("name", UNITS)
def test_causal_to_the_bit_and_not_more_than_causal(name):
    layer, x = UNITS[name][0]().float(), random(5, 2, 40, D_MODEL).float()
    before = layer(x)
    for position in (0, 1, 15, 16, 38, 39):
        changed = x.clone()
        changed[:, position] += 1.0
        after = layer(changed)
        assert torch.equal(before[:, :position], after[:, :position])
        # At 0 the contextual unit has nothing to read, at 1 a single value whatever the query is.
        if position > 1 or ("no look-ahead" not in name and position > 0):
            assert not torch.equal(before[:, position], after[:, position])


def test_nothing_is_stored_at_position_0_and_position_1_reads_exactly_value_0():
    key, value = random(6, 2, 9, HEADS, 4), random(7, 2, 9, HEADS, 4)
    found = read_past(key, value)
    assert torch.equal(found[:, 0], torch.zeros_like(found[:, 0]))
    torch.testing.assert_close(found[:, 1], value[:, 0], rtol=0, atol=1e-15)


def test_the_youngest_pair_is_read():
    """Masking one pair too many leaks nothing and would pass every test of causality."""
    key, value = random(8, 1, 9, HEADS, 4) / 3, random(9, 1, 9, HEADS, 4)
    for position in range(1, 9):
        changed = value.clone()
        changed[:, position - 1] += 1.0
        difference = read_past(key, changed) - read_past(key, value)
        assert difference[:, position].abs().min() > 1e-3
        assert torch.equal(difference[:, :position], torch.zeros_like(difference[:, :position]))


def test_no_gradient_is_nan_where_inputs_are_zero():
    for layer in (contextual(), persistent()):
        x = torch.zeros(1, 5, D_MODEL, dtype=torch.float64, requires_grad=True)
        layer(x).sum().backward()
        assert torch.isfinite(x.grad).all()
        assert all(torch.isfinite(p.grad).all() for p in layer.parameters() if p.grad is not None)


def test_output_is_a_convex_combination_of_values_of_one_length():
    layer = contextual()
    x = random(10, 2, 30, D_MODEL)
    found = read_past(layer.key(x), layer.value(x))
    assert (found.norm(dim=-1) <= layer.value.scale() + 1e-12).all()


@pytest.mark.parametrize(
    "smoothing, slow",
    [
        (kernel_smoothing, reference.kernel_smoothing),
        (dot_product_smoothing, reference.dot_product_smoothing),
    ],
)
def test_smoothing_equals_the_loop_in_any_order_of_pairs(smoothing, slow):
    queries, keys, values = random(11, 4, 3), random(12, 7, 3), random(13, 7, 2)
    expected = torch.stack([slow(query, keys, values, 0.7) for query in queries])
    torch.testing.assert_close(smoothing(queries, keys, values, 0.7), expected)
    order = torch.randperm(7, generator=generator(14))
    torch.testing.assert_close(smoothing(queries, keys[order], values[order], 0.7), expected)


def test_gaussian_with_half_beta_is_the_soft_max_for_keys_of_one_length():
    queries, values = random(15, 4, 3), random(16, 7, 2)
    keys = torch.nn.functional.normalize(random(17, 7, 3), dim=-1)
    torch.testing.assert_close(
        kernel_smoothing(queries, keys, values, 1.5),
        dot_product_smoothing(queries, keys, values, 3.0),
    )


def test_limits_of_beta_and_duplicate_keys():
    keys, values = random(18, 7, 3), random(19, 7, 2)
    mean = kernel_smoothing(keys, keys, values, 0.0)
    torch.testing.assert_close(mean, values.mean(0).expand(7, 2))
    torch.testing.assert_close(kernel_smoothing(keys, keys, values, 1e6), values)
    twice = torch.cat((keys, keys)), torch.cat((values, values + 2))
    torch.testing.assert_close(kernel_smoothing(keys, *twice, 1e6), values + 1)


def test_scales_start_as_published_and_are_clamped():
    layer = ContextualMemory(D_MODEL, HEADS)
    torch.testing.assert_close(layer.key.leak(), torch.exp(-torch.tensor([0.5, 2.75, 5.0])))
    torch.testing.assert_close(layer.key.scale(), torch.full((HEADS,), 2.718281828))
    torch.testing.assert_close(layer.value.scale(), torch.full((HEADS,), 0.60653066))
    assert ((layer.value.mix > 0) & (layer.value.mix < 1)).all()
    bank = PersistentMemory(D_MODEL, HEADS, SLOTS)
    torch.testing.assert_close(bank.key.scale(), torch.full((HEADS,), 7.3890561))
    with torch.no_grad():
        bank.key.log_scale.fill_(3.0)
    torch.testing.assert_close(bank.key.scale(), torch.full((HEADS,), 22026.4658))
