"""What stands between a computation and its context: tests on time, once each, none lost."""

from pathlib import Path

import pytest

from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.errors import StopRequested
from memstudy.watching import Watched, by_the_pass

CPU = Device("cpu", "test", 1, "float32")
STEPS = 7


class Training:
    """Counts its steps, and goes through its context as the training loop does."""

    def __init__(self) -> None:
        self.step = 0
        self.tests = 0

    def test(self) -> list[dict[str, object]]:
        self.tests += 1
        return [{"metric": name, "value": float(10 * self.step)} for name in ("one", "two")]

    def run(self, context: Context, every: int = 3) -> Watched:
        watched = Watched(context, every, self.test)
        saved = watched.restored()
        self.step = 0 if saved is None else saved["step"]
        while self.step < STEPS:
            self.step += 1
            watched.advance(self.step, STEPS, lambda: {"step": self.step}, loss=0.5)
        return watched


def context(folder: Path, **options: object) -> Context:
    return Context(CPU, folder / "checkpoint", **options)


def steps_of(watched: Watched) -> list[int]:
    return [row["step"] for row in watched.rows if row["metric"] == "one"]


def test_the_first_state_and_the_last_are_tested_and_some_between(tmp_path):
    for every, expected in ((3, [0, 3, 6, 7]), (7, [0, 7]), (100, [0, 7]), (1, list(range(8)))):
        training = Training()
        watched = training.run(context(tmp_path), every)
        assert steps_of(watched) == expected
        assert training.tests == len(expected)


def test_a_test_is_of_the_model_after_that_many_updates(tmp_path):
    rows = Training().run(context(tmp_path)).rows
    assert all(row["value"] == 10 * row["step"] for row in rows)
    assert len(rows) == 2 * 4


@pytest.mark.parametrize("stop", range(1, STEPS + 1))
def test_wherever_a_training_is_stopped_no_finding_is_lost_or_made_twice(tmp_path, stop):
    whole = Training().run(context(tmp_path / "whole")).rows
    calls = iter([False] * (stop - 1) + [True])
    first, second = Training(), Training()
    with pytest.raises(StopRequested):
        first.run(context(tmp_path, stop_wanted=lambda: next(calls)))
    assert first.step == stop
    assert second.run(context(tmp_path)).rows == whole
    assert first.tests + second.tests == 4


def test_a_state_that_is_told_twice_is_tested_once(tmp_path):
    training = Training()
    watched = training.run(context(tmp_path))
    watched.advance(STEPS, STEPS, lambda: {"step": STEPS})
    assert steps_of(watched) == [0, 3, 6, 7] and training.tests == 4


def test_the_training_gets_back_its_own_state_and_device(tmp_path):
    one = context(tmp_path)
    one.save({"training": {"step": 5}, "rows": [{"metric": "one", "step": 3}]})
    watched = Watched(one, 3, lambda: pytest.fail("tested although findings were restored"))
    assert watched.restored() == {"step": 5}
    assert steps_of(watched) == [3] and watched.device is CPU


def test_the_context_hears_what_the_training_says(tmp_path):
    heard = []
    Training().run(context(tmp_path, on_progress=lambda *told: heard.append(told)))
    assert heard == [(step, STEPS, {"loss": 0.5}) for step in range(1, STEPS + 1)]


@pytest.mark.parametrize("every", [0, -2])
def test_tests_that_are_never_due_are_refused(tmp_path, every):
    with pytest.raises(ValueError, match=f"every 1 or more steps, not every {every}"):
        Watched(context(tmp_path), every, list)


def test_passes_are_counted_and_a_stop_ends_them(tmp_path):
    heard = []
    stops = iter([False, False, True])
    one = context(
        tmp_path,
        on_progress=lambda done, total, _: heard.append((done, total)),
        stop_wanted=lambda: next(stops),
    )
    on_pass = by_the_pass(one, 5)
    on_pass()
    on_pass()
    with pytest.raises(StopRequested):
        on_pass()
    assert heard == [(1, 5), (2, 5), (3, 5)]
    assert not one.checkpoint_path.exists()
