"""The memory units of the three moons against their definition."""

import itertools

import pytest
import torch

from memstudy.core import seeds
from memstudy.experiments.three_moons import data, model, reference, skies
from memstudy.experiments.three_moons.config import ModelConfig
from memstudy.experiments.three_moons.model import Weights

CONFIGS = [
    ModelConfig(n_heads=n_heads, complex_structure=complex_structure)
    for n_heads in (1, 3)
    for complex_structure in (True, False)
]
ASSIGNMENTS = list(itertools.permutations(range(3)))


def double_weights(n_models: int = 1, first_seed: int = 0) -> Weights:
    drawn = model.init_weights(range(first_seed, first_seed + n_models))
    return Weights(*(matrix.double() for matrix in drawn))


def sequences(batch: int, time: int, seed: int = 0) -> torch.Tensor:
    generator = seeds.torch_generator(seed, "data")
    x, _ = data.sample_batch(skies.TRAIN_TRIPLES, batch, time, generator)
    return x.double()


def permuted(units: tuple[int, ...]) -> Weights:
    """The solution in which unit ``units[i]`` watches moon i."""
    phi = torch.zeros(3, 3, dtype=torch.complex64)
    phi[list(units), [0, 1, 2]] = 1
    phi = model.to_real(phi).unsqueeze(0)
    return Weights(phi, phi, phi.mT)


