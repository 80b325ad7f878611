"""Trainings in stages: done once, found by their hash, resumed from their own checkpoints."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from filelock import FileLock

from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.errors import StopRequested
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


def test_of_two_that_ask_at_once_one_trains_and_the_other_takes_what_it_left(context, tmp_path):
    log, training, go_on = [], threading.Event(), threading.Event()

    def slow(stage):
        training.set()
        assert go_on.wait(60)
        return counted(log)(stage)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(lambda: Stages(context, tmp_path).once({"a": 1}, slow))
        assert training.wait(60)
        second = pool.submit(lambda: Stages(context, tmp_path).once({"a": 1}, counted(log)))
        while not second.running():
            pass
        other = Stages(context, tmp_path).once({"a": 2}, counted(log))  # nobody is at this one
        go_on.set()
        assert first.result(60).facts == second.result(60).facts == other.facts
    assert len(log) == 2


def test_who_waits_for_another_process_can_be_stopped(tmp_path):
    looks = []
    waiting = Context(CPU, tmp_path / "c", stop_wanted=lambda: looks.append(1) or len(looks) > 1)
    (path,) = lock_of({"a": 1}, tmp_path)
    with FileLock(path), pytest.raises(StopRequested):
        Stages(waiting, tmp_path).once({"a": 1}, counted([]))
    assert Stages(waiting, tmp_path).once({"a": 1}, counted([])).rows == []


def lock_of(described, folder):
    """The lock that training this takes."""
    found = []

    def look(stage):
        found.extend(folder.glob("*.lock"))
        raise ValueError("enough seen")

    context = Context(CPU, folder / "c", made_by="this code")
    with pytest.raises(ValueError, match="enough seen"):
        Stages(context, folder).once(described, look)
    return found


def test_a_stage_may_train_an_earlier_one_while_it_is_made(context, tmp_path):
    log = []

    def later(stage):
        Stages(context, tmp_path).once({"a": 1}, counted(log))
        return counted(log)(stage)

    Stages(context, tmp_path).once({"b": {"a": 1}}, later)
    Stages(context, tmp_path).once({"a": 1}, counted(log))
    assert len(log) == 2


def test_the_lock_of_a_killed_process_holds_up_nobody(context, tmp_path):
    (path,) = lock_of({"a": 1}, tmp_path)
    hold = (
        f"import filelock, os; filelock.FileLock({str(path)!r}).acquire(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", hold]).returncode == -9
    assert Stages(context, tmp_path).once({"a": 1}, counted([])).rows == []


def test_of_several_processes_the_main_one_alone_takes_the_lock(tmp_path):
    """Whoever is not the main one makes nothing of what ``by_main`` is given."""
    told = iter([None, False, True, None, None])  # read, wait, taken, read again, written
    context = Context(CPU, tmp_path / "c", by_main=lambda make: next(told), made_by="this code")
    stage = type("Stage", (), {"made_by": "this code"})
    trained_once({"a": 1}, context, lambda: counted([])(stage), folder=tmp_path / "new")
    assert next(told, "all told") == "all told" and not (tmp_path / "new").exists()
