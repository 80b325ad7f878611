"""The scheduling loop over workers that do what a script says: no processes, no time."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from memstudy.core.errors import UsageError
from memstudy.scheduling import Schedule

A, B, C = (SimpleNamespace(id=name) for name in "abc")


class Scripted:
    """An executor whose workers say the next line of a script for the pack that they are at.

    Args:
        script: what is said at the first, second ... execution of a pack, by its first unit.
        size, retries: as of any executor.
    """

    def __init__(self, script, size=1, retries=1):
        self.script, self.size, self.retries = script, size, retries
        self.begun = []  # ids of the packs, in the order of their execution

    def hire(self, number):
        worker = Hand()
        worker.number, worker.pack, worker.over, worker.executor = number, None, False, self
        return worker

    def listen(self, workers, tell):
        for worker in workers:
            if worker.over:
                tell(worker, "gone", "")
            elif worker.pack:
                pack, worker.pack = worker.pack, None
                self.begun.append("".join(unit.id for unit in pack))
                lines = self.script.get(pack[0].id, [])
                said = lines.pop(0) if lines else [("recorded", unit.id) for unit in pack]
                for kind, content in said:
                    tell(worker, kind, content)
                if said[-1][0] not in ("gone", "ready", "refused"):
                    tell(worker, "ready", False)

    def close(self):
        pass


class Hand:
    def begin(self, pack):
        self.pack = pack

    def dismiss(self):
        self.over = True

    kill = dismiss


def run(executor, work, stop_wanted=lambda: ""):
    said = []
    schedule = Schedule(executor, lambda kind, content, worker: said.append((kind, content)))
    return schedule.run(work, stop_wanted), said


GONE = [("gone", "lost")]


def test_a_lost_pack_is_tried_once_more_without_what_was_settled():
    executor = Scripted({"a": [[("recorded", "a"), *GONE]]}, size=2)
    stopped, said = run(executor, [[A, B], [C]])
    assert (stopped, executor.begun) == ("", ["ab", "c", "b"])
    assert said == [
        ("recorded", "a"),
        ("retried", (["b"], "lost")),
        ("recorded", "c"),
        ("recorded", "b"),
    ]


def test_what_is_lost_twice_has_failed_and_the_others_go_on():
    executor = Scripted({"a": [GONE, GONE]})
    _, said = run(executor, [[A], [B]])
    assert executor.begun == ["a", "a", "b"]
    assert said[1:] == [("failed", ("a", "lost")), ("recorded", "b")]


def test_without_retries_a_lost_pack_has_failed_at_once():
    executor = Scripted({"a": [GONE]}, retries=0)
    _, said = run(executor, [[A, B], [C]])
    assert said == [("failed", ("a", "lost")), ("failed", ("b", "lost")), ("recorded", "c")]


def test_what_another_process_is_at_is_tried_last():
    executor = Scripted({"a": [[("ready", True)]]})
    _, said = run(executor, [[A], [B]])
    assert executor.begun == ["a", "b", "a"]
    assert said == [("recorded", "b"), ("recorded", "a")]


def test_a_refusal_ends_the_grid_and_is_no_failure_of_a_unit():
    executor = Scripted({"a": [[("refused", "no corpus"), *GONE]]})
    with pytest.raises(UsageError, match="no corpus"):
        run(executor, [[A], [B]])
    assert executor.begun == ["a"]


def test_a_wish_to_stop_dismisses_all_and_gives_its_reason():
    executor = Scripted({}, size=1)
    reasons = iter(["", "budget"])
    stopped, said = run(executor, [[A], [B], [C]], lambda: next(reasons, "later"))
    assert (stopped, said) == ("budget", [("recorded", "a")])


def test_who_waited_for_another_process_when_dismissed_begins_nothing_more():
    class Waiting(Scripted):
        """Its worker is asleep, with a pack that another process is at, when it is dismissed."""

        def listen(self, workers, tell):
            for worker in workers:
                if worker.over and worker.pack:
                    worker.pack = None
                    tell(worker, "ready", True)
                elif worker.over:
                    tell(worker, "gone", "")

    executor = Waiting({})
    executor.hire = lambda number, hire=executor.hire: closed_when_dismissed(hire(number))
    reasons = iter(["", "interrupt"])
    stopped, said = run(executor, [[A], [B]], lambda: next(reasons, "later"))
    assert (stopped, said) == ("interrupt", [])


def closed_when_dismissed(worker):
    begin = worker.begin

    def begin_if_open(pack):
        assert not worker.over, "handle is closed"
        begin(pack)

    worker.begin = begin_if_open
    return worker


def test_nobody_asks_whether_to_stop_when_all_is_done():
    looks = []
    stopped, _ = run(
        Scripted({}), [[A]], lambda: looks.append(1) or ("budget" if looks[1:] else "")
    )
    assert (stopped, len(looks)) == ("", 1)
