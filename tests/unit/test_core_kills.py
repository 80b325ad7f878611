"""Processes that are killed, stopped, doubled: what is recorded is whole, the rest gets done."""

from __future__ import annotations

import functools
import os
import random
import re
import signal
import time
from pathlib import Path

import pytest

from toystudy import ToyStudy, alive, children, die_at, wait_until

RUN = ("run", "toy", "--device", "cpu", "--threads", "1")
TWO = (*RUN, "--workers", "2")


@pytest.fixture
def whole(tmp_path):
    """What an undisturbed run measures, by unit."""

    def tables(**settings):
        other = ToyStudy(tmp_path / "whole")
        other.set(**settings)
        assert other.run(*RUN).code == 0
        return other.tables()

    return tables


def workers_of(pid):
    """Worker processes of a command that have begun to run."""
    found = []
    for child in children(pid):
        words = Path(f"/proc/{child}/cmdline").read_bytes()
        if b"spawn_main" in words:
            found.append(child)
    return found


def until_it_works(running):
    """Wait until a command has said what it will do, which it says last before it begins."""
    wait_until(lambda: "expected" in running.out() or not alive(running.pid))


# --- one process -------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_before_every_single_change_of_a_file(study, whole):
    settings = {"seeds": 2, "steps": 6, "save_at": [3], "pack_size": 2}
    study.set(**settings)
    expected = whole(**settings)
    # Each call starts from nothing, so that each moment of a whole grid is met.
    moments = 0
    while True:
        moments += 1
        hook = functools.partial(die_at, moments, str(study.root / "data"))
        done = study.run(*RUN, before=hook)
        found = study.tables()
        assert study.verified() == set(found)
        assert found.items() <= expected.items()
        if done.code == 0:
            break
        assert done.code == -signal.SIGKILL
        assert study.run(*RUN).code == 0
        assert study.tables() == expected
        forget(study)
    assert moments > 30


@pytest.mark.slow
def test_a_forced_run_killed_before_every_change_loses_at_most_the_unit_it_replaces(study):
    study.set(seeds=1, steps=6)
    assert study.run(*RUN).code == 0
    expected = study.tables()
    moments = 0
    while True:
        moments += 1
        hook = functools.partial(die_at, moments, str(study.root / "data"))
        code = study.run(*RUN, "--force", before=hook).code
        assert study.tables().items() <= expected.items()
        assert len(study.verified()) >= 1
        if code == 0:
            break
        assert study.run(*RUN).code == 0
        assert study.tables() == expected
    assert moments > 10


def forget(study):
    """Back to a study without any data."""
    import shutil

    shutil.rmtree(study.root / "data", ignore_errors=True)