# --- equal to the definition -----------------------------------------------------------------


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("time", [1, 2, 3, 17])
def test_predictions_are_those_of_the_definition(config, time):
    weights, x = double_weights(2), sequences(3, time)
    predicted = model.forward(config, weights, torch.stack((x, x.flip(0))))
    for which, batch in enumerate((x, x.flip(0))):
        for row, sequence in enumerate(batch):
            slow = reference.forward_one(config, weights.select(which), sequence)
            torch.testing.assert_close(predicted[which, row], slow, rtol=0, atol=1e-13)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_gradients_are_those_of_the_definition(config):
    x = sequences(1, 13)
    slope = torch.randn(13, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    gradients = []
    for compute in (
        lambda weights: model.forward(config, weights, x.unsqueeze(0))[0, 0],
        lambda weights: reference.forward_one(config, weights, x[0]),
        lambda weights: reference.full_scores_forward(config, weights, x.unsqueeze(0))[0, 0],
    ):
        weights = Weights(*(matrix.requires_grad_() for matrix in double_weights()))
        gradients.append(torch.autograd.grad((compute(weights) * slope).sum(), weights))
    for fast, slow, full in zip(*gradients, strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-10, atol=1e-11)
        torch.testing.assert_close(full, slow, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_single_precision_agrees_to_rounding(config):
    x = sequences(2, 301).unsqueeze(0)
    exact = model.forward(config, double_weights(), x)
    single = model.forward(config, model.init_weights([0]), x.float())
    torch.testing.assert_close(single.double(), exact, rtol=0, atol=2e-5)


# --- causality -------------------------------------------------------------------------------


@pytest.mark.parametrize("n_heads", [1, 3])
@pytest.mark.parametrize("time", [0, 1, 40, 63, 64, 65, 149])
def test_a_changed_input_leaves_earlier_predictions_alone_to_the_bit(n_heads, time):
    config, weights = ModelConfig(n_heads=n_heads), model.init_weights([0])
    x = sequences(2, 150).float().unsqueeze(0)
    changed = x.clone()
    changed[:, :, time] += 0.25
    before, after = (model.forward(config, weights, inputs) for inputs in (x, changed))
    assert torch.equal(before[:, :, :time], after[:, :, :time])
    if time > 0:
        # Through its own query, and through the value that it completes.
        assert (before[:, :, time] != after[:, :, time]).all()


def test_the_newest_pair_is_read_and_no_later_one():
    """At time 1 the only pair is (k_0, v_0), so that its value is what is retrieved."""
    x = sequences(1, 5)
    weights = double_weights()
    _, psi, z = model.effective(ModelConfig(), weights)
    predicted = model.forward(ModelConfig(), weights, x.unsqueeze(0))
    torch.testing.assert_close(predicted[0, 0, 1], z[0] @ psi[0] @ x[0, 1])


@pytest.mark.parametrize("time", [1, 2, 30])
def test_the_empty_memory_predicts_zero_and_has_no_nan_gradient(time):
    x = sequences(2, time).float().unsqueeze(0)
    weights = Weights(*(matrix.requires_grad_() for matrix in model.init_weights([0])))
    predicted = model.forward(ModelConfig(), weights, x)
    assert torch.equal(predicted[:, :, 0], torch.zeros(1, 2, 6))
    for gradient in torch.autograd.grad(predicted.square().sum(), weights):
        assert gradient.isfinite().all()


def test_inputs_of_another_shape_are_refused():
    for shape in [(2, 3, 6), (2, 3, 4, 5), (1, 3, 4, 6)]:
        with pytest.raises(ValueError, match=r"expected \(2, batch, time, 6\)"):
            model.forward(ModelConfig(), double_weights(2), torch.zeros(shape))


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match="divisors of 6"):
        ModelConfig(n_heads=4)


# --- complex structure -----------------------------------------------------------------------


def test_projection_is_a_projection():
    once = model.effective(ModelConfig(), double_weights(4))
    twice = model.effective(ModelConfig(), once)
    for first, second in zip(once, twice, strict=True):
        assert torch.equal(first, second)


def test_projection_is_orthogonal():
    for raw, projected in zip(
        double_weights(4), model.effective(ModelConfig(), double_weights(4)), strict=True
    ):
        inner = ((raw - projected) * projected).sum(dim=(1, 2))
        torch.testing.assert_close(inner, torch.zeros_like(inner), rtol=0, atol=1e-14)


def test_projected_blocks_are_the_published_ones():
    raw = double_weights().phi[0]
    projected = model.effective(ModelConfig(), double_weights()).phi[0]
    for row, column in itertools.product(range(0, 6, 2), repeat=2):
        (a, b), (c, d) = raw[row : row + 2, column : column + 2]
        same, turned = (a + d) / 2, (b - c) / 2
        expected = torch.stack((same, turned, -turned, same)).view(2, 2)
        actual = projected[row : row + 2, column : column + 2]
        torch.testing.assert_close(actual, expected)


def test_a_projected_matrix_multiplies_as_a_complex_one():
    phi = model.effective(ModelConfig(), double_weights()).phi[0]
    vector = torch.randn(6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    product = model.to_complex(phi) @ torch.view_as_complex(vector.view(3, 2))
    torch.testing.assert_close(phi @ vector, torch.view_as_real(product).flatten())


def test_real_matrices_are_used_as_they_are():
    raw = double_weights()
    used = model.effective(ModelConfig(complex_structure=False), raw)
    assert all(map(torch.equal, used, raw))


# --- initial and known solutions -------------------------------------------------------------


def test_packed_models_start_as_they_would_alone():
    together = model.init_weights([5, 0, 9])
    for index, seed in enumerate([5, 0, 9]):
        alone = model.init_weights([seed])
        assert all(map(torch.equal, together.select(index), alone))


def test_initial_matrices_are_uniform():
    drawn = torch.stack(model.init_weights(range(100)))
    bound = 6**-0.5
    assert drawn.abs().max() < bound
    assert drawn.abs().max() > 0.99 * bound
    assert abs(drawn.mean()) < 0.01
    assert drawn.std().item() == pytest.approx(bound / 3**0.5, rel=0.02)


def test_identity_matrices_predict_once_their_memories_have_seen_enough():
    """One step ahead: a unit a moon waits for the slowest moon, one unit for the whole sky."""
    slowest, common = int(skies.period_in_points(2.5)), int(skies.period_in_points(5.0))
    generator = torch.Generator().manual_seed(0)
    x, y = data.sample_batch([skies.SHOWN_TRAIN_TRIPLE], 16, 300, generator)
    error = {}
    for n_heads in (1, 3):
        predicted = model.forward(ModelConfig(n_heads=n_heads), model.analytic(), x.unsqueeze(0))
        error[n_heads] = (predicted[0] - y).abs().mean(dim=(0, 2))  # (time,)
    assert error[3][5:20].min() > 0.1  # about one step of rotation
    assert error[3][slowest + 2 :].max() < 0.02
    assert error[1][5 : common - 10].min() > 0.09
    assert error[1][common + 4 :].max() < 0.005


@pytest.mark.parametrize("units", ASSIGNMENTS)
def test_any_assignment_of_moons_to_units_predicts_the_same(units):
    x = sequences(2, 60).float().unsqueeze(0)
    identity = model.forward(ModelConfig(), model.analytic(), x)
    torch.testing.assert_close(model.forward(ModelConfig(), permuted(units), x), identity)


# --- moduli and permutations -----------------------------------------------------------------


def test_moduli_are_those_of_the_complex_entries():
    weights = model.effective(ModelConfig(), double_weights(2))
    expected = torch.stack([model.to_complex(matrix).abs() for matrix in weights], dim=1)
    torch.testing.assert_close(model.moduli(weights), expected)


@pytest.mark.parametrize("units", ASSIGNMENTS)
def test_a_permutation_is_found(units):
    report = model.permutation_report(model.moduli(permuted(units)))
    assert report.consistent.item()
    assert report.ratio.item() == 0
    assert report.units.tolist() == [list(units)]


def test_the_ratio_is_that_of_the_worst_matrix():
    moduli = model.moduli(permuted((1, 2, 0)))
    moduli[0, 0, 0, 0] = 0.15  # off the permutation of W_φ
    moduli[0, 1, 1, 0] = 0.5  # on that of W_ψ
    moduli[0, 1, 0, 0] = 0.05  # off it: 0.05 / 0.5 = 0.1 < 0.15
    report = model.permutation_report(moduli)
    assert report.ratio.item() == pytest.approx(0.15)
    assert report.units.tolist() == [[1, 2, 0]]


@pytest.mark.parametrize("matrix", range(3))
def test_matrices_that_disagree_are_not_consistent(matrix):
    """Each matrix a permutation, but one of them another than the two others."""
    weights = [*permuted((1, 2, 0))]
    weights[matrix] = permuted((0, 1, 2))[matrix]
    report = model.permutation_report(model.moduli(Weights(*weights)))
    assert not report.consistent.item()
    assert report.ratio.item() > 1


def test_output_matrix_must_invert_the_assignment_not_repeat_it():
    phi, psi, _ = permuted((1, 2, 0))
    report = model.permutation_report(model.moduli(Weights(phi, psi, phi)))
    assert not report.consistent.item()


def test_two_units_on_one_moon_are_not_consistent():
    stuck = model.to_real(torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=torch.complex64))
    stuck = stuck.unsqueeze(0)
    report = model.permutation_report(model.moduli(Weights(stuck, stuck, stuck.mT)))
    assert not report.consistent.item()


def test_reports_of_a_pack_are_those_of_its_models():
    packs = [permuted((0, 2, 1)), double_weights(1, 3), model.analytic()]
    together = Weights(*(torch.cat([m.float() for m in ms]) for ms in zip(*packs, strict=True)))
    report = model.permutation_report(model.moduli(together))
    assert report.consistent.tolist() == [True, False, True]
    for index, pack in enumerate(packs):
        alone = model.permutation_report(model.moduli(pack))
        assert report.ratio[index].item() == pytest.approx(alone.ratio.item())
        assert report.units[index].tolist() == alone.units[0].tolist()
