"""All context lengths together against one roll-out at a time."""

import pytest
import torch

from memstudy.core import seeds
from memstudy.experiments.three_moons import data, model, reference, rollout, skies
from memstudy.experiments.three_moons.config import ModelConfig
from memstudy.experiments.three_moons.model import Weights

CONFIGS = [
    ModelConfig(n_heads=1),
    ModelConfig(n_heads=3),
    ModelConfig(n_heads=3, complex_structure=False),
]


def sequences(batch: int, time: int, triple=skies.VALIDATION_TRIPLE) -> torch.Tensor:
    return data.sample_batch([triple], batch, time, seeds.torch_generator(0, "eval"))[0]


def double_weights(seed: int = 0) -> Weights:
    return Weights(*(matrix.double() for matrix in model.init_weights([seed])))


# --- predictions -----------------------------------------------------------------------------


@pytest.mark.parametrize("memory", rollout.MEMORIES)
@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_all_contexts_together_are_the_roll_outs_one_by_one(config, memory):
    weights, x = double_weights(), sequences(2, 14).double()
    together = rollout.rollouts(config, weights, x, 14, 4, memory)
    assert together.shape == (4, 2, 14, 6)
    for row, sequence in enumerate(x):
        for context in range(1, 15):
            alone = reference.rollout_one(config, weights, sequence[:context], 4, memory)
            torch.testing.assert_close(together[:, row, context - 1], alone, rtol=0, atol=1e-13)


@pytest.mark.parametrize("n_heads", [1, 3])
@pytest.mark.parametrize("n_contexts", [2, 64, 65, 66, 131])
def test_tiles_of_any_number_agree_with_a_cache(n_heads, n_contexts):
    config, weights = ModelConfig(n_heads=n_heads), double_weights()
    x = sequences(3, n_contexts).double()
    together = rollout.rollouts(config, weights, x, n_contexts, 5)
    for context in {1, 2, 63, 64, 65, 66, 130, 131}:
        if context <= n_contexts:
            cached = reference.cached_rollout(config, weights, x[:, :context], 5)
            torch.testing.assert_close(together[:, :, context - 1], cached, rtol=0, atol=1e-12)


def test_the_lean_cache_is_the_full_one():
    x = sequences(2, 30).double()
    full, lean = (
        reference.cached_rollout(ModelConfig(), double_weights(), x, 4, lean=lean)
        for lean in (False, True)
    )
    torch.testing.assert_close(full, lean, rtol=0, atol=1e-13)


@pytest.mark.parametrize("n_heads", [1, 3])
@pytest.mark.parametrize("memory", rollout.MEMORIES)
def test_single_precision_errors_agree_to_rounding(n_heads, memory):
    """The analytic solution: where no earlier sky is close, tiny differences decide."""
    config, x = ModelConfig(n_heads=n_heads), sequences(2, 400)
    single = rollout.context_errors(config, model.analytic(), x, memory=memory)
    exact = rollout.context_errors(config, model.analytic(torch.float64), x, memory=memory)
    torch.testing.assert_close(single.aligned, exact.aligned, rtol=0, atol=2e-5)
    assert (single.aligned - exact.aligned).abs().mean() < 1e-6


def test_predictions_of_a_context_do_not_see_what_follows_it():
    x = sequences(2, 90)
    changed = x.clone()
    changed[:, 60:] += 1.0
    before, after = (
        rollout.rollouts(ModelConfig(), model.init_weights([0]), inputs, 90, 3)
        for inputs in (x, changed)
    )
    assert torch.equal(before[:, :, :60], after[:, :, :60])  # T = 1 ... 60 observe x_0 ... x_59
    assert (before[:, :, 60] != after[:, :, 60]).any()


@pytest.mark.parametrize("memory", rollout.MEMORIES)
def test_after_one_observation_nothing_is_known(memory):
    predicted = rollout.rollouts(ModelConfig(), model.init_weights([0]), sequences(2, 9), 9, 4)
    assert torch.equal(predicted[:, :, 0], torch.zeros(4, 2, 6))


def test_the_first_prediction_is_the_models_own():
    x = sequences(3, 70).double()
    predicted = rollout.rollouts(ModelConfig(), double_weights(), x, 70, 1)
    direct = model.forward(ModelConfig(), double_weights(), x.unsqueeze(0))
    torch.testing.assert_close(predicted[0], direct[0], rtol=0, atol=1e-13)


def test_memories_differ_from_the_second_step_on():
    stored, observed, zeroed = (
        rollout.rollouts(ModelConfig(), model.init_weights([0]), sequences(2, 40), 40, 2, memory)
        for memory in ("stored", "observed", "zeroed")
    )
    assert torch.equal(stored[0], observed[0])
    assert torch.equal(stored[0], zeroed[0])
    for left, right in ((stored, observed), (stored, zeroed), (observed, zeroed)):
        assert (left[1, :, 1:] - right[1, :, 1:]).abs().max() > 1e-3


