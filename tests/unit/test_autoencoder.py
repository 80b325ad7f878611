"""Autoencoder: equal to the loops, nothing but the vector passes, unrolling, what frozen means."""

import copy

import pytest
import torch

from memstudy.nn.autoencoder import Autoencoder, Encoder, Spread
from memstudy.nn.autoencoder_reference import autoencoder, spread
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.mixer import MaskedMixer, MaskedMixerConfig
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig

SHAPE = dict(vocab_size=20, n_blocks=1, context_length=9)


def language_model(family, d_model=8, seed=0, dropout=0.0):
    generator = torch.Generator().manual_seed(seed)
    shape = dict(SHAPE, d_model=d_model, residual_dropout=dropout)
    if family == "llama":
        return Llama(LlamaConfig(**shape, n_heads=2, init="fan_in", tied=True), generator)
    if family == "mosaic":
        return MemoryMosaic(MosaicConfig(**shape, n_heads=2), generator)
    config = MaskedMixerConfig(**shape, n_heads=1, kernel=3, init="fan_in", tied=True)
    return MaskedMixer(config, generator)


def build(encoder="llama", decoder="llama", how="unroll", d_encoder=8, **options):
    first = Encoder(language_model(encoder, d_encoder), **options)
    second = language_model(decoder, seed=1)
    return Autoencoder(first, second, how, torch.Generator().manual_seed(2)).double()


def tokens(*shape, seed=1):
    return torch.randint(20, shape, generator=torch.Generator().manual_seed(seed))


def snapshot(module):
    return copy.deepcopy(module.state_dict())


def changed_names(before, module):
    return {name for name, w in module.state_dict().items() if not torch.equal(w, before[name])}


PAIRS = [("llama", "llama"), ("mixer", "mixer"), ("mixer", "llama"), ("mosaic", "mosaic")]


@pytest.mark.parametrize("how", ["unroll", "repeat"])
@pytest.mark.parametrize("encoder, decoder", PAIRS)
def test_equal_to_the_loops_in_values_and_gradients(encoder, decoder, how):
    model, x = build(encoder, decoder, how, d_encoder=12), tokens(2, 9)
    fast, slow = model(x), autoencoder(model, x)
    torch.testing.assert_close(fast, slow)
    probe = torch.randn_like(fast)
    weights = list(model.parameters())
    found = [torch.autograd.grad((y * probe).sum(), weights) for y in (fast, slow)]
    torch.testing.assert_close(*found)
    expected = torch.nn.functional.cross_entropy(fast.mT, x)  # position i predicts token i
    torch.testing.assert_close(model.loss(x, x), expected)


@pytest.mark.parametrize("d_vector", [8, 5])
@pytest.mark.parametrize("how", ["unroll", "repeat"])
def test_spread_equals_the_loops_beyond_the_width_of_the_vector(how, d_vector):
    layer = Spread(d_vector, language_model("llama"), how).double()
    vector = torch.randn(3, d_vector, dtype=torch.float64)
    found = layer(vector, 19)  # n > d: indices are taken modulo d
    for row, one in zip(found, vector, strict=True):
        torch.testing.assert_close(row, spread(layer, one, 19))


def test_unrolling_shows_each_position_its_window():
    layer = Spread(8, language_model("llama"), "unroll")
    with torch.no_grad():  # W copies the window's four numbers to the first four features
        layer.window.weight.copy_(torch.eye(8, 4))
    found = layer(torch.arange(8.0).unsqueeze(0), 17)[0, :, :4].long()
    assert found[0].tolist() == [0, 1, 2, 3]
    assert found[6].tolist() == [6, 7, 0, 1]  # around the end
    assert found[9].tolist() == found[1].tolist() == [1, 2, 3, 4]  # beyond the width
    assert len({tuple(row) for row in found[:8].tolist()}) == 8  # distinct while n <= d


def test_every_number_of_the_vector_reaches_the_decoder():
    layer = Spread(8, language_model("llama"), "unroll").double()
    vector = torch.randn(1, 8, dtype=torch.float64, requires_grad=True)
    layer(vector, 1).sum().backward()  # one position sees half of the vector
    assert (vector.grad != 0).sum() == 4
    vector.grad = None
    layer(vector, 5).square().sum().backward()
    assert (vector.grad != 0).all()
    assert not torch.equal(layer(vector, 5), layer(vector.flip(1), 5))


