"""Both families of language models: sizes, causality, lengths, probes, groups of parameters."""

import dataclasses

import pytest
import torch

from memstudy.nn import plain
from memstudy.nn.language_model import count_parameters
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.nn.transformer import POSITIONS, Transformer, TransformerConfig

SHAPE = dict(vocab_size=50, d_model=24, n_heads=3, n_blocks=2, context_length=48)
MODELS = {
    "mosaic": MosaicConfig(**SHAPE),
    "mosaic, mlp": MosaicConfig(**SHAPE, token_layer="mlp"),
    "mosaic, no leak": MosaicConfig(**SHAPE, leaky=False),
    "mosaic, no look-ahead": MosaicConfig(**SHAPE, look_ahead=False),
    **{p: TransformerConfig(**SHAPE, position=p) for p in POSITIONS},
}


def build(name: str, seed: int = 0, **changes):
    config = dataclasses.replace(MODELS[name], **changes)
    family = MemoryMosaic if isinstance(config, MosaicConfig) else Transformer
    return family(config, torch.Generator().manual_seed(seed))


def tokens(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(50, shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    "n_blocks, mosaic, gpt2",
    [
        (1, 45_713_748, 46_106_880),
        (2, 52_793_256, 53_186_304),
        (4, 66_952_272, 67_345_152),
        (8, 95_270_304, 95_662_848),
        (12, 123_588_336, 123_980_544),
        (18, 166_065_384, 166_457_088),
    ],
)
def test_parameter_counts_of_the_paper(n_blocks, mosaic, gpt2):
    shape = dict(vocab_size=50304, d_model=768, n_heads=12, n_blocks=n_blocks, context_length=512)
    with torch.device("meta"):
        assert count_parameters(MemoryMosaic(MosaicConfig(**shape))) == mosaic
        assert count_parameters(Transformer(TransformerConfig(**shape))) == gpt2


def test_the_ablation_has_the_same_size_but_for_the_scalars_of_the_persistent_unit():
    difference = count_parameters(build("mosaic")) - count_parameters(build("mosaic, mlp"))
    assert difference == 3 * SHAPE["n_heads"] * SHAPE["n_blocks"]


@pytest.mark.parametrize("name", MODELS)
def test_causal_to_the_bit(name):
    model, x = build(name).eval(), tokens(2, 40)
    before = model(x)
    for position in (0, 1, 16, 38, 39):
        changed = x.clone()
        changed[:, position] = (changed[:, position] + 1) % 50
        after = model(changed)
        assert torch.equal(before[:, :position], after[:, :position])
        assert not torch.equal(before[:, position], after[:, position])


@pytest.mark.parametrize("name", MODELS)
def test_every_earlier_token_matters(name):
    """Over-masking leaks nothing, so causality alone would not notice it."""
    model = build(name).double()
    embedded = []
    model.embedding.register_forward_hook(lambda *call: embedded.append(call[-1]))
    model(tokens(1, 12))[0, -1].square().sum().backward(inputs=[embedded[0]])
    assert (embedded[0].grad.abs().amax(-1) > 0).all()


@pytest.mark.parametrize("name", MODELS)
def test_loss_is_the_cross_entropy_of_the_logits_with_gradients(name):
    model, x, y = build(name).double(), tokens(2, 17), tokens(2, 17, seed=2)
    y[0, :5] = -100
    whole = torch.nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
    expected = torch.autograd.grad(whole, tuple(model.parameters()))
    ours = model.loss(x, y)
    torch.testing.assert_close(ours, whole)
    for one, other in zip(
        torch.autograd.grad(ours, tuple(model.parameters())), expected, strict=True
    ):
        assert torch.isfinite(one).all()
        torch.testing.assert_close(one, other, rtol=1e-7, atol=1e-10)
    each = model.loss(x, y, reduction="none")
    torch.testing.assert_close(each.sum() / (y >= 0).sum(), whole)


def test_the_mosaic_equals_the_published_formulation():
    model, x, y = build("mosaic").double(), tokens(3, 41), tokens(3, 41, seed=2)
    parameters = tuple(model.parameters())
    ours, theirs = model.loss(x, y), plain.loss(model, x, y)
    torch.testing.assert_close(ours, theirs)
    for one, other in zip(
        torch.autograd.grad(ours, parameters), torch.autograd.grad(theirs, parameters), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "absolute"])
def test_a_checkpoint_loads_at_another_length(name):
    short, long = build(name), build(name, seed=5, context_length=3 * 48)
    long.load_state_dict(short.state_dict())
    x = tokens(1, 144)
    torch.testing.assert_close(long(x)[:, :48], short(x[:, :48]))
    torch.testing.assert_close(long(x), short(x))


def test_learned_positions_end_and_say_so():
    with pytest.raises(ValueError, match="learned positions end at 48"):
        build("absolute")(tokens(1, 49))


