"""Grids on a Ray cluster: the same records as in one process, machines that are lost, refusals.

Where ray is not installed only the refusals are tested. Starting a cluster takes ten seconds on an
idle machine, and Ray gives up after thirty: on a busy one, start it first (``ray start --head``)
and name it in the environment, ``MEMSTUDY_TEST_CLUSTER=host:port``.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
from types import SimpleNamespace

import pytest

from memstudy import cluster
from memstudy.core.errors import UsageError
from memstudy.core.store import Store
from memstudy.execution import Job, Places
from toystudy import ToyStudy, wait_until

RUN = ("run", "toy", "--device", "cpu", "--threads", "1")
RAY = (*RUN, "--executor", "ray", "--workers", "2")
if standing := os.environ.get("MEMSTUDY_TEST_CLUSTER"):
    RAY += ("--address", standing)
needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason='ray is not installed; pip install "memstudy[cluster]"',
)


def refused(done, *fragments):
    """Exit code 2 and one line, which says all of this."""
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("memstudy: ") and done.err.count("\n") == 1, done.err
    for fragment in fragments:
        assert fragment in done.err


@pytest.fixture
def whole(tmp_path):
    """What an undisturbed run in one process measures, by unit."""

    def tables(**settings):
        other = ToyStudy(tmp_path / "whole")
        other.set(**settings)
        assert other.run(*RUN).code == 0
        return other.tables()

    return tables


@needs_ray
@pytest.mark.slow
def test_a_grid_on_a_cluster_is_that_of_one_process_whatever_is_lost(study, whole):
    expected = whole()
    study.set(
        save_at=[3],
        breaks={
            "calm-seed1": "kill the first",  # lost once, after a checkpoint
            "wild-seed0": "exit",  # lost as often as it is tried
            "wild-seed2": "raise",
        },
    )
    done = study.popen(*RAY).wait()
    assert done.code == 1, done.err
    assert "with 2 workers" in done.out
    gone = "its worker on the cluster was lost"
    for unit in ("calm-seed1", "wild-seed0"):
        assert done.out.count(f"tried once more: {unit}: {gone}\n") == 1
    assert f"failed: wild-seed0: {gone}\n" in done.out
    assert "failed: wild-seed2: ValueError: the map left the interval\n" in done.out
    assert done.out.splitlines()[-1] == "4 recorded now, 2 of 6 missing, 2 failed"
    records = study.records()
    assert records["calm-seed1"]["facts"]["begun_at_steps"] == [0, 3]
    assert records["wild-seed2"]["outcome"] == "failed"
    assert records["wild-seed2"]["reason"] == "ValueError: the map left the interval"
    assert study.leftovers() == []
    study.set(breaks={})
    assert study.run(*RUN).code == 0
    assert study.tables() == expected


@needs_ray
@pytest.mark.slow
def test_ctrl_c_stops_the_cluster_after_a_checkpoint(study, whole):
    expected = whole(seeds=1)
    study.set(seeds=1, pause=0.2, save_at=[1])
    running = study.popen(*RAY)
    wait_until(lambda: len(study.checkpoints()) == 2)
    running.signal(signal.SIGINT)
    done = running.wait()
    assert (done.code, done.err) == (130, "")
    assert "stopped (interrupt): the same command goes on from here" in done.out
    study.set(pause=0, save_at=[])
    assert study.popen(*RUN).wait().code == 0  # with the stand-in, which wrote the checkpoints
    assert study.tables() == expected
    begun = [run["facts"]["begun_at_steps"] for run in study.records().values()]
    assert [len(steps) for steps in begun] == [2, 2]


def test_an_address_without_the_executor_is_refused(study):
    done = study.run(*RUN, "--address", "head:6379")
    refused(done, "--address names a Ray cluster; give --executor ray with it")
    assert not (study.root / "data").exists()


def test_a_missing_ray_says_what_to_install(study):
    (study.root / "lib" / "ray.py").write_text("raise ImportError('no ray')\n")
    done = study.run(*RUN, "--executor", "ray")
    refused(done, "package ray, which is not installed", 'pip install "memstudy[cluster]"')
    assert not (study.root / "data").exists()


@needs_ray
def test_an_address_where_nobody_answers_is_refused_at_once(study):
    with socket.socket() as taken:  # bound, so that nobody else listens there; not listening
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = study.popen(*RUN, "--executor", "ray", "--address", address).wait()
    refused(done, f"no Ray cluster answers at {address}", "ray start --head --port")
    assert not (study.root / "data").exists()


@pytest.mark.parametrize("address", ["", "here", "host:", "host:99999", "ray://host:1", "a b:1"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(UsageError, match="is no address of a cluster; write host:port or auto"):
        cluster.check_reachable(address)


def test_room_on_a_cluster():
    four, small, head = {"CPU": 8.0, "GPU": 4.0}, {"CPU": 3.0}, {"object_store_memory": 1.0}
    assert cluster.room_for([four], "auto", 1) == (4, 1)
    assert cluster.room_for([four], "cuda", 4) == (2, 1)
    assert cluster.room_for([four], "cpu", 2) == (4, 0)
    assert cluster.room_for([small], "auto", 2) == (1, 0)
    assert cluster.room_for([small, small, head], "cpu", 2) == (2, 0)  # not 6 CPUs for 3
    assert cluster.room_for([four, small, head], "auto", 3) == (2, 1)  # without GPU: no room
    with pytest.raises(UsageError, match="the cluster has no GPU"):
        cluster.room_for([small, head], "cuda", 1)
    with pytest.raises(UsageError, match=r"no machine of the cluster has 4 CPU\(s\) for a worker"):
        cluster.room_for([small, small], "cpu", 4)
    with pytest.raises(UsageError, match=r"has 9 CPU\(s\) and a GPU for"):
        cluster.room_for([four, {"CPU": 9.0}], "auto", 9)
    with pytest.raises(UsageError, match="no machine"):
        cluster.room_for([], "cpu", 1)


class RayError(Exception):
    """As in ray.exceptions."""


class RayActorError(RayError):
    """As in ray.exceptions."""


class FakeRay:
    """As much of Ray as a grid asks of it; every answer of an actor is an error."""

    def __init__(self, error):
        self.exceptions = SimpleNamespace(RayError=RayError, RayActorError=RayActorError)
        self.error, self.killed = error, []

    def init(self, **options):
        pass

    shutdown = init

    def nodes(self):
        five = {"CPU": 5.0}
        return [{"Alive": alive, "Resources": five} for alive in (True, True, False)]

    def remote(self, actor_class):
        actor = SimpleNamespace(news=SimpleNamespace(remote=object))
        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=lambda *_: actor))

    def wait(self, answers, num_returns, timeout):
        return answers, []

    def get(self, answer):
        raise self.error

    def kill(self, actor):
        self.killed.append(actor)


@pytest.mark.parametrize(("error", "killed"), [(RayActorError(), 0), (RayError("lost"), 1)])
def test_whatever_ray_says_instead_of_news_the_worker_is_gone(tmp_path, monkeypatch, error, killed):
    ray = FakeRay(error)
    monkeypatch.setattr(cluster, "imported", lambda: ray)
    job = Job("cpu", Places(Store(tmp_path / "results"), tmp_path / "cache"), "cpu", 3, False)
    grid = cluster.Cluster("toy", job, None, None, most=9)
    assert grid.size == 2  # one on each machine that is alive
    said = []
    worker = grid.hire(1)
    grid.listen([worker], lambda *what: said.append(what))
    assert said == [(worker, "gone", "its worker on the cluster was lost")]
    assert len(ray.killed) == killed
    grid.close()


def test_a_worker_that_is_not_at_home_refuses(tmp_path):
    token = tmp_path / "token"
    with pytest.raises(UsageError, match="does not see"):
        cluster.Home(token, "").check()
    token.touch()
    with pytest.raises(UsageError, match="another version of the library"):
        cluster.Home(token, "0" * 64).check()
    cluster.Home(token, cluster.provenance.library_sha256()).check()
