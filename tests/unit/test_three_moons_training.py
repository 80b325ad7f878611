"""Training of packs: exact resumption, independence of the models, the optimiser by hand."""

import dataclasses
import io
import math

import pytest
import torch

from memstudy.experiments.three_moons import model, reference, training
from memstudy.experiments.three_moons.config import ModelConfig, TrainConfig

SMALL = TrainConfig(iterations=6, batch=3, length=40)


def assert_equal(left: training.State, right: training.State) -> None:
    assert left.keys() == right.keys()
    for name in left:
        assert torch.equal(left[name], right[name]), name


def test_training_lowers_the_loss():
    config = dataclasses.replace(SMALL, iterations=60, batch=8, length=80)
    loss = training.train(config, [0, 1])["clipped_loss"]
    assert loss.shape == (60, 2)
    assert (loss[-10:].mean(0) < 0.75 * loss[:5].mean(0)).all()


@pytest.mark.parametrize("stop", [1, 3, 5])
def test_resumed_is_uninterrupted_to_the_bit(stop):
    class Stopped(Exception):
        pass

    kept = []

    def on_step(state):
        kept.append(state)
        if state["step"] == stop:
            raise Stopped

    whole = training.train(SMALL, [7, 8])
    with pytest.raises(Stopped):
        training.train(SMALL, [7, 8], on_step=on_step)
    file = io.BytesIO()
    torch.save(kept[-1], file)
    file.seek(0)
    stored = torch.load(file, weights_only=True)
    assert_equal(training.train(SMALL, [7, 8], start_state=stored), whole)


def test_states_given_to_the_callback_are_never_changed():
    kept, copies = [], []

    def on_step(state):
        kept.append(state)
        copies.append({name: tensor.clone() for name, tensor in state.items()})

    final = training.train(SMALL, [7], on_step=on_step)
    assert [int(state["step"]) for state in kept] == [1, 2, 3, 4, 5, 6]
    for state, copy in zip(kept, copies, strict=True):
        assert_equal(state, copy)
    assert_equal(kept[-1], final)


def test_a_finished_state_is_returned_as_it_is():
    final = training.train(SMALL, [7])
    assert_equal(training.train(SMALL, [7], start_state=final), final)


def test_a_state_of_other_seeds_is_refused():
    with pytest.raises(ValueError, match=r"seeds \[7\], not \[8\]"):
        training.train(SMALL, [8], start_state=training.initial_state([7]))


@pytest.mark.parametrize("clip", [0.5, None])
def test_packed_models_train_as_they_would_alone(clip):
    config = dataclasses.replace(SMALL, clip=clip)
    together = training.train(config, [3, 4, 5])
    for index, seed in enumerate([3, 4, 5]):
        alone = training.train(config, [seed])
        for name in ("phi", "psi", "z", "phi.first", "z.second"):
            torch.testing.assert_close(together[name][index], alone[name][0], rtol=1e-5, atol=1e-7)
        for name in ("loss", "clipped_loss"):
            torch.testing.assert_close(together[name][:, index], alone[name][:, 0])


def test_every_iteration_and_every_model_has_its_own_data():
    batches = [training.training_batch(SMALL, [1, 2], iteration)[0] for iteration in (0, 1)]
    sequences = torch.stack(batches).flatten(0, 1)
    assert len(sequences.flatten(1).unique(dim=0)) == 4


def test_arms_of_a_seed_see_the_same_data_and_start_from_the_same_matrices():
    three = training.train(dataclasses.replace(SMALL, iterations=1), [1])
    real = ModelConfig(complex_structure=False)
    other = dataclasses.replace(SMALL, iterations=1, model=real, clip=None)
    for first, second in zip(
        training.training_batch(SMALL, [1], 0), training.training_batch(other, [1], 0), strict=True
    ):
        assert torch.equal(first, second)
    assert three["loss"].shape == (1, 1)
    assert torch.equal(training.initial_state([1])["phi"], model.init_weights([1]).phi)


# --- losses ----------------------------------------------------------------------------------


def test_clipping_bounds_each_error_and_stops_its_gradient():
    error = torch.tensor([-2.0, -0.5, -0.25, 0.0, 0.125, 3.0]).view(1, 1, 1, 6).requires_grad_()
    clipped = training.squared_error(error, 0.5)
    assert clipped.item() == pytest.approx((0.25 + 0.25 + 0.0625 + 0 + 0.015625 + 0.25) / 6)
    (gradient,) = torch.autograd.grad(clipped.sum(), error)
    assert gradient.flatten()[[0, 5]].tolist() == [0, 0]
    assert gradient.flatten()[[2, 4]].tolist() == pytest.approx([-0.5 / 6, 0.25 / 6])


def test_without_clipping_both_losses_are_recorded():
    plain = training.train(dataclasses.replace(SMALL, clip=None, iterations=1), [0])
    clipped = training.train(dataclasses.replace(SMALL, iterations=1), [0])
    assert torch.equal(clipped["loss"], clipped["clipped_loss"])
    assert torch.equal(plain["clipped_loss"], clipped["clipped_loss"])
    assert plain["loss"] > plain["clipped_loss"]


