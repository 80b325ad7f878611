"""The leaky average and the scaled unit vectors, against loops in float64."""

import pytest
import torch

from memstudy.nn import leaky, plain, reference
from memstudy.nn.leaky import CHUNK, leaky_average
from memstudy.nn.unit_features import unit_values

# One step, less than a chunk, whole chunks, one more than that, chunks of chunks, odd lengths.
LENGTHS = (1, 2, 7, CHUNK, CHUNK + 1, 3 * CHUNK - 1, CHUNK * CHUNK, CHUNK * CHUNK + CHUNK + 5)


def random(seed: int, *shape: int, dtype=torch.float64) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.mark.parametrize("time", LENGTHS)
def test_leaky_average_equals_the_loop_with_gradients(time):
    x = random(0, 2, time, 3, 2).requires_grad_()
    leak = torch.tensor([1.0, 0.6, 0.0], dtype=torch.float64, requires_grad=True)
    probe = random(1, 2, time, 3, 2)

    fast, slow = leaky_average(x, leak), reference.leaky_average(x, leak)
    torch.testing.assert_close(fast, slow, rtol=1e-12, atol=1e-10)
    for ours, theirs in zip(
        torch.autograd.grad((fast * probe).sum(), (x, leak)),
        torch.autograd.grad((slow * probe).sum(), (x, leak)),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("time", LENGTHS)
def test_the_form_for_gpus_is_the_same_function(time, reverse, monkeypatch):
    x, leak = random(9, 2, time, 3, 2), torch.tensor([1.0, 0.6, 0.0], dtype=torch.float64)
    on_cpu = leaky.scan(x, leak, reverse)
    monkeypatch.setattr(leaky, "_average_step_by_step", leaky._average_by_product)
    torch.testing.assert_close(leaky.scan(x, leak, reverse), on_cpu, rtol=1e-12, atol=1e-10)


def test_leaky_average_of_ones_without_leak_counts():
    counts = leaky_average(torch.ones(1, 1000, 1, 1), torch.ones(1))
    assert counts.flatten().tolist() == list(range(1, 1001))


def test_leaky_average_survives_where_powers_underflow_or_a_cumulative_sum_overflows():
    x = random(2, 1, 3000, 2, 4)
    leak = torch.exp(-torch.tensor([0.5, 5.0], dtype=torch.float64))  # e^(5 * 3000) overflows
    fast = leaky_average(x.float(), leak.float())
    torch.testing.assert_close(fast.double(), reference.leaky_average(x, leak), rtol=0, atol=2e-6)


def test_toeplitz_baseline_is_the_same_function():
    x, leak = random(3, 2, 45, 3, 4), torch.tensor([0.9, 0.5, 0.1], dtype=torch.float64)
    plain_form = plain.leaky_average(x.transpose(1, 2), leak).transpose(1, 2)
    torch.testing.assert_close(leaky_average(x, leak), plain_form, rtol=1e-12, atol=1e-12)


def test_later_inputs_do_not_reach_earlier_averages_to_the_bit():
    x, leak = random(4, 1, 50, 2, 3, dtype=torch.float32), torch.tensor([0.8, 1.0])
    before = leaky_average(x, leak)
    for position in (1, CHUNK - 1, CHUNK, 37, 49):
        changed = x.clone()
        changed[:, position] += 1.0
        after = leaky_average(changed, leak)
        assert torch.equal(before[:, :position], after[:, :position])
        assert not torch.equal(before[:, position], after[:, position])


def test_a_scaled_unit_has_the_right_length_and_gradient():
    x, scale = random(5, 2, 5, 3, 4).requires_grad_(), random(6, 3).exp().requires_grad_()
    assert torch.allclose(
        unit_values(x, None, scale).norm(dim=-1), scale.expand(2, 5, 3), atol=1e-10
    )
    assert torch.autograd.gradcheck(unit_values, (x, None, scale))


def test_zero_vector_stays_zero_and_has_a_finite_gradient():
    x = torch.zeros(1, 2, 1, 3, requires_grad=True)
    scale = torch.ones(1, requires_grad=True)
    unit = unit_values(x, None, scale)
    unit.sum().backward()
    assert torch.equal(unit, torch.zeros_like(unit))
    assert torch.isfinite(x.grad).all() and torch.isfinite(scale.grad).all()


def test_normalised_keys_ignore_a_factor_such_as_one_minus_leak():
    x, leak = random(7, 2, 40, 3, 8), torch.tensor([0.99, 0.5, 0.01], dtype=torch.float64)
    scale = torch.ones(3, dtype=torch.float64)
    average = leaky_average(x, leak)
    weighted = average * (1 - leak)[:, None]
    torch.testing.assert_close(
        unit_values(weighted, None, scale), unit_values(average, None, scale), rtol=0, atol=1e-8
    )


def test_autocast_keeps_the_average_in_float32_forward_and_backward():
    x = random(8, 2, 100, 2, 8, dtype=torch.float32)
    gradients = []
    for enabled in (False, True):
        leak = torch.tensor([0.9, 0.3], requires_grad=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            average = leaky_average(x, leak)
            assert average.dtype == torch.float32
            gradients.append(torch.autograd.grad(average.square().sum(), leak)[0])
    assert torch.equal(*gradients)
