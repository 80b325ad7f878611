"""Device, provenance, progress, stopping, paths."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from memstudy.core import device, paths, progress, provenance
from memstudy.core.errors import UsageError, one_line
from memstudy.core.stopping import Stopping


@pytest.fixture(autouse=True)
def threads_as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
    torch.set_flush_denormal(False)


def test_threads_are_always_set():
    assert device.select("cpu", threads=1).threads == torch.get_num_threads() == 1
    assert device.select("cpu").threads == device.available_cores()


def test_denormal_numbers_are_flushed():
    device.select("cpu", 1)
    assert (torch.tensor([1e-40]) * 1).item() == 0


def test_unknown_device_and_absent_gpu_are_refused():
    with pytest.raises(UsageError, match="choose one of auto, cpu, cuda"):
        device.select("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="no GPU; use --device cpu"):
            device.select("cuda")
        assert device.select("auto", 1).kind == "cpu"


def test_provenance_can_be_stored_and_names_code_and_machine():
    found = provenance.capture(device.select("cpu", 1))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["versions"].keys() >= {"python", "torch", "numpy", "pandas", "pyarrow"}
    assert found["device"]["threads"] == 1
    assert found["machine_class"].startswith(found["device"]["name"])
    assert provenance.peak_memory_bytes(device.select("cpu", 1)) > 1e7


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="not on Linux")
def test_memory_that_was_given_back_is_forgotten_when_asked():
    here, size = device.select("cpu", 1), 200_000_000
    held = torch.ones(size, dtype=torch.uint8)
    assert (before := provenance.peak_memory_bytes(here)) > size
    del held
    assert provenance.peak_memory_bytes(here) == before
    provenance.reset_peak_memory(here)
    assert provenance.peak_memory_bytes(here) < before - size / 2


def test_without_linux_the_largest_memory_is_that_since_the_process_began(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "PROCESS", tmp_path / "absent")
    provenance.reset_peak_memory(here := device.select("cpu", 1))
    assert provenance.peak_memory_bytes(here) > 1e7


def test_hash_of_the_library_sees_names_and_contents(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    first = provenance.library_sha256(tmp_path)
    (tmp_path / "notes.txt").write_text("not code")
    assert provenance.library_sha256(tmp_path) == first
    (tmp_path / "a.py").write_text("x = 2\n")
    second = provenance.library_sha256(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert len({first, second, provenance.library_sha256(tmp_path)}) == 3


def git(folder, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, "-C", folder, *words], check=True, capture_output=True)


def test_git_state_of_a_checkout_of_a_copy_and_of_a_plain_folder(tmp_path):
    assert provenance.git_state(tmp_path) == {"commit": None, "clean": None}
    git(tmp_path, "init")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.py").write_text("x = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    state = provenance.git_state(tmp_path)
    assert len(state["commit"]) == 40
    assert state["clean"]
    (tmp_path / "results").mkdir()  # what a run writes does not make the code unclean
    (tmp_path / "results" / "new").write_text("")
    assert provenance.git_state(tmp_path)["clean"]
    (tmp_path / "lib" / "a.py").write_text("x = 2\n")
    assert provenance.git_state(tmp_path) == {"commit": state["commit"], "clean": False}
    # Copied into somebody else's repository it must not claim that one's commit.
    assert provenance.git_state(tmp_path / "lib") == {"commit": None, "clean": None}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0.0 s"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (45.4, "45 s"),
        (99.4, "99 s"),
        (150, "2 min"),
        (3569, "59 min"),
        (3571, "1 h 00 min"),
        (4800, "1 h 20 min"),
    ],
)
def test_durations_for_people(seconds, words):
    assert progress.duration(seconds) == words


def test_bars_survive_a_terminal_that_goes_away(monkeypatch):
    class Gone:
        encoding = "utf-8"

        def isatty(self):
            return True

        def write(self, text):
            if broken:
                raise OSError(5, "Input/output error")

        def flush(self):
            self.write("")

        def fileno(self):
            raise OSError(25, "no terminal")

    broken = []
    monkeypatch.delenv("MEMSTUDY_QUIET", raising=False)
    monkeypatch.setattr(sys, "stderr", Gone())
    bars = progress.Bars(10, "units")
    bars.step(1, "a", 1, 5, {"loss": 0.5})
    broken.append(True)
    time.sleep(0.6)  # longer than tqdm waits before it draws again
    bars.step(1, "a", 2, 5, {"loss": 0.5})
    bars.step(1, "b", 1, 5, {"loss": 0.5})
    bars.finished(1)
    bars.close()


def test_the_first_signal_is_noted_and_the_second_insists():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Stopping() as stopping:
        assert stopping.reason() == ""
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.reason() == "interrupt"
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
    assert before == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))


def test_a_budget_ends_a_little_early():
    stopping = Stopping(budget=0.2)
    assert stopping.reason() == ""
    time.sleep(0.2 * 0.98)
    assert stopping.reason() == "budget"
    assert Stopping(None).reason() == ""


def test_paths_are_absolute_and_shown_from_the_repository(tmp_path):
    assert (paths.EXPERIMENTS / "three_moons" / "run.py").is_file()
    assert paths.shown(paths.RESULTS / "x") == "data/results/x"
    assert paths.shown(tmp_path) == str(tmp_path)


def test_one_line_is_one_line():
    assert one_line(ValueError("first\nsecond")) == "first"
    assert one_line(MemoryError()) == "MemoryError"
    assert len(one_line(ValueError("x" * 1000))) == 200