@pytest.mark.parametrize("scale", [0.01, 1.0, 3.0, 8.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_reading_is_exact_however_long_the_keys_are(scale, dtype):
    """Long keys put a row's largest weight far below its bound, beyond the range of float32."""
    generator = torch.Generator().manual_seed(0)
    queries, keys, values = (
        torch.randn(4, 2, 150, generator=generator, dtype=torch.float64) for _ in range(3)
    )
    queries, keys = (queries * scale).to(dtype), (keys * scale).to(dtype)
    read, log_mass = rollout.ObservedPairs(keys, values.to(dtype), 50.0).read(queries)
    future = torch.ones(150, 150, dtype=torch.bool).triu(1)
    scores = (50 * queries.double().mT @ keys.double()).masked_fill(future, -torch.inf)
    # An exponent is off by its own size, or by that of the headroom, times the rounding of dtype.
    largest = scores.masked_fill(future, 0).abs().max().item()
    tolerance = (rollout.HEADROOM + largest) * torch.finfo(dtype).eps
    expected = (scores.softmax(-1) @ values.mT).mT
    torch.testing.assert_close(read.double(), expected, rtol=0, atol=tolerance)
    expected = scores.logsumexp(-1)
    torch.testing.assert_close(log_mass.double(), expected, rtol=0, atol=tolerance)


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", ["stored", "zeroed"])
def test_both_errors_by_hand(memory):
    x = sequences(3, 20).double()
    errors = rollout.context_errors(
        ModelConfig(), double_weights(), x, memory=memory, n_steps=5, chunk=2
    )
    assert errors.contexts.tolist() == list(range(1, 16))
    assert errors.n_sequences == 3
    for context in (1, 2, 9, 15):
        aligned, misaligned = [], []
        for sequence in x:
            # predicted[j] is x_{context + j}
            predicted = reference.rollout_one(
                ModelConfig(), double_weights(), sequence[:context], 6, memory
            )
            truth = sequence[context : context + 5]
            aligned.append((predicted[:5] - truth).abs().mean())
            misaligned.append((predicted[1:] - truth).abs().mean())
        aligned, misaligned = torch.stack(aligned), torch.stack(misaligned)
        index = context - 1
        assert errors.aligned[index].item() == pytest.approx(aligned.mean().item(), abs=1e-13)
        assert errors.misaligned[index].item() == pytest.approx(misaligned.mean().item(), abs=1e-13)
        spread = (aligned.std() / 3**0.5).item()
        assert errors.standard_error[index].item() == pytest.approx(spread, abs=1e-9)


def test_errors_agree_with_regenerating_from_every_prefix():
    x = sequences(3, 40).double()
    errors = rollout.context_errors(ModelConfig(), double_weights(), x, n_steps=6)
    slow = reference.regenerated_errors(ModelConfig(), double_weights(), x, range(1, 35), 6)
    torch.testing.assert_close(errors.aligned, slow, rtol=0, atol=1e-13)


def test_the_published_axis_fits():
    x = sequences(1, 800)
    errors = rollout.context_errors(ModelConfig(), model.analytic(), x, n_steps=25)
    assert errors.contexts[-1] == 775


def test_misalignment_adds_about_one_step_of_rotation():
    """A perfect prediction, compared one step late."""
    x = sequences(64, 200, skies.SHOWN_TRAIN_TRIPLE).double()
    perfect = torch.stack([x[:, 1 + step : 161 + step] for step in range(26)])
    assert rollout.per_sequence_error(perfect[:-1], x).abs().max() == 0
    floor = rollout.per_sequence_error(perfect[1:], x).mean()
    assert floor.item() == pytest.approx(0.102, abs=0.01)  # mean |x_{t+1} - x_t|


def test_chunks_do_not_matter_and_are_reported():
    x, seen = sequences(5, 60), []
    config, weights = ModelConfig(), model.init_weights([0])
    whole = rollout.context_errors(config, weights, x, chunk=5)
    parts = rollout.context_errors(config, weights, x, chunk=2, on_chunk=seen.append)
    assert seen == [2, 4, 5]
    torch.testing.assert_close(parts.aligned, whole.aligned, rtol=0, atol=1e-7)
    torch.testing.assert_close(parts.misaligned, whole.misaligned, rtol=0, atol=1e-7)


# --- refusals --------------------------------------------------------------------------------


def test_an_unknown_memory_is_refused():
    with pytest.raises(ValueError, match="allowed are stored, observed, zeroed"):
        rollout.rollouts(ModelConfig(), model.analytic(), sequences(1, 9), 9, 2, "frozen")


def test_a_pack_of_many_models_is_refused():
    with pytest.raises(ValueError, match="a pack of one model is needed, not of 2"):
        rollout.rollouts(ModelConfig(), model.init_weights([0, 1]), sequences(1, 9), 9, 2)


@pytest.mark.parametrize("n_contexts", [1, 10])
def test_contexts_that_do_not_fit_are_refused(n_contexts):
    with pytest.raises(ValueError, match="9 points allow 2 to 9"):
        rollout.rollouts(ModelConfig(), model.analytic(), sequences(1, 9), n_contexts, 2)
