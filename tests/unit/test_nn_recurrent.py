"""The other architectures of Fig. 11: equal to their recurrences, causal, and as deep as said."""

import pytest
import torch
from torch.func import functional_call, grad, stack_module_state, vmap

from memstudy.nn.language_model import count_parameters
from memstudy.nn.recurrent.convolution import long_convolution, short_convolution
from memstudy.nn.recurrent.model import MIXERS, RecurrentConfig, RecurrentModel
from memstudy.nn.recurrent.reference import NAIVE, convolution
from memstudy.nn.recurrent.rwkv import weighted_average

SHAPE = dict(vocab_size=20, d_model=16, n_heads=2, n_blocks=2, context_length=150)
LENGTHS = (1, 2, 17, 131)  # 131: two whole chunks of the slowest chunking, and a rest
every_mixer = pytest.mark.parametrize("name", MIXERS)


def build(name: str, seed: int = 0, **changes) -> RecurrentModel:
    config = RecurrentConfig(**{**SHAPE, "init": "fan_in", "mixer": name, **changes})
    return RecurrentModel(config, torch.Generator().manual_seed(seed))


def layer_of(name: str):
    """A layer in float64, its own parameters moved off their regular initial values."""
    layer = build(name).double().blocks[0].context_layer
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in layer.parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.add_(0.1 * noise)
    return layer


def normal(*shape: int, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def tokens(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(20, shape, generator=torch.Generator().manual_seed(seed))


def test_every_layer_has_a_reference():
    assert set(MIXERS) == set(NAIVE)


@pytest.mark.parametrize("time", LENGTHS)
@every_mixer
def test_values_and_gradients_are_those_of_the_recurrence(name, time):
    layer, x = layer_of(name), normal(2, time, 16).requires_grad_()
    inputs = (x, *layer.parameters())
    ours, naive = layer(x), NAIVE[name](layer, x)
    torch.testing.assert_close(ours, naive, rtol=1e-9, atol=1e-11)
    weight = normal(2, time, 16, seed=2)
    grads = torch.autograd.grad((ours * weight).sum(), inputs, allow_unused=True)
    expected = torch.autograd.grad((naive * weight).sum(), inputs, allow_unused=True)
    for one, other, parameter in zip(grads, expected, inputs, strict=True):
        one = torch.zeros_like(parameter) if one is None else one
        other = torch.zeros_like(parameter) if other is None else other
        assert torch.isfinite(one).all()
        torch.testing.assert_close(one, other, rtol=1e-7, atol=1e-9)


@every_mixer
def test_causal_to_the_bit(name):
    model, x = build(name).eval(), tokens(2, 131)
    with torch.no_grad():
        before = model(x)
        for position in (0, 16, 63, 64, 130):
            changed = x.clone()
            changed[:, position] = (changed[:, position] + 1) % 20
            after = model(changed)
            assert torch.equal(before[:, :position], after[:, :position])
            assert not torch.equal(before[:, position], after[:, position])


@every_mixer
def test_every_earlier_position_matters(name):
    """Over-masking leaks nothing, so causality alone would not notice it."""
    layer, x = layer_of(name), normal(1, 30, 16).requires_grad_()
    (x_grad,) = torch.autograd.grad(layer(x)[0, -1].square().sum(), x)
    assert (x_grad[0].abs().amax(-1) > 0).all()


@every_mixer
def test_single_precision_stays_close_and_finite_on_strong_inputs(name):
    layer, x = layer_of(name), 20 * normal(2, 131, 16)
    exact = layer(x)
    ours = layer.float()(x.float().requires_grad_())
    assert (ours.double() - exact).abs().max() < 1e-2 * exact.abs().max()
    ours.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in layer.parameters() if p.grad is not None)


@every_mixer
def test_loss_is_the_cross_entropy_of_the_logits_and_trains_every_parameter(name):
    model, x, y = build(name).double(), tokens(2, 33), tokens(2, 33, seed=2)
    y[0, :5] = -100
    whole = torch.nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
    torch.testing.assert_close(model.loss(x, y), whole)
    model.loss(x, y).backward()
    for label, parameter in model.named_parameters():
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), label
        assert parameter.grad.abs().max() > 0, label


@every_mixer
def test_seeds_draw_all_weights(name):
    one, same, other = build(name), build(name), build(name, seed=1)
    for (label, a), b in zip(one.named_parameters(), same.parameters(), strict=True):
        assert torch.equal(a, b), label
    assert not torch.equal(one(tokens(1, 9)), other(tokens(1, 9)))