@pytest.mark.parametrize("name", MODELS)
def test_attention_rows_are_the_last_rows_of_the_whole_matrices(name):
    model, x = build(name).double().eval(), tokens(2, 30)
    rows = model.attention_rows(x)
    assert rows.shape == (2, 2, 3, 30)
    torch.testing.assert_close(rows.sum(-1), torch.ones(2, 2, 3, dtype=torch.float64))
    # Read with one-hot "values": what the first layer's last position retrieves must be those
    # weights applied to the values that the layer has.
    layer = model.blocks[0].context_layer
    inputs = []
    layer.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    outputs = []
    layer.output.register_forward_pre_hook(lambda _, args: outputs.append(args[0]))
    model(x)
    if hasattr(layer, "value"):
        assert rows[..., -1].eq(0).all()
        values = layer.value(inputs[0])
    else:
        values = layer.project(inputs[0]).unflatten(-1, (3, 3, -1))[:, :, 2]
    expected = torch.einsum("bht,bthp->bhp", rows[0], values).flatten(1)
    torch.testing.assert_close(outputs[0][:, -1], expected)


@pytest.mark.parametrize("name", ["mosaic", "absolute"])
def test_decay_falls_on_matrices_only_unless_asked(name):
    model = build(name)
    decayed, kept = model.parameter_groups(0.1)
    assert decayed["weight_decay"] == 0.1 and kept["weight_decay"] == 0.0
    assert all(p.dim() >= 2 for p in decayed["params"]) and all(p.dim() < 2 for p in kept["params"])
    assert any(p is model.embedding.weight for p in decayed["params"])
    total = sum(p.numel() for group in (decayed, kept) for p in group["params"])
    assert total == count_parameters(model)
    (everything,) = model.parameter_groups(0.1, decay_all=True)
    assert sum(p.numel() for p in everything["params"]) == total


@pytest.mark.parametrize("name", ["mosaic", "absolute"])
def test_initial_weights_come_from_the_generator_alone(name):
    one = build(name).state_dict()
    torch.rand(3)
    two, other = build(name).state_dict(), build(name, seed=9).state_dict()
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not torch.equal(one["embedding.weight"], other["embedding.weight"])


def test_initial_scales_of_the_conventions():
    wide = dict(vocab_size=1000, d_model=128, n_heads=4, n_blocks=4)
    generator = torch.Generator().manual_seed(0)
    mosaic = MemoryMosaic(MosaicConfig(**wide), generator)
    context, bank = mosaic.blocks[0].context_layer, mosaic.blocks[0].token_layer
    expected = {
        mosaic.embedding.weight: 128**-0.5,
        context.key.project.weight: 128**-0.5,
        context.output.weight: 128**-0.5 / 2,
        bank.output.weight: 128**-0.5 / 2,
        bank.bank_keys: 32**-0.5,
        bank.bank_values: 32**-0.5,
    }
    gpt2 = Transformer(TransformerConfig(**wide), generator)
    expected |= {
        gpt2.embedding.weight: 0.02,
        gpt2.blocks[0].context_layer.project.weight: 0.02,
        gpt2.blocks[0].context_layer.output.weight: 0.02 / 8**0.5,
        gpt2.blocks[0].token_layer.output.weight: 0.02 / 8**0.5,
    }
    for weight, std in expected.items():
        assert abs(weight.std().item() / std - 1) < 0.03
    # The first loss is that of guessing: inputs are not the targets here.
    x, y = tokens(4, 48), tokens(4, 48, seed=2)
    for model in (mosaic, gpt2):
        assert abs(model.loss(x, y).item() - torch.tensor(1000.0).log().item()) < 0.3


def test_dropout_acts_in_training_only():
    rates = dict(attention_dropout=0.2, residual_dropout=0.2, embedding_dropout=0.2)
    for name in ("mosaic", "absolute"):
        model, x = build(name, **rates), tokens(1, 20)
        assert not torch.equal(model(x), model(x))
        model.eval()
        assert torch.equal(model(x), model(x)) and torch.equal(model(x), build(name)(x))


@pytest.mark.parametrize(
    "family, change, message",
    [
        (MosaicConfig, dict(n_heads=5), "d_model 24 is not a multiple of n_heads 5"),
        (MosaicConfig, dict(token_layer="moe"), "choose one of persistent, mlp"),
        (MosaicConfig, dict(n_slots=0), "n_slots is 0"),
        (MosaicConfig, dict(init="kaiming"), "choose one of fan_in, gpt2"),
        (MosaicConfig, dict(residual_dropout=1.0), r"must lie in \[0, 1\)"),
        (TransformerConfig, dict(position="sine"), "choose one of absolute, rope, alibi, none"),
        (TransformerConfig, dict(n_blocks=0), "n_blocks is 0"),
        (TransformerConfig, dict(n_heads=8, position="rope"), "odd number"),
    ],
)
def test_impossible_shapes_are_refused(family, change, message):
    with pytest.raises(ValueError, match=message):
        family(**{**SHAPE, **change})
