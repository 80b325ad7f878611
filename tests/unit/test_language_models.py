"""Trained language models shared by experiments: found, trained again, or refused."""

import dataclasses

import pytest
import torch

from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.errors import StopRequested
from memstudy.language_models import trained as room
from memstudy.language_models.config import (
    ModelConfig,
    RecipeConfig,
    ShapeConfig,
    TextConfig,
    with_convention,
)
from memstudy.language_models.trained import trained
from memstudy.nn.language_model import count_parameters
from memstudy.stages import weights_sha256
from rhymes import packed

CPU = Device("cpu", "test", 1, "float32")
TEXT = TextConfig(corpus="rhymes", tokenizer="letters")
SHAPE = ShapeConfig(family="transformer", d_model=16, n_heads=2, n_blocks=1, context_length=12)
RECIPE = RecipeConfig(
    steps=6,
    batch_size=4,
    learning_rate=1e-2,
    final_learning_rate=1e-4,
    warmup_steps=2,
    evaluate_every=3,
    evaluation_windows=8,
)
CONFIG = ModelConfig(text=TEXT, shape=SHAPE, recipe=RECIPE)


def with_shape(config, **changes):
    return dataclasses.replace(config, shape=dataclasses.replace(config.shape, **changes))


MOSAIC = with_shape(CONFIG, family="mosaic")


@pytest.fixture(autouse=True)
def rhymes(tmp_path, monkeypatch):
    """A corpus of two splits, packed."""
    streams = packed(tmp_path)
    monkeypatch.setattr(room, "token_stream", lambda name, split, spec, limit: streams[split])


def context(tmp_path, made_by="this code", **changes):
    path = tmp_path / "checkpoints" / "model.pt"
    return Context(device=CPU, checkpoint_path=path, made_by=made_by, **changes)


def get(tmp_path, config=CONFIG, seed=0, made_by="this code", **options):
    return trained(config, seed, context(tmp_path, made_by), folder=tmp_path / "models", **options)


def without_training(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("trained again")

    monkeypatch.setattr(room, "train", refuse)


@pytest.mark.parametrize("config", [CONFIG, MOSAIC], ids=["transformer", "mosaic"])
def test_a_model_is_trained_once_and_then_found(tmp_path, monkeypatch, config):
    first = get(tmp_path, config)
    without_training(monkeypatch)
    second = get(tmp_path, config)
    assert second.rows == first.rows and second.facts == first.facts
    for one, two in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(one, two)
    assert not second.model.training


def test_facts_say_what_was_trained_on_what(tmp_path):
    found = get(tmp_path)
    facts = found.facts
    assert facts["parameters"] == count_parameters(found.model)
    assert facts["tokens_seen"] == 6 * 4 * 12
    assert facts["weights_sha256"] == weights_sha256(found.model.state_dict())
    assert facts["data"]["train"]["sha256"] != facts["data"]["validation"]["sha256"]
    losses = [
        row["value"]
        for row in found.rows
        if row["metric"] == "loss" and row["split"] == "validation"
    ]
    assert len(losses) == 3 and facts["best_loss"] == min(losses)


def test_the_weights_are_those_of_the_best_validation_loss(tmp_path):
    from memstudy.evaluation import mean_losses

    found = get(tmp_path)
    stream = room.streams(TEXT)["validation"]
    windows = room.evaluation_windows(stream, 12, 8)
    again = mean_losses(found.model, windows, CPU, batch_size=8)["loss"]
    assert again == pytest.approx(found.facts["best_loss"], abs=1e-6)


def test_seed_and_every_part_of_the_configuration_make_another_model(tmp_path):
    other = dataclasses.replace(CONFIG, recipe=dataclasses.replace(RECIPE, weight_decay=0.0))
    found = [
        get(tmp_path),
        get(tmp_path, seed=1),
        get(tmp_path, other),
        get(tmp_path, with_shape(CONFIG, position="rope")),
        get(tmp_path, with_shape(MOSAIC, leaky=False)),
        get(tmp_path, MOSAIC),
    ]
    assert len({one.facts["weights_sha256"] for one in found}) == len(found)


def test_models_of_one_seed_see_the_same_windows(tmp_path, monkeypatch):
    seen = []
    real = room.train

    def spied(model, config, batches, *rest, **options):
        seen.append(batches(3, 4)[0])
        return real(model, config, batches, *rest, **options)

    monkeypatch.setattr(room, "train", spied)
    for config, seed in ((CONFIG, 0), (MOSAIC, 0), (CONFIG, 1)):
        get(tmp_path, config, seed)
    assert torch.equal(seen[0], seen[1]) and not torch.equal(seen[0], seen[2])


def test_models_of_other_code_are_taken_only_where_that_is_wanted(tmp_path, monkeypatch):
    get(tmp_path, made_by="older code")
    without_training(monkeypatch)
    found = get(tmp_path, anyones=True)
    assert found.facts["weights_made_by"] == "older code"
    with pytest.raises(AssertionError, match="trained again"):
        get(tmp_path)


@pytest.mark.parametrize("damage", [lambda b: b[:-100], lambda b: b"nonsense"])
def test_a_damaged_model_is_trained_again(tmp_path, damage):
    first = get(tmp_path)
    (path,) = (tmp_path / "models").glob("*.pt")
    path.write_bytes(damage(path.read_bytes()))
    assert get(tmp_path).facts["weights_sha256"] == first.facts["weights_sha256"]


def test_weights_that_are_not_those_of_the_record_are_not_used(tmp_path):
    first = get(tmp_path)
    (path,) = (tmp_path / "models").glob("*.pt")
    found = torch.load(path, weights_only=True)
    found["weights"]["embedding.weight"][0, 0] += 1
    torch.save(found, path)
    assert get(tmp_path).facts["weights_sha256"] == first.facts["weights_sha256"]
    assert (
        torch.load(path, weights_only=True)["weights"]["embedding.weight"][0, 0]
        == (first.model.embedding.weight[0, 0])
    )


def test_an_interrupted_training_goes_on_to_the_same_model(tmp_path):
    whole = get(tmp_path)
    calls = iter([False] * 3 + [True] + [False] * 1000)
    stopped = context(tmp_path, stop_wanted=lambda: next(calls))
    folder = tmp_path / "others"
    with pytest.raises(StopRequested):
        trained(CONFIG, 0, stopped, folder=folder)
    assert not list(folder.glob("*.pt"))
    resumed = trained(CONFIG, 0, context(tmp_path), folder=folder)
    assert resumed.facts["weights_sha256"] == whole.facts["weights_sha256"]


def test_a_shape_can_name_another_convention_of_initial_weights():
    shape = with_convention(SHAPE, "fan_in")
    own, other = (room.build(s, 27, torch.Generator().manual_seed(0)) for s in (SHAPE, shape))
    assert own.logit_scale == 1.0 and other.logit_scale == 0.25  # 1 / sqrt(16)
    assert other.embedding.weight.std() > 5 * own.embedding.weight.std()
    fields = dataclasses.asdict(shape)
    assert fields.pop("init") == "fan_in" and fields == dataclasses.asdict(SHAPE)
    assert with_convention(shape, "gpt2") == with_convention(SHAPE, "gpt2")


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"family": "lstm"}, "unknown family 'lstm'; choose one of mosaic, transformer"),
        ({"leaky": False}, "belong to the mosaic alone"),
        ({"family": "mosaic", "position": "rope"}, "a mosaic has no positions"),
    ],
)
def test_shapes_that_no_family_has_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SHAPE, **changes)
