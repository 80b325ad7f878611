"""The door to the architectures of RegBench and MQAR."""

from collections import Counter
from dataclasses import replace

import pytest
import torch

from memstudy.experiments.regbench.architecture_config import (
    LABELS,
    NAMES,
    ROTARY,
    ArchitectureConfig,
)
from memstudy.experiments.regbench.architectures import new_model, sizes
from memstudy.experiments.regbench.profiles import WITHOUT_HEADS, paper_points
from memstudy.nn.mosaic import MemoryMosaic
from memstudy.nn.recurrent.model import MIXERS
from memstudy.nn.transformer import Transformer

VOCABULARY, TIME = 11, 24


def shape(name, **settings):
    return ArchitectureConfig(name=name, d_model=16, n_heads=2, n_blocks=2, **settings)


def built(config, seed=0):
    return new_model(config, VOCABULARY, TIME, torch.Generator().manual_seed(seed))


def test_every_mixer_has_a_name_and_a_label():
    assert ("mosaic", "transformer", *MIXERS) == NAMES == tuple(LABELS)


@pytest.mark.parametrize("name", [*NAMES, ROTARY])
def test_one_door(name):
    model = built(shape(name)).eval()
    tokens = torch.randint(VOCABULARY, (3, TIME), generator=torch.Generator().manual_seed(1))
    logits = model(tokens)
    assert logits.shape == (3, TIME, VOCABULARY)
    changed = tokens.clone()
    changed[:, -1] = (changed[:, -1] + 1) % VOCABULARY
    torch.testing.assert_close(model(changed)[:, :-1], logits[:, :-1])  # nothing looks ahead
    assert not torch.allclose(model(changed)[:, -1], logits[:, -1])
    again, other = built(shape(name)), built(shape(name), seed=1)
    weights = model.state_dict()
    assert all(torch.equal(weights[key], value) for key, value in again.state_dict().items())
    assert any(not torch.equal(weights[key], value) for key, value in other.state_dict().items())


def test_families():
    assert isinstance(built(shape("mosaic")), MemoryMosaic)
    assert isinstance(built(shape("transformer")), Transformer)
    for name, mixer in MIXERS.items():
        assert all(type(block.context_layer) is mixer for block in built(shape(name)).blocks)


@pytest.mark.parametrize("name", NAMES)
def test_the_search_varies_the_number_of_heads_where_there_are_heads(name):
    tokens = torch.randint(VOCABULARY, (2, TIME), generator=torch.Generator().manual_seed(1))
    one, two = (built(replace(shape(name), n_heads=heads)).eval()(tokens) for heads in (1, 2))
    assert torch.equal(one, two) == (name in WITHOUT_HEADS)


def test_no_training_of_the_published_search_stands_twice():
    points = paper_points()
    assert len({point.arm for point in points}) == len(points)
    of_each = Counter(point.setting.architecture.name for point in points)
    names = set(NAMES) - {"linear_attention"}  # the paper's is the plain one
    assert of_each == {name: 5 * (18 if name in WITHOUT_HEADS else 54) for name in names}


@pytest.mark.parametrize("name", NAMES)
def test_initial_weights_follow_the_family_or_the_setting(name):
    own = "fan_in" if name == "mosaic" else "gpt2"
    assert built(shape(name)).config.init == own
    for init in ("fan_in", "gpt2"):
        assert built(shape(name, init=init)).config.init == init


def test_settings_arrive():
    config = shape("mosaic", attention_dropout=0.1, dropout=0.2, embedding_dropout=0.3)
    model = built(config)
    assert model.config.embedding_dropout == 0.3
    for block in model.blocks:
        assert block.residual_dropout == 0.2
        assert block.context_layer.attention_dropout == 0.1
        assert block.token_layer.attention_dropout == 0.1
    assert built(shape("transformer")).positions.num_embeddings == TIME
    assert built(shape(ROTARY)).positions is None
    assert built(shape(ROTARY)).config.position == "rope"
    assert built(
        shape("lstm", every_layer_reads_embeddings=True)
    ).config.every_layer_reads_embeddings


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("gru", {}, "unknown architecture 'gru'; choose one of mosaic"),
        ("mosaic", {"every_layer_reads_embeddings": True}, "not for the mosaic"),
        ("transformer", {"every_layer_reads_embeddings": True}, "not for the transformer"),
        ("lstm", {"attention_dropout": 0.1}, "lstm has no attention weights"),
    ],
)
def test_refusals(name, settings, message):
    with pytest.raises(ValueError, match=message):
        shape(name, **settings)


def test_unknown_init():
    with pytest.raises(ValueError, match="unknown init"):
        built(shape("lstm", init="xavier"))


@pytest.mark.parametrize("time", [1, 7])
@pytest.mark.parametrize("name", ["mosaic", "transformer"])
def test_state_size_is_that_of_decoding(name, time):
    model = built(shape(name)).eval()
    _, state = model.prefill(torch.zeros(1, time, dtype=torch.long), torch.tensor([time]), time)
    size = 0
    for context, token in state.layers:
        if name == "mosaic":  # the key that waits is the leaky average, normalised
            store = context.store
            size += context.average.numel() + context.raw_value.numel() + token.average.numel()
        else:
            store = context
        size += 2 * int(store.count.sum()) * model.config.d_model
    assert sizes(model, time)["state_size"] == size


@pytest.mark.parametrize("name", NAMES)
def test_sizes(name):
    model = built(shape(name))
    found = sizes(model, TIME)
    assert set(found) == {"parameters", "context_parameters", "state_size"}
    assert found["parameters"] == sum(p.numel() for p in model.parameters())
    context = [p for block in model.blocks for p in block.context_layer.parameters()]
    assert found["context_parameters"] == sum(p.numel() for p in context)