@pytest.mark.slow
def test_killed_at_random_moments_until_the_grid_is_done(study, whole):
    settings = {"seeds": 16, "steps": 8, "save_at": [2, 4, 6]}
    expected = whole(**settings)
    study.set(**settings, pause=0.005)
    generator = random.Random(0)
    seen = set()
    for kills in range(60):
        if kills >= 12 and seen:
            break
        longest = 0.4 * 2 ** (kills // 12)  # seconds; on a busy machine work begins later
        running = study.start(*RUN)
        until_it_works(running)
        time.sleep(generator.uniform(0.0, longest))
        done = running.kill()
        assert done.code in (-signal.SIGKILL, 0)
        found = study.verified()
        assert seen <= found  # what is recorded stays
        seen = found
    assert seen
    study.set(pause=0)
    assert study.run(*RUN).code == 0
    assert study.tables() == expected
    # What kills left behind is cleaned up when it is old, by whatever call comes next.
    for path in study.leftovers():
        os.utime(path, (0, 0))
    assert study.run(*RUN).code == 0
    assert [path for path in study.leftovers() if path.is_dir()] == []


def test_a_killed_unit_goes_on_from_its_checkpoint(study, whole):
    expected = whole()
    study.set(save_at=[12], pause=0.1)
    running = study.start(*RUN)
    wait_until(study.checkpoints)
    running.kill()
    study.set(save_at=[], pause=0)
    assert study.run(*RUN).code == 0
    assert study.tables() == expected
    assert study.records()["calm-seed0"]["facts"]["begun_at_steps"] == [0, 12]


# --- two commands at once ----------------------------------------------------------------------


def test_two_commands_for_one_grid_share_the_work(study, whole):
    expected = whole(seeds=5)
    study.set(seeds=5, pause=0.02)
    both = [study.start(*RUN) for _ in range(2)]
    done = [running.wait() for running in both]
    assert [(d.code, d.err) for d in done] == [(0, ""), (0, "")]
    counts = [
        int(re.search(r"(\d+) recorded now, 0 of 10 missing; complete", d.out)[1]) for d in done
    ]
    assert sum(counts) == 10  # no unit was measured twice
    assert study.tables() == expected
    assert study.leftovers() == []


def test_two_forced_commands_never_break_a_record(study):
    study.set(seeds=3)
    study.run(*RUN)
    expected = study.tables()
    both = [study.start(*RUN, "--force") for _ in range(3)]
    assert [running.wait().code for running in both] == [0, 0, 0]
    assert study.tables() == expected
    study.verified()


def test_what_a_stopped_command_held_is_done_by_the_other(study, whole):
    expected = whole()
    study.set(pause=0.05, pack_size=3)
    first = study.start(*RUN)
    wait_until(lambda: list((study.cache / "locks").glob("*.lock")))
    second = study.start(*RUN)
    time.sleep(0.5)
    first.signal(signal.SIGINT)
    assert first.wait().code == 130
    study.set(pause=0)
    assert second.wait().code == 0
    assert study.tables() == expected


# --- workers -----------------------------------------------------------------------------------


def test_workers_do_the_whole_grid_like_one_process(study, whole):
    expected = whole()
    done = study.run(*TWO)
    assert (done.code, done.err) == (0, "")
    assert "with 2 workers" in done.out
    assert study.tables() == expected
    assert study.leftovers() == []


def test_ctrl_c_stops_all_workers_after_a_checkpoint(study, whole):
    expected = whole()
    study.set(pause=0.1, save_at=[1])
    running = study.start(*TWO, real_torch=True)  # whose own threads and handlers are there too
    wait_until(lambda: len(study.checkpoints()) == 2)
    running.signal(signal.SIGINT)
    done = running.wait()
    assert (done.code, done.err) == (130, "")
    assert "stopped (interrupt): the same command goes on from here" in done.out
    assert len(study.checkpoints()) == 2
    study.set(pause=0, save_at=[])
    assert study.run(*RUN).code == 0
    assert study.tables() == expected
    begun = [run["facts"]["begun_at_steps"] for run in study.records().values()]
    assert sorted(map(len, begun)) == [1, 1, 1, 1, 2, 2]


@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_ctrl_c_while_workers_start_is_no_traceback(study, seconds):
    study.set(pause=0.05)
    running = study.start(*TWO)
    until_it_works(running)
    time.sleep(seconds)
    running.signal(signal.SIGINT)
    done = running.wait()
    assert (done.code, done.err) == (130, "")


def test_the_budget_holds_for_workers(study):
    study.set(pause=0.2)
    done = study.run(*TWO, "--budget", "3s")
    assert (done.code, done.err) == (3, "")
    assert "stopped (budget)" in done.out


def test_a_second_ctrl_c_does_not_wait_for_workers(study):
    study.set(pause=60)
    running = study.start(*TWO)
    wait_until(lambda: len(list((study.cache / "locks").glob("*.lock"))) == 2)
    workers = workers_of(running.pid)
    running.signal(signal.SIGINT)
    time.sleep(0.5)
    running.signal(signal.SIGINT)
    done = running.wait()
    assert (done.code, done.err) == (130, "memstudy: interrupted\n")
    wait_until(lambda: not any(map(alive, workers)), 10)


def test_a_worker_that_dies_takes_only_its_unit_with_it(study, whole):
    expected = whole()
    study.set(breaks={"calm-seed1": "kill", "wild-seed0": "exit", "wild-seed2": "raise"})
    done = study.run(*TWO)
    assert done.code == 1
    assert "failed: calm-seed1: its process was killed (signal 9)\n" in done.out
    assert "failed: wild-seed0: its process died\n" in done.out
    assert "failed: wild-seed2: ValueError: the map left the interval\n" in done.out
    assert done.out.splitlines()[-1] == "3 recorded now, 3 of 6 missing, 3 failed"
    # Nobody knows why a process was killed: only the unit that broke by itself has a record.
    assert set(study.records()) == set(expected) - {"calm-seed1", "wild-seed0"}
    study.set(breaks={})
    assert study.run(*RUN).code == 0
    assert study.tables() == expected


def test_bad_news_of_a_worker_are_one_line(study):
    study.cache.mkdir(parents=True)
    (study.cache / "locks").write_text("in the way")
    done = study.run(*TWO)
    assert done.code == 2
    assert done.err.startswith("memstudy: cannot write data/cache/locks (")
    assert done.err.count("\n") == 1


def test_workers_of_a_killed_command_save_and_end(study, whole):
    expected = whole()
    study.set(pause=0.2)
    running = study.start(*TWO)
    wait_until(lambda: len(list((study.cache / "locks").glob("*.lock"))) == 2)
    workers = workers_of(running.pid)
    assert len(workers) == 2
    running.kill()
    wait_until(lambda: not any(map(alive, workers)), 15)
    assert len(study.checkpoints()) == 2
    study.set(pause=0)
    assert study.run(*RUN).code == 0
    assert study.tables() == expected


@pytest.mark.slow
def test_commands_with_workers_killed_at_random_moments(study, whole):
    settings = {"seeds": 10, "steps": 8, "save_at": [2, 4, 6]}
    expected = whole(**settings)
    study.set(**settings, pause=0.005)
    generator = random.Random(1)
    seen, workers = set(), set()
    for kill in range(4):
        running = study.start(*TWO)
        wait_until(lambda seen=seen: set(study.records()) > seen)
        workers |= set(workers_of(running.pid))
        time.sleep(generator.uniform(0.0, 0.3))
        if kill % 2 and (standing := workers_of(running.pid)):
            os.kill(generator.choice(standing), signal.SIGKILL)
            time.sleep(generator.uniform(0.0, 0.3))
        running.kill()
        found = study.verified()
        assert seen <= found
        seen = found
    wait_until(lambda: not any(map(alive, workers)), 15)
    study.set(pause=0)
    assert study.run(*RUN).code == 0
    assert study.tables() == expected
