"""Trainings in stages: done once, found by their hash, resumed from their own checkpoints."""

import pytest
import torch

from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.stages import Kept, Stages, trained_once, weights_sha256

CPU = Device("cpu", "cpu", 1, "float32")


@pytest.fixture
def context(tmp_path):
    return Context(CPU, tmp_path / "checkpoint.pt", made_by="this code")


def test_whatever_has_weights_is_trained_once_for_a_description(tmp_path):
    made = []

    def make():
        made.append(True)
        weights = {"a": torch.full((2,), float(len(made)))}
        return Kept(weights, [], {"weights_sha256": weights_sha256(weights)}, "this code")

    def once(described, made_by="this code", **options):
        asking = Context(CPU, tmp_path / "checkpoint.pt", made_by=made_by)
        found = trained_once(described, asking, make, folder=tmp_path, **options)
        return found.weights["a"][0].item()

    assert once({"stage": 1}) == once({"stage": 1}) == 1
    assert once({"stage": 1}, "other code", anyones=True) == 1
    assert once({"stage": 2}) == 2
    assert once({"stage": 1}, "other code") == 3 and len(made) == 3


def counted(log, value=1.0):
    def make(stage):
        log.append(1)
        weights = {"w": torch.tensor([value])}
        return Kept(weights, [], {"weights_sha256": weights_sha256(weights)}, stage.made_by)

    return make


def test_a_stage_is_made_once_and_found_by_its_hash(context, tmp_path):
    log = []
    for described in ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 1}):
        found = Stages(context, tmp_path).once(described, counted(log))
        assert found.weights["w"].item() == 1.0
    assert len(log) == 2


def test_what_other_code_or_a_bad_disk_left_is_not_taken(context, tmp_path):
    log = []
    Stages(context, tmp_path).once({"a": 1}, counted(log))
    other = Stages(Context(CPU, tmp_path / "c", made_by="other code"), tmp_path)
    other.once({"a": 1}, counted(log, 2.0))
    assert len(log) == 2
    (path,) = tmp_path.glob("*.pt")
    saved = torch.load(path, weights_only=True)
    saved["weights"]["w"] += 1
    torch.save(saved, path)
    other.once({"a": 1}, counted(log))
    path.write_bytes(b"cut short")
    other.once({"a": 1}, counted(log))
    assert len(log) == 4


def test_a_stage_goes_on_from_its_own_checkpoint_alone(context):
    assert Stages(context).stage("one").restored() is None
    context.save({"stage": "one", "state": {"step": 3}})
    again = Stages(context)
    assert again.stage("one").restored() == {"step": 3}
    assert again.stage("two").restored() is None


def test_what_a_stage_saves_does_not_count_as_time_of_an_earlier_call(context):
    found = Stages(context)
    found.stage("one").restored()
    context.save({"stage": "one", "state": {}})
    before = context.seconds
    assert found.stage("one").restored() is None
    assert context.seconds - before < 0.1