def test_the_recorded_loss_is_that_of_the_batch_before_the_update():
    state = training.train(SMALL, [0])
    x, y = training.training_batch(SMALL, [0], 0)
    predicted = model.forward(SMALL.model, model.init_weights([0]), x)
    expected = (predicted - y).clamp(-0.5, 0.5).square().mean()
    assert state["loss"][0, 0].item() == pytest.approx(expected.item(), rel=1e-6)


# --- optimiser -------------------------------------------------------------------------------


def adam_by_hand(config, gradients, start=1.0):
    value, first, second = start, 0.0, 0.0
    beta_1, beta_2 = config.betas
    for step, gradient in enumerate(gradients):
        first = beta_1 * first + (1 - beta_1) * gradient
        second = beta_2 * second + (1 - beta_2) * gradient**2
        mean, variance = first, second
        if config.bias_correction:
            mean /= 1 - beta_1 ** (step + 1)
            variance /= 1 - beta_2 ** (step + 1)
        rate = 1e-2 + (5e-6 - 1e-2) * step / config.iterations
        value -= rate * mean / (math.sqrt(variance) + 1e-8)
    return value


@pytest.mark.parametrize("bias_correction", [False, True])
def test_three_steps_of_adam_by_hand(bias_correction):
    config = dataclasses.replace(SMALL, bias_correction=bias_correction)
    gradients = [0.3, -2.0, 0.01]
    value = torch.tensor(1.0, dtype=torch.float64)
    first = second = torch.zeros((), dtype=torch.float64)
    for iteration, gradient in enumerate(gradients):
        gradient = torch.tensor(gradient, dtype=torch.float64)
        value, first, second = training.adam(config, iteration, value, gradient, first, second)
    assert value.item() == pytest.approx(adam_by_hand(config, gradients), rel=1e-12)


def test_without_bias_correction_the_first_step_is_three_times_longer():
    zero, one = torch.zeros(()), torch.ones(())
    steps = [
        training.adam(dataclasses.replace(SMALL, bias_correction=on), 0, zero, one, zero, zero)[0]
        for on in (False, True)
    ]
    assert (steps[0] / steps[1]).item() == pytest.approx(0.1 / math.sqrt(0.001), rel=1e-4)


def test_with_bias_correction_it_is_pytorchs_adam():
    config = dataclasses.replace(SMALL, bias_correction=True)
    start = torch.randn(5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ours, first, second = start, torch.zeros_like(start), torch.zeros_like(start)
    theirs = torch.nn.Parameter(start.clone())
    optimiser = torch.optim.Adam([theirs], lr=1e-2)
    for iteration in range(4):
        gradient = torch.sin(start * (iteration + 1))
        ours, first, second = training.adam(config, iteration, ours, gradient, first, second)
        theirs.grad = gradient
        optimiser.param_groups[0]["lr"] = training.learning_rate(config, iteration)
        optimiser.step()
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-10, atol=0)


@pytest.mark.parametrize("clip", [0.5, None])
def test_training_is_the_plain_loop(clip):
    """The whole of it against PyTorch's optimiser and the plain form of the model."""
    config = dataclasses.replace(SMALL, clip=clip, bias_correction=True)
    parameters = [matrix.requires_grad_() for matrix in model.init_weights([4])]
    optimiser = torch.optim.Adam(parameters)
    for iteration in range(config.iterations):
        x, y = training.training_batch(config, [4], iteration)
        predicted = reference.full_scores_forward(config.model, model.Weights(*parameters), x)
        error = predicted - y
        if clip is not None:
            error = error.clamp(-clip, clip)
        optimiser.param_groups[0]["lr"] = training.learning_rate(config, iteration)
        optimiser.zero_grad()
        error.square().mean().backward()
        optimiser.step()
    trained = training.weights_of(training.train(config, [4]))
    for ours, theirs in zip(trained, parameters, strict=True):
        torch.testing.assert_close(ours, theirs.detach(), rtol=1e-4, atol=1e-6)


def test_learning_rate_falls_linearly_from_the_published_values():
    config = TrainConfig()
    assert training.learning_rate(config, 0) == 1e-2
    assert training.learning_rate(config, 250) == pytest.approx((1e-2 + 5e-6) / 2)
    assert training.learning_rate(config, 499) == pytest.approx(5e-6 + (1e-2 - 5e-6) / 500)


def test_steps_of_raw_matrices_are_steps_of_their_projections():
    """Adam scales entries one by one, but entries that the projection ties get equal gradients."""
    first = training.train(SMALL, [2])
    state = training.initial_state([2])
    projected = model.effective(SMALL.model, training.weights_of(state))
    start = {**state, **projected._asdict()}
    second = training.train(SMALL, [2], start_state=start)
    for left, right in zip(
        model.effective(SMALL.model, training.weights_of(first)),
        model.effective(SMALL.model, training.weights_of(second)),
        strict=True,
    ):
        torch.testing.assert_close(left, right, rtol=1e-4, atol=1e-5)
