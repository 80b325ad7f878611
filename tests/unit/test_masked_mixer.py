"""Masked mixer: equal to the loops, causal in every kernel and head, sizes, refusals."""

import dataclasses

import pytest
import torch

from memstudy.nn.language_model import count_parameters
from memstudy.nn.mixer import MaskedMixer, MaskedMixerConfig, TokenConvolution
from memstudy.nn.mixer_reference import token_convolution

SHAPE = dict(vocab_size=30, d_model=16, n_blocks=2, context_length=10)
CONFIGS = {
    (heads, kernel): MaskedMixerConfig(**SHAPE, n_heads=heads, kernel=kernel)
    for heads, kernel in ((1, 1), (1, 4), (1, 5), (1, 16), (2, 1), (4, 3))
}
every_config = pytest.mark.parametrize("name", CONFIGS, ids=str)
kernels = pytest.mark.parametrize("heads, kernel", [(1, 1), (1, 2), (1, 5), (2, 1), (2, 4)])


def build(name, seed=0):
    model = MaskedMixer(CONFIGS[name], torch.Generator().manual_seed(seed)).eval()
    with torch.no_grad():  # biases are zero at first and would not be tested
        for key, weight in model.named_parameters():
            if "bias" in key:
                weight.normal_(generator=torch.Generator().manual_seed(len(key)))
    return model


def layer(heads, kernel, d_model=8, time=5):
    made = TokenConvolution(d_model, heads, time, kernel).double()
    made.bias.data.normal_()
    return made


def tokens(*shape, seed=1):
    return torch.randint(30, shape, generator=torch.Generator().manual_seed(seed))


@kernels
@pytest.mark.parametrize("time", [5, 3])
def test_equal_to_the_loops_in_values_and_gradients(heads, kernel, time):
    made = layer(heads, kernel)
    x = torch.randn(2, time, 8, dtype=torch.float64, requires_grad=True)
    fast, slow = made(x), token_convolution(made, x)
    torch.testing.assert_close(fast, slow)
    weights = [x, *made.parameters()]
    probe = torch.randn_like(fast)
    gradients = [torch.autograd.grad((y * probe).sum(), weights) for y in (fast, slow)]
    torch.testing.assert_close(*gradients)


@every_config
def test_causal_to_the_bit(name):
    """The window over the features is centred; that over the tokens never looks ahead."""
    model, x = build(name), tokens(2, 10)
    before = model(x)
    for position in range(10):
        changed = x.clone()
        changed[:, position] = (changed[:, position] + 1) % 30
        after = model(changed)
        assert torch.equal(before[:, :position], after[:, :position])
        assert (before[:, position:] != after[:, position:]).any(-1).all()


@kernels
def test_weights_of_later_tokens_have_no_effect_and_no_gradient(heads, kernel):
    made = layer(heads, kernel)
    x = torch.randn(2, 5, 8, dtype=torch.float64)
    before = made(x)
    later = torch.ones(5, 5, dtype=torch.bool).triu(1)
    before.square().sum().backward()
    assert (made.weight.grad[:, later] == 0).all() and (made.weight.grad[:, ~later] != 0).all()
    made.weight.data[:, later] = 7.0
    assert torch.equal(made(x), before)


@every_config
def test_a_shorter_window_is_the_beginning_of_a_longer_one(name):
    model, x = build(name).double(), tokens(2, 10)
    torch.testing.assert_close(model(x[:, :4]), model(x)[:, :4])


@every_config
def test_sizes(name):
    """A block has k n² weights for the tokens, or h (k n² + n) + 2 d² + 2 d with heads."""
    (heads, kernel), d, n = name, 16, 10
    model = build(name)
    linears = 0 if heads == 1 else 2 * d * d + 2 * d
    assert count_parameters(model.blocks[0].context_layer) == heads * (kernel * n * n + n) + linears
    assert count_parameters(model.blocks[0].token_layer) == 8 * d * d + 5 * d
    blocks = sum(count_parameters(block) for block in model.blocks)
    assert count_parameters(model) == blocks + 2 * 30 * d + 2 * d  # two tables and a norm


@every_config
def test_initial_weights_come_from_the_generator_alone(name):
    one, other, third = (
        MaskedMixer(CONFIGS[name], torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    for key, weight in one.state_dict().items():
        assert torch.equal(weight, other.state_dict()[key])
    convolutions = [model.blocks[1].context_layer.weight for model in (one, third)]
    assert not torch.equal(*convolutions)
    assert all((w == 0).all() for key, w in one.named_parameters() if key.endswith("bias"))


def test_loss_is_the_cross_entropy_of_the_logits():
    model, x, y = build((1, 4)), tokens(2, 10), tokens(2, 10, seed=2)
    expected = torch.nn.functional.cross_entropy(model(x).mT, y)
    torch.testing.assert_close(model.loss(x, y), expected)


def test_what_it_cannot_do_is_said():
    model = build((1, 1))
    with pytest.raises(ValueError, match="11 positions, but this mixer has weights for 10"):
        model(tokens(1, 11))
    with pytest.raises(NotImplementedError, match="decode"):
        model.prefill(tokens(1, 4), torch.tensor([4]), 8)
    with pytest.raises(NotImplementedError, match="decode"):
        model.step(tokens(1, 1)[:, 0], None)
    with pytest.raises(NotImplementedError, match="attention weights"):
        model.attention_rows(tokens(1, 4))
    for kernel in (0, 17):
        with pytest.raises(ValueError, match=f"kernel is {kernel}"):
            dataclasses.replace(CONFIGS[1, 1], kernel=kernel)
