"""Checkpoints: whole or none, from the same code and device, holding only what can be restored."""

from __future__ import annotations

import collections
import os
import resource
import time

import numpy as np
import pytest
import torch

from memstudy.core import context as contexts
from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.errors import StopRequested, UsageError
from memstudy.core.writing import temporaries

DEVICE = Device("cpu", "a processor", 1, "float32")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoints" / "unit.pt"


def test_a_state_is_restored_to_the_bit(path):
    generator = torch.Generator().manual_seed(3)
    state = {
        "weights": {"a": torch.randn(3, 2), "b": torch.randn(2).to(torch.bfloat16)},
        "generator": generator.get_state(),
        "optimiser": {
            "state": {0: {"step": torch.ones(())}},
            "param_groups": [{"betas": (0.9, 0.95)}],
        },
        "ordered": collections.OrderedDict(a=torch.ones(1)),
        "history": [0.1, float("nan"), (1, None, "x", True)],
        3: "three",
    }
    Context(DEVICE, path).save(state)
    found = Context(DEVICE, path).restored()
    assert torch.equal(found["weights"]["a"], state["weights"]["a"])
    assert torch.equal(found["weights"]["b"], state["weights"]["b"])
    assert torch.equal(found["generator"], state["generator"])
    assert found["optimiser"] == state["optimiser"]
    assert found["history"][2] == (1, None, "x", True)
    assert found[3] == "three"


def test_nothing_is_restored_where_nothing_was_saved(path):
    context = Context(DEVICE, path)
    assert context.restored() is None
    context.forget()
    assert not path.parent.exists()


@pytest.mark.parametrize("content", [b"", b"garbage", None, b"cut"])
def test_an_unreadable_checkpoint_counts_as_none(path, content):
    Context(DEVICE, path).save({"step": torch.ones(1000)})
    if content is None:
        torch.save({"another": "layout"}, path)
    else:
        path.write_bytes(path.read_bytes()[:500] if content == b"cut" else content)
    context = Context(DEVICE, path)
    assert context.restored() is None
    context.save({"step": 2})
    assert context.restored() == {"step": 2}


def test_a_checkpoint_of_other_code_is_left_alone(path):
    # What is recorded must have been made by the code that its record names.
    Context(DEVICE, path, made_by="old code").save({"step": 1})
    assert Context(DEVICE, path, made_by="new code").restored() is None
    assert Context(DEVICE, path, made_by="old code").restored() == {"step": 1}


@pytest.mark.parametrize(
    ("state", "place"),
    [
        ({"a": np.float64(1.0)}, r"state\['a'\]: float64"),
        ({"a": [1, {"b": np.ones(2)}]}, r"state\['a'\]\[1\]\['b'\]: ndarray"),
        ({"a": {1, 2}}, "set"),
        ({"rng": np.random.default_rng(0)}, "Generator"),
        ({(np.int64(1), 2): 3}, r"a key of state\[0\]: int64"),
    ],
)
def test_a_state_that_could_not_be_restored_is_refused_when_it_is_saved(path, state, place):
    with pytest.raises(TypeError, match=place):
        Context(DEVICE, path).save(state)
    assert not path.exists()


def test_advance_saves_now_and_then_and_before_stopping(path, monkeypatch):
    told, stop = [], []
    context = Context(DEVICE, path, lambda: bool(stop), lambda *what: told.append(what))
    context.advance(1, 3, lambda: {"step": 1}, loss=0.5)
    assert told == [(1, 3, {"loss": 0.5})]
    assert not path.exists()
    monkeypatch.setattr(contexts, "CHECKPOINT_SECONDS", 0.0)
    context.advance(2, 3, lambda: {"step": 2})
    assert context.restored() == {"step": 2}
    monkeypatch.undo()
    context.advance(3, 3, lambda: pytest.fail("saved again at once"))
    stop.append(True)
    with pytest.raises(StopRequested):
        context.advance(3, 3, lambda: {"step": 3})
    assert context.restored() == {"step": 3}
    with pytest.raises(StopRequested):
        context.advance(3, 3)
    context.forget()
    assert context.restored() is None


def test_seconds_include_those_of_earlier_calls(path):
    first = Context(DEVICE, path)
    time.sleep(0.2)
    first.save({})
    second = Context(DEVICE, path)
    assert second.seconds < 0.1
    second.restored()
    assert 0.2 <= second.seconds < 5


def write_at_most(size):
    """Let no file of this process grow beyond a size; a small stand-in for a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.mark.parametrize("size", [0, 100, 5000, 200_000])
def test_a_full_disk_is_one_line_and_the_checkpoint_before_stays(path, size):
    context = Context(DEVICE, path)
    context.save({"step": 1})
    try:
        write_at_most(size)
        with pytest.raises(UsageError, match="no space left"):
            context.save({"step": torch.zeros(100_000)})
    finally:
        write_at_most(resource.RLIM_INFINITY)
    assert context.restored() == {"step": 1}
    assert temporaries(path.parent) == []


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write"):
        Context(DEVICE, tmp_path / "file" / "unit.pt").save({})
    assert os.listdir(tmp_path) == ["file"]