@pytest.mark.parametrize("encoder, decoder", PAIRS)
def test_the_decoder_gets_nothing_but_the_vector(encoder, decoder):
    """Equal vectors give equal logits, whatever the tokens; the other way round too.

    Each sequence by itself: rows of one batch may be rounded differently on some processors.
    """
    model = build(encoder, decoder)
    one, other = tokens(2, 9).split(1)
    assert not torch.equal(model(one), model(other))
    vector = torch.randn(1, 8, dtype=torch.float64)
    model.encoder.register_forward_hook(lambda *_: vector)
    assert torch.equal(model(one), model(other))


@pytest.mark.parametrize("family", ["llama", "mixer", "mosaic"])
def test_the_vector_is_the_final_hidden_state_of_its_token(family):
    model, x = language_model(family), tokens(2, 9)
    assert torch.equal(Encoder(model)(x), model.hidden(x)[:, 8])
    before = Encoder(model, "frozen", position=-2)
    assert torch.equal(before(x), model.hidden(x)[:, 7])
    other = x.clone()
    other[:, 8] = (x[:, 8] + 1) % 20
    assert torch.equal(before(other), before(x))  # the last token comes after it


def train_a_little(model, x):
    model.train()
    optimiser = torch.optim.AdamW(model.parameter_groups(0.1), lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        model.loss(x, x).backward()
        optimiser.step()


@pytest.mark.parametrize("family", ["llama", "mixer", "mosaic"])
@pytest.mark.parametrize("weights", ["trainable", "frozen", "frozen_new_table"])
def test_frozen_means_frozen(family, weights):
    model, x = build(family, family, weights=weights), tokens(2, 9)
    before = snapshot(model.encoder)
    train_a_little(model, x)
    moved = changed_names(before, model.encoder)
    if weights == "trainable":
        assert len(moved) > 3
    else:
        assert moved == ({"model.embedding.weight"} if weights == "frozen_new_table" else set())
        assert not any(module.training for module in model.encoder.modules())
        trained = {n for n, w in model.encoder.named_parameters() if w.requires_grad}
        assert trained == moved


def test_a_frozen_encoder_has_neither_dropout_nor_gradients():
    source, x = language_model("llama", dropout=0.5), tokens(2, 9)
    encoder = Encoder(source, "frozen").train()
    assert torch.equal(encoder(x), encoder(x))
    assert not encoder(x).requires_grad
    live = Encoder(source).train()
    assert not torch.equal(live(x), live(x))


@pytest.mark.parametrize("weights", ["trainable", "frozen", "frozen_new_table"])
def test_the_model_that_is_given_stays_as_it_was_and_its_head_is_left_out(weights):
    source = Llama(LlamaConfig(**SHAPE, d_model=8, n_heads=2))  # with a head of its own
    before, x = snapshot(source), tokens(2, 9)
    model = Autoencoder(Encoder(source, weights), language_model("llama"))
    assert "head.weight" in before and not any("head" in name for name in model.state_dict())
    train_a_little(model, x)
    assert not changed_names(before, source)
    assert source.training and all(weight.requires_grad for weight in source.parameters())


def test_a_new_table_is_drawn_by_the_generator_and_all_else_is_kept():
    source, x = language_model("llama"), tokens(2, 9)
    one, other, third = (
        Encoder(source, "frozen_new_table", generator=torch.Generator().manual_seed(seed))
        for seed in (5, 5, 6)
    )
    assert torch.equal(one(x), other(x)) and not torch.equal(one(x), third(x))
    kept = source.state_dict()
    assert changed_names({f"model.{k}": v for k, v in kept.items()}, one) == {
        "model.embedding.weight"
    }
    assert torch.equal(Encoder(source, "frozen")(x), source.hidden(x)[:, -1])


def test_initial_weights_of_the_maps_come_from_the_generator_alone():
    one, other = (build(d_encoder=12).spread.state_dict() for _ in range(2))
    assert set(one) == {"bridge.weight", "bridge.bias", "window.weight", "window.bias"}
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert (one["window.bias"] == 0).all() and one["window.weight"].shape == (8, 4)


def test_it_learns_to_regenerate():
    x = tokens(4, 4)
    model = build("llama", "llama").float()
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-2)
    for _ in range(60):
        optimiser.zero_grad()
        model.loss(x, x).backward()
        optimiser.step()
    assert (model(x).argmax(-1) == x).float().mean() > 0.9


def test_unknown_words_are_refused():
    model = language_model("llama")
    with pytest.raises(ValueError, match="unknown weights 'thawed'"):
        Encoder(model, "thawed")
    with pytest.raises(ValueError, match="unknown spread 'tile'"):
        Spread(8, model, "tile")
