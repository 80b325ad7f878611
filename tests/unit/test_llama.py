"""Llama: equal to the loops, causal, sizes, grouped heads, vectors as inputs, decoding."""

import dataclasses

import pytest
import torch

from memstudy.nn.generation import generate
from memstudy.nn.language_model import count_parameters
from memstudy.nn.llama import Llama, LlamaAttention, LlamaConfig
from memstudy.nn.llama_reference import llama
from memstudy.nn.transformer import Attention, Transformer, TransformerConfig

SHAPE = dict(vocab_size=30, d_model=24, n_heads=4, n_blocks=2)
CONFIGS = {
    "plain": LlamaConfig(**SHAPE),
    "grouped": LlamaConfig(**SHAPE, n_kv_heads=2, d_hidden=20),
    "one key-value head": LlamaConfig(**SHAPE, n_kv_heads=1, tied=True),
    "fan_in": LlamaConfig(**SHAPE, init="fan_in"),
    "long inputs": LlamaConfig(**SHAPE, n_kv_heads=2, rope_base=500.0, norm_epsilon=0.1),
}
every_config = pytest.mark.parametrize("name", CONFIGS)


def build(name: str, seed: int = 0) -> Llama:
    return Llama(CONFIGS[name], torch.Generator().manual_seed(seed)).double().eval()


def tokens(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(30, shape, generator=torch.Generator().manual_seed(seed))


@every_config
def test_equal_to_the_loops_in_values_and_gradients(name):
    model, x, y = build(name), tokens(2, 7), tokens(2, 7, seed=2)
    for parameter in model.parameters():  # larger than at the start: attention far from uniform
        parameter.data = parameter.data * 3
    loss = torch.nn.functional.cross_entropy
    torch.testing.assert_close(model(x), llama(model, x), rtol=1e-9, atol=1e-10)
    losses = loss(model(x).mT, y), loss(llama(model, x).mT, y), model.loss(x, y)
    weights = list(model.parameters())
    fast, slow, fused = (torch.autograd.grad(one, weights) for one in losses)
    torch.testing.assert_close(fast, slow, rtol=1e-8, atol=1e-11)
    torch.testing.assert_close(fast, fused, rtol=1e-7, atol=1e-11)  # its mean is in float32


@every_config
def test_causal_to_the_bit(name):
    model, x = build(name).float(), tokens(2, 20)
    before = model(x)
    for position in (0, 1, 9, 19):
        changed = x.clone()
        changed[:, position] = (changed[:, position] + 1) % 30
        after = model(changed)
        assert torch.equal(before[:, :position], after[:, :position])
        assert (before[:, position:] != after[:, position:]).any(-1).all()


@every_config
def test_vectors_may_take_the_place_of_embedded_tokens(name):
    model, x = build(name), tokens(2, 9)
    vectors = model.embedding(x).detach().requires_grad_()
    found = model.hidden_from_embeddings(vectors)
    assert torch.equal(found, model.hidden(x))
    found[:, -1].square().sum().backward()
    assert (vectors.grad.abs().amax(-1) > 0).all()  # every earlier vector matters


def test_learned_positions_are_added_to_vectors_too():
    config = TransformerConfig(**SHAPE, context_length=9, position="absolute")
    model = Transformer(config, torch.Generator().manual_seed(0)).eval()
    x = tokens(2, 9)
    assert torch.equal(model.hidden_from_embeddings(model.embedding(x)), model.hidden(x))
    with pytest.raises(ValueError, match="learned positions end at 9"):
        model.hidden_from_embeddings(torch.zeros(1, 10, 24))


@every_config
def test_decoding_equals_the_full_forward_pass(name):
    model, x = build(name), tokens(3, 12)
    lengths = torch.tensor([5, 1, 7])
    logits, state = model.prefill(x[:, :7], lengths, 12)
    expected = model(x)
    for step in range(5):
        torch.testing.assert_close(logits, expected[torch.arange(3), lengths - 1 + step])
        logits = model.step(x[torch.arange(3), lengths + step], state)
    kept = state.layers[0][0].keys.shape
    assert kept == (3, CONFIGS[name].kv_heads, 12, 6)  # the few heads only
    (text,) = generate(model, [x[0].tolist()], 4, temperature=0)
    again = torch.cat((x[:1], torch.tensor([text])), dim=1)
    assert text == model(again)[0, 11:15].argmax(-1).tolist()


@every_config
def test_attention_rows_are_probabilities_over_all_positions(name):
    rows = build(name).attention_rows(tokens(2, 9))
    assert rows.shape == (2, 2, 4, 9) and (rows > 0).all()
    torch.testing.assert_close(rows.sum(-1), torch.ones(2, 2, 4, dtype=rows.dtype))


def test_the_last_row_is_what_the_last_position_reads():
    """The output is the weights' mean of the values, for grouped heads too."""
    layer = LlamaAttention(24, 4, 2).double()
    x = torch.randn(2, 9, 24, dtype=torch.float64)
    value = layer._project(x, torch.arange(9))[2].repeat_interleave(2, dim=2)
    read = torch.einsum("bht,bthd->bhd", layer.last_row(x), value)
    torch.testing.assert_close(layer.output(read.flatten(1)), layer(x)[:, -1])


def test_without_groups_it_is_the_rotary_attention_of_the_transformer():
    one, other = LlamaAttention(24, 4), Attention(24, 4, "rope")
    other.load_state_dict(one.state_dict())
    x = torch.randn(2, 9, 24)
    assert torch.equal(one(x), other(x))


def test_projected_shapes():
    query, key, value = LlamaAttention(24, 4, 2)._project(torch.randn(2, 9, 24), torch.arange(9))
    assert query.shape == (2, 9, 4, 6)
    assert key.shape == value.shape == (2, 9, 2, 6)


def test_sizes():
    """16 d² weights a block and tables of its own for input and output (Memory Models, B.1)."""
    d = SHAPE["d_model"]
    assert count_parameters(build("plain").blocks[0]) == 16 * d * d + 2 * d
    norms = (2 * 2 + 1) * d
    assert count_parameters(build("plain")) == 2 * 16 * d * d + norms + 2 * 30 * d
    tied = count_parameters(build("one key-value head"))
    assert tied == 2 * (14 * d * d + d * d // 2) + norms + 30 * d


def test_initial_weights_come_from_the_generator_alone():
    one, other, third = build("grouped", 3), build("grouped", 3), build("grouped", 4)
    for name, weight in one.state_dict().items():
        assert torch.equal(weight, other.state_dict()[name])
    assert not torch.equal(one.head.weight, third.head.weight)
    assert one.head.weight.std().item() == pytest.approx(0.02, rel=0.1)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"n_kv_heads": 3}, "n_heads 4 is not a multiple of n_kv_heads 3"),
        ({"n_kv_heads": 0}, "n_heads 4 is not a multiple of n_kv_heads 0"),
        ({"d_model": 12}, "odd number"),
        ({"d_hidden": 0}, "d_hidden is 0"),
    ],
)
def test_impossible_shapes_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CONFIGS["plain"], **change)