@every_mixer
def test_depth_counts(name):
    """Each block moves the output, and the second one reads what the first wrote."""
    x, proper = tokens(2, 21), build(name)
    one_deep = build(name, n_blocks=1)
    one_deep.load_state_dict(proper.state_dict(), strict=False)
    assert not torch.allclose(proper(x), one_deep(x), atol=1e-4)
    assert seen_by_block(proper, 1, x) != seen_by_block(without_first(proper), 1, x)


@every_mixer
def test_the_published_defect_leaves_one_layer(name):
    x, defect = tokens(2, 21), build(name, every_layer_reads_embeddings=True)
    before = defect(x)
    defect.loss(x, x).backward()
    assert all(p.grad is None or not p.grad.any() for p in defect.blocks[0].parameters())
    from_embeddings = defect.hidden_from_embeddings(defect.embedding(x))
    assert torch.equal(from_embeddings, defect.hidden(x))
    assert torch.equal(before, without_first(defect)(x))


def without_first(model: RecurrentModel) -> RecurrentModel:
    """The same model with the weights of its first block's outputs set to 0."""
    with torch.no_grad():
        model.blocks[0].context_layer.output.weight.zero_()
        model.blocks[0].token_layer.output.weight.zero_()
    return model


def seen_by_block(model: RecurrentModel, index: int, x: torch.Tensor) -> list:
    """What a block gets as its input."""
    seen = []
    handle = model.blocks[index].register_forward_hook(lambda _, args, __: seen.append(args[0]))
    model(x)
    handle.remove()
    return seen[0].tolist()


@every_mixer
def test_several_models_can_be_batched_into_one(name):
    """torch.func.vmap over the weights of two models gives the gradients of each."""
    models, x = [build(name, seed).double() for seed in (0, 1)], tokens(2, 33)

    def loss(parameters, buffers):
        return functional_call(models[0], (parameters, buffers), (x,)).square().mean()

    together = vmap(grad(loss))(*stack_module_state(models))
    for index, model in enumerate(models):
        model(x).square().mean().backward()
        for label, parameter in model.named_parameters():
            torch.testing.assert_close(together[label][index], parameter.grad)


@every_mixer
def test_sizes_are_reported(name):
    model = build(name)
    sizes = model.sizes(100)
    assert sizes["parameters"] == count_parameters(model)
    assert 0 < sizes["context_parameters"] < sizes["parameters"]
    assert sizes["state_size"] == 2 * model.blocks[0].context_layer.state_size(100) > 0


@every_mixer
def test_what_these_models_lack_is_said_in_one_line(name):
    model, x = build(name), tokens(1, 5)
    with pytest.raises(NotImplementedError, match="no attention weights"):
        model.attention_rows(x)
    with pytest.raises(NotImplementedError, match="cannot decode"):
        model.prefill(x, torch.tensor([5]), 9)
    with pytest.raises(NotImplementedError, match="cannot decode"):
        model.prefill_from_embeddings(model.embedding(x), torch.tensor([5]), 9)
    with pytest.raises(NotImplementedError, match="cannot decode"):
        model.step(x[:, 0], None)


@pytest.mark.parametrize("extreme", [-1e4, -100.0, 100.0, 1e4])
def test_keys_of_rwkv_cannot_overflow(extreme):
    """All keys alike: the common factor leaves the quotient alone, however large it is."""
    value, rate, bonus = normal(1, 9, 4).float(), torch.zeros(4), torch.ones(4)
    key = torch.full((1, 9, 4), extreme, requires_grad=True)
    average = weighted_average(key, value, rate, bonus)
    torch.testing.assert_close(average, weighted_average(0 * key, value, rate, bonus))
    average.sum().backward()
    assert torch.isfinite(key.grad).all()


def test_convolutions_with_any_number_of_lags():
    x = normal(2, 131, 3)
    for lags in (1, 2, 63, 64, 65, 66, 129, 131, 140):
        kernel = normal(3, lags)
        expected = convolution(x, kernel)
        torch.testing.assert_close(long_convolution(x, kernel), expected)
        torch.testing.assert_close(short_convolution(x, kernel), expected)


def test_an_unknown_mixer_is_refused():
    with pytest.raises(ValueError, match="unknown mixer 'gru'; choose one of lstm"):
        build("gru")


@pytest.mark.parametrize("name", ["retention", "gla"])
def test_odd_heads_are_refused(name):
    with pytest.raises(ValueError, match="odd"):
        build(name, d_model=18, n_heads=2)