@torch.no_grad()
def test_pytorchs_own_weights_have_wide_embeddings_and_uniform_maps():
    shape = LlamaConfig(
        vocab_size=500, d_model=64, n_heads=4, n_blocks=2, d_hidden=96, init="pytorch"
    )
    model = Llama(shape, torch.Generator().manual_seed(0))
    assert model.logit_scale == 1.0
    assert model.embedding.weight.std() == pytest.approx(1.0, rel=0.02)
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            bound = module.in_features**-0.5
            assert 0.98 * bound < module.weight.abs().max() <= bound
            assert module.weight.std() == pytest.approx(bound / 3**0.5, rel=0.03)
    tied = Llama(dataclasses.replace(shape, tied=True), torch.Generator().manual_seed(0))
    assert tied.embedding.weight.std() == pytest.approx(64**-0.5, rel=0.02)
    again = Llama(shape, torch.Generator().manual_seed(0))
    assert torch.equal(again.embedding.weight, model.embedding.weight)


@torch.no_grad()
@pytest.mark.parametrize(
    "init, narrow, wide",
    [("pytorch", 6.1, 6.1), ("gpt2", 4.1, 0.32), ("fan_in", 0.24, 0.08)],
)
def test_size_of_embeddings_beside_what_a_block_adds(init, narrow, wide):
    for d_model, ratio in ((64, narrow), (512, wide)):
        shape = LlamaConfig(vocab_size=200, d_model=d_model, n_heads=4, n_blocks=2, init=init)
        model = Llama(shape, torch.Generator().manual_seed(0))
        tokens = torch.randint(200, (4, 32), generator=torch.Generator().manual_seed(1))
        embedded = model.embedding(tokens)
        added = model.blocks[0](embedded) - embedded
        found = float(embedded.std() / added.std())
        assert found == pytest.approx(ratio, rel=0.1)
