"""The command line as users meet it: exit codes, one line for what is wrong, nothing lost."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
import torch

from toystudy import ToyStudy, wait_until

RUN = ("run", "toy", "--device", "cpu", "--threads", "1")
TOGETHER = re.compile(r"memstudy[^\n]*\n")  # one line, the program's


def refused(done, *fragments):
    """Exit code 2, one line on standard error, which says all of this."""
    assert (done.code, done.out) == (2, "")
    assert TOGETHER.fullmatch(done.err), done.err
    for fragment in fragments:
        assert fragment in done.err
    assert "Traceback" not in done.err


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "COMMAND"),
        (("nonsense",), "invalid choice: 'nonsense'"),
        (("run",), "experiment"),
        (("run", "nonsense"), "unknown experiment 'nonsense'; choose one of toy"),
        (("run", ""), "unknown experiment ''"),
        (("run", "../toy"), "unknown experiment '../toy'"),
        (("run", "to\ny"), r"unknown experiment 'to\ny'"),
        (("run", "toy", "--profile", "tpu"), "toy has no profile 'tpu'; choose one of smoke, cpu"),
        (("run", "toy", "--profile", "paper"), "toy has no profile 'paper'"),
        (("run", "all", "--profile", "paper"), "toy has no profile 'paper'"),
        (("run", "toy", "--seeds", ""), "'' is no list of seeds; write 0,3 or 0-4"),
        (("run", "toy", "--seeds", "one"), "'one' is no list of seeds"),
        (("run", "toy", "--seeds", "0,,1"), "is no list of seeds"),
        (("run", "toy", "--seeds", "1.5"), "is no list of seeds"),
        (("run", "toy", "--seeds=-1"), "is no list of seeds"),
        (("run", "toy", "--seeds", "2-0"), "'2-0' runs backwards; write 0-2"),
        (("run", "toy", "--seeds", "0-99999999999"), "more seeds than any profile has"),
        (("run", "toy", "--seeds", "0,7"), "fixed for profile cpu: [0, 1, 2]; choose some"),
        (("run", "toy", "--only", "zzz"), "no unit of toy matches 'zzz'; arms: calm, wild"),
        (("run", "toy", "--budget", "soon"), "'soon' is no time; write 90s, 9m or 1h30m"),
        (("run", "toy", "--budget", ""), "is no time"),
        (("run", "toy", "--budget", "0"), "longer than nothing"),
        (("run", "toy", "--budget=-5"), "is no time"),
        (("run", "toy", "--budget", "9m9h"), "is no time"),
        (("run", "toy", "--workers", "0"), "'0' is no whole number of at least 1"),
        (("run", "toy", "--workers", "two"), "'two' is no whole number"),
        (("run", "toy", "--threads", "-1"), "'-1' is no whole number"),
        (("run", "toy", "--device", "tpu"), "invalid choice: 'tpu'"),
        (("run", "toy", "--nonsense"), "unrecognized arguments: --nonsense"),
        (("figures", "--mode", "guess"), "unknown mode 'guess'; choose one of load, run"),
        (("figures", "--profile", "tpu"), "unknown profile 'tpu'; choose one of smoke"),
        (("import",), "archive"),
        (("import", "nothing.tar"), "there is no archive nothing.tar"),
        (("import", "."), "there is no archive ."),
    ],
)
def test_bad_input_is_one_line_and_touches_nothing(study, arguments, said):
    refused(study.run(*arguments), said)
    assert not (study.root / "data").exists()


def test_all_leaves_out_experiments_without_the_profile_and_says_so(capsys):
    # Not at the top: processes that unpickle functions of this file begin without the library.
    from memstudy.cli import having

    one, other = (SimpleNamespace(name=name, profiles=p) for name, p in (("a", "xy"), ("b", "x")))
    assert having("y", [one, other]) == [one]
    assert capsys.readouterr().out == "b has no profile 'y' and is left out\n"
    assert having("x", [one, other]) == [one, other]
    assert having("z", [one, other]) == [one, other]  # the first one will refuse it
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("more", [(), ("--workers", "2")])
def test_cuda_without_a_gpu(study, more):
    done = study.run("run", "toy", "--device", "cuda", *more)
    assert done.code == 2
    assert done.err == (
        "memstudy: device 'cuda' was asked for, but PyTorch sees no GPU; use --device cpu\n"
    )
    assert study.records() == {}


def test_several_experiments_are_all_checked_before_any_is_run(study):
    shutil.copytree(study.experiment, study.experiment.with_name("toy_two"))
    path = study.experiment.with_name("toy_two") / "run.py"
    path.write_text(path.read_text().replace('NAME = "toy"', 'NAME = "toy_two"'))
    (path.parent / "settings.json").write_text('{"seeds": 2}')
    refused(study.run("run", "all", "--seeds", "2"), "[0, 1]; choose some of these")
    assert not (study.root / "data").exists()
    assert study.run("run", "all", "--seeds", "0-1", "--only", "calm*").code == 0
    assert sorted(study.records()) == ["calm-seed0", "calm-seed1"]
    assert len(list((study.results.parent / "toy_two" / "cpu").iterdir())) == 2


ASK = """
from memstudy import study
from memstudy.core.errors import UsageError
for name, profile, mode, seeds in {}:
    try:
        study.results(name, profile=profile, mode=mode, seeds=seeds)
    except UsageError as error:
        print(error)
"""


def test_results_that_are_not_there_name_the_command(study):
    questions = {
        ("toy", "gpu", "load", None): "Record them with: python -m memstudy run toy --profile gpu",
        ("x", "cpu", "load", None): "unknown experiment 'x'; choose one of toy",
        ("toy", "tpu", "load", None): "no profile 'tpu'; choose one of smoke, cpu, gpu",
        ("toy", "cpu", "auto", None): "unknown mode 'auto'; choose one of load, run",
        ("toy", "cpu", "load", (9,)): "choose some of these",
        ("toy", "cpu", "load", (0,)): "calm-seed0/run.json is corrupt",
        ("toy", "cpu", "load", (1, 2)): "1 failed, calm-seed1: ValueError: the map left the",
    }
    study.set(breaks={"calm-seed1": "raise"})
    assert study.run(*RUN).code == 1
    (study.results / "cpu" / "calm-seed0" / "run.json").write_text("{")
    done = study.python("-c", ASK.format(list(questions))).wait()
    assert (done.code, done.err) == (0, "")
    for line, said in zip(done.out.splitlines(), questions.values(), strict=True):
        assert said in line
    assert not (study.results / "gpu").exists()


# --- run ---------------------------------------------------------------------------------------


def test_a_grid_from_nothing_to_complete(study):
    done = study.run(*RUN)
    assert (done.code, done.err) == (0, "")
    first, expected, last = done.out.splitlines()
    assert first == "toy, profile cpu (a toy): 6 units, 0 recorded, 6 to do"
    assert expected == (
        "expected: about 9 min with 1 worker (stated cost on one abacus); "
        "results go to data/results/toy/cpu"
    )
    assert last == "6 recorded now, 0 of 6 missing; complete"
    records = study.records()
    assert list(records) == [f"{arm}-seed{seed}" for arm in ("calm", "wild") for seed in range(3)]
    assert all(run["outcome"] == "completed" for run in records.values())
    again = study.run(*RUN)
    assert again.code == 0
    assert again.out.splitlines() == [
        "toy, profile cpu (a toy): 6 units, 6 recorded, 0 to do",
        "0 recorded now, 0 of 6 missing; complete",
    ]
    assert study.records() == records


def test_choosing_seeds_and_units_forcing_and_the_estimate(study):
    chosen = ["--only", "wild-seed2", "--only", "wild-*"]
    assert study.run(*RUN, "--seeds", "0,2", *chosen).code == 0
    before = study.records()
    assert sorted(before) == ["wild-seed0", "wild-seed2"]
    time.sleep(1.1)  # a record tells when it was made, to the second
    done = study.run(*RUN, "--only", "wild-seed2", "--force")
    assert done.code == 0
    assert "from 2 earlier runs on this kind of machine" in done.out
    after = study.records()
    assert after["wild-seed0"] == before["wild-seed0"]
    assert after["wild-seed2"]["started"] > before["wild-seed2"]["started"]
    assert after["wild-seed2"]["measurements"] == before["wild-seed2"]["measurements"]


def test_a_failed_unit_leaves_with_1_and_is_tried_again(study):
    study.set(breaks={"calm-seed1": "raise"}, pack_size=3)
    done = study.run(*RUN)
    assert done.code == 1
    assert "failed: calm-seed1: ValueError: the map left the interval\n" in done.out
    assert done.out.splitlines()[-1] == "5 recorded now, 1 of 6 missing, 1 failed"
    assert study.records()["calm-seed1"]["outcome"] == "failed"
    assert study.run(*RUN).code == 1
    study.set(breaks={})
    done = study.run(*RUN)
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 recorded now, 0 of 6 missing; complete")
    assert {run["outcome"] for run in study.records().values()} == {"completed"}


@pytest.mark.parametrize("how", ["columns", "facts", "large"])
def test_measurements_that_cannot_be_recorded_are_a_failure(study, how):
    study.set(breaks={"calm-seed0": how})
    done = study.run(*RUN, "--only", "calm")
    assert done.code == 1
    assert "2 recorded now, 1 of 3 missing, 1 failed" in done.out


def test_the_budget_ends_the_grid_and_the_next_calls_finish_it_to_the_bit(study, tmp_path):
    whole = ToyStudy(tmp_path / "whole")
    assert whole.run(*RUN).code == 0
    study.set(pause=0.04)
    codes = []
    while not codes or codes[-1]:
        assert len(codes) < 40
        budget = 2 * 2 ** (len(codes) // 10)  # more on a machine too busy to begin in 2 seconds
        done = study.run(*RUN, "--budget", f"{budget}s")
        codes.append(done.code)
        stopped = "; stopped (budget): the same command goes on from here\n" in done.out
        assert (done.code, stopped) in ((3, True), (0, False))
    assert len(codes) > 2
    assert study.tables() == whole.tables()
    begun = [run["facts"]["begun_at_steps"] for run in study.records().values()]
    assert max(map(len, begun)) > 1  # some unit was really continued in its middle
    assert study.leftovers() == []
    assert study.checkpoints() == []


def test_the_budget_is_one_for_all_experiments(study):
    shutil.copytree(study.experiment, study.experiment.with_name("toy_two"))
    path = study.experiment.with_name("toy_two") / "run.py"
    path.write_text(path.read_text().replace('NAME = "toy"', 'NAME = "toy_two"'))
    study.set(pause=0.5)
    started = time.monotonic()
    done = study.run("run", "all", "--device", "cpu", "--budget", "2s")
    assert done.code == 3
    assert time.monotonic() - started < 60
    assert not (study.results.parent / "toy_two").exists()


def test_all_experiments_come_in_the_order_of_their_notebooks(study):
    shutil.copytree(study.experiment, study.experiment.with_name("a_later_toy"))
    path = study.experiment / "run.py"
    path.write_text(path.read_text().replace('notebook="99_toy"', 'notebook="01_toy"'))
    path = study.experiment.with_name("a_later_toy") / "run.py"
    path.write_text(path.read_text().replace('NAME = "toy"', 'NAME = "a_later_toy"'))
    done = study.run("run", "all", "--device", "cpu", "--only", "calm-seed0")
    assert done.code == 0, done.err
    firsts = [line.split(",")[0] for line in done.out.splitlines() if "to do" in line]
    assert firsts == ["toy", "a_later_toy"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_after_a_checkpoint(study, tmp_path, number):
    whole = ToyStudy(tmp_path / "whole")
    assert whole.run(*RUN).code == 0
    study.set(pause=0.05, save_at=[3])
    running = study.start(*RUN)
    wait_until(study.records)
    wait_until(lambda: not study.checkpoints())  # that of the first unit
    wait_until(study.checkpoints)  # that of the second
    running.signal(number)
    done = running.wait()
    assert (done.code, done.err) == (130, "")
    assert "stopped (interrupt): the same command goes on from here" in done.out
    assert len(study.checkpoints()) == 1
    study.set(pause=0)
    assert study.run(*RUN).code == 0
    assert study.tables() == whole.tables()


def test_a_second_ctrl_c_insists(study):
    study.set(pause=30)
    running = study.start(*RUN)
    wait_until(lambda: "expected" in running.out())
    time.sleep(1)
    running.signal(signal.SIGINT)
    time.sleep(0.2)
    running.signal(signal.SIGINT)
    done = running.wait()
    assert (done.code, done.err) == (130, "memstudy: interrupted\n")
    assert study.records() == {}
    assert study.leftovers() == []


def test_ctrl_c_before_the_work_begins_is_no_traceback(study):
    study.set(pause=30)  # on a starved machine the signal may come late, but not after the work
    running = study.popen(*RUN, real_torch=True)  # whose import takes long
    wait_until(lambda: running.has_mapped("libtorch"))
    running.signal(signal.SIGINT)
    done = running.wait()
    assert done.code in (130, -signal.SIGINT)
    assert study.records() == {}


def test_profiles_that_are_not_recorded_stay_in_the_cache(study):
    for _ in range(2):
        done = study.run(*RUN, "--profile", "smoke")
        assert done.code == 0
        assert "(a toy): 6 units, all to do, recorded or not\n" in done.out
        assert "6 recorded now, 0 of 6 not measured; complete\n" in done.out
    study.set(pause=0.2)
    done = study.run(*RUN, "--profile", "smoke", "--budget", "1s")
    assert done.code == 3
    assert "goes on from here" not in done.out  # it would measure everything again
    assert "name what is left with --only" in done.out
    assert not study.results.exists()
    assert len(study.records("smoke", study.cache / "results")) == 6


def test_it_works_from_any_folder(study, tmp_path):
    assert study.run(*RUN, cwd=tmp_path).code == 0
    assert len(study.records()) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study"]
    done = study.run(*RUN, "--profile", "gpu", "--out", "there", cwd=tmp_path)
    assert done.code == 0
    assert len(study.records("gpu", tmp_path / "there" / "results")) == 6


# --- records that cannot be trusted ------------------------------------------------------------


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        ("run.json", lambda p: p.write_bytes(b""), "run.json is corrupt"),
        ("run.json", lambda p: os.truncate(p, 200), "run.json is corrupt"),
        ("run.json", lambda p: p.write_bytes(os.urandom(300)), "run.json is corrupt"),
        ("run.json", lambda p: edit(p, schema=99), "schema version 99"),
        ("run.json", lambda p: p.unlink(), "run.json is missing"),
        ("measurements.parquet", lambda p: p.write_bytes(b""), "is truncated or was altered"),
        ("measurements.parquet", lambda p: os.truncate(p, 200), "is truncated or was altered"),
        ("measurements.parquet", lambda p: p.unlink(), "measurements.parquet is missing"),
    ],
)
def test_a_corrupt_record_is_named_refused_and_left_in_place(study, name, spoil, said):
    study.run(*RUN, "--only", "calm-seed1")
    path = study.results / "cpu" / "calm-seed1" / name
    spoil(path)
    before = path.read_bytes() if path.exists() else None
    for more in ((), ("--workers", "2")):
        refused(study.run(*RUN, *more), said, "data/results/toy/cpu/calm-seed1", "left in place")
    assert (path.read_bytes() if path.exists() else None) == before
    repair = re.search(r"python -m memstudy (.*)", study.run(*RUN).err)[1].split()
    assert study.run(*repair).code == 0
    assert study.run(*RUN).code == 0


def test_a_record_of_another_configuration_is_refused(study):
    study.run(*RUN)
    records = study.records()
    study.set(steps=21)
    refused(study.run(*RUN), "calm-seed0 was recorded with another configuration (hash ")
    assert study.records() == records


# --- places and disks --------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written(study, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "file" / "x", "/proc/x", "/dev/null"):
        done = study.run(*RUN, "--out", str(out))
        assert done.code == 2
        assert TOGETHER.fullmatch(done.err), done.err
        assert f"cannot write {out}/results/toy/cpu" in done.err
    assert (tmp_path / "file").read_text() == "in the way"
    study.results.parent.parent.mkdir()
    study.results.parent.write_text("in the way")
    assert "cannot write data/results/toy/cpu (Not a directory)" in study.run(*RUN).err
    assert study.results.parent.read_text() == "in the way"


def no_file_beyond_200_bytes():
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))


def no_file_beyond_2000_bytes():
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


@pytest.mark.parametrize("before", [no_file_beyond_200_bytes, no_file_beyond_2000_bytes])
def test_a_disk_that_takes_no_more(study, before):
    assert study.run(*RUN, "--only", "calm-seed0").code == 0
    recorded = study.records()
    done = study.run(*RUN, before=before)
    assert done.code == 2
    assert TOGETHER.fullmatch(done.err), done.err
    assert "no space left to write data/results/toy/cpu; free some and run" in done.err
    assert study.records() == recorded
    assert study.leftovers() == []
    assert study.run(*RUN).code == 0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 200 kB, where this process may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", folder], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("may not mount a file system")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_is_full(study, small_disk):
    study.set(seeds=30)
    command = (*RUN, "--profile", "gpu", "--out", str(small_disk))
    done = study.run(*command)
    assert done.code == 2
    assert TOGETHER.fullmatch(done.err), done.err
    assert f"no space left to write {small_disk}" in done.err
    records = study.records("gpu", small_disk / "results")
    assert 3 < len(records) < 60
    assert {run["outcome"] for run in records.values()} == {"completed"}
    assert not list(small_disk.rglob(".*.tmp"))
    # Again: what is recorded is verified and kept.
    assert study.run(*command).code == 2
    assert study.records("gpu", small_disk / "results").items() >= records.items()


def test_output_that_nobody_takes(study):
    with open("/dev/full", "w") as full:
        running = study.popen(*RUN, streams={"stdout": full, "stderr": subprocess.PIPE})
        error = running.process.communicate()[1].decode()
    assert running.process.returncode == 2
    assert error.splitlines()[0].startswith("memstudy: the system refused: ")
    assert "Traceback" not in error
    reader, writer = os.pipe()
    os.close(reader)
    running = study.popen(*RUN, streams={"stdout": writer, "stderr": subprocess.PIPE})
    error = running.process.communicate()[1].decode()
    os.close(writer)
    assert (running.process.returncode, error) == (1, "")


# --- archives ----------------------------------------------------------------------------------


def test_computed_there_filed_here(study, tmp_path):
    study.set(pause=0.03)
    away = tmp_path / "away"
    command = (*RUN, "--profile", "gpu", "--out", str(away))
    done = study.run(*command, "--budget", "1s")
    assert done.code == 3
    archive = away / "toy-gpu.tar"
    assert done.out.splitlines()[-1] == f"archive: {archive}"
    some = study.run("import", str(archive))
    assert some.code == 0
    filed = len(study.records("gpu"))
    assert some.out == f"{filed} filed, 0 known already\n"
    assert 0 < filed < 6
    study.set(pause=0)
    assert study.run(*command).code == 0
    rest = study.run("import", str(archive))
    assert rest.out == f"{6 - filed} filed, {filed} known already\n"
    assert study.records("gpu") == study.records("gpu", away / "results")
    assert study.run(*RUN, "--profile", "gpu").out.splitlines()[-1].endswith("complete")


def test_an_archive_that_does_not_verify_files_nothing(study, tmp_path):
    study.run(*RUN, "--out", str(tmp_path / "away"))
    archive = tmp_path / "away" / "toy-cpu.tar"
    content = bytearray(archive.read_bytes())
    content[content.index(b"PAR1") + 9] ^= 1
    archive.write_bytes(content)
    refused(study.run("import", str(archive)), "does not verify, nothing was filed")
    study.run(*RUN, "--out", str(tmp_path / "away"))
    study.set(steps=21)
    refused(study.run("import", str(archive)), "made with another configuration than it has here")
    assert not study.results.exists()


def test_runs_that_differ_are_kept_unless_forced(study, tmp_path):
    study.run(*RUN, "--out", str(tmp_path / "away"), "--only", "calm-seed0")
    time.sleep(1.1)  # so that the records differ
    study.run(*RUN)
    before = study.records()
    archive = str(tmp_path / "away" / "toy-cpu.tar")
    done = study.run("import", archive)
    assert (done.code, done.out) == (
        0,
        "0 filed, 0 known already\nkept the recorded run of toy/cpu/calm-seed0, which differs; "
        "replace it with --force\n",
    )
    assert study.records() == before
    assert study.run("import", archive, "--force").out == "1 filed, 0 known already\n"
    assert study.records() != before


# --- what is imported, and what must not be needed ---------------------------------------------

HEAVY = ("torch", "datasets", "matplotlib", "pandas", "numpy", "pyarrow", "IPython", "papermill")


def test_help_and_imports_are_light(study):
    code = f"""
import sys
import memstudy, memstudy.cli, memstudy.core.experiment
memstudy.cli.build_parser().format_help()
print([name for name in {HEAVY} if name in sys.modules])
"""
    assert study.python("-c", code, real_torch=True).wait().out == "[]\n"


def test_help_answers_at_once(study):
    # Processor time of this process alone: a busy machine does not change it much.
    code = """
import runpy, sys, time
sys.argv = ["memstudy", "--help"]
try:
    runpy.run_module("memstudy", run_name="__main__")
except SystemExit as end:
    print("processor seconds:", time.process_time(), "exit code:", end.code)
"""
    said = study.python("-c", code, real_torch=True).wait().out
    assert "run" in said and "import" in said and "doctor" in said
    seconds, code = re.search(r"processor seconds: (\S+) exit code: (\d+)", said).groups()
    assert code == "0"
    assert float(seconds) < 0.5


BARE = ("torch", "numpy", "pandas", "pyarrow", "tqdm", "filelock")


def test_run_needs_only_what_a_bare_gpu_node_has(study):
    # Everything installed is refused but these and what they themselves bring along.
    code = f"""
import importlib.metadata as metadata, re, sys

def plain(name):
    return re.sub("[-_.]+", "-", name).lower()

def needed(names, found):
    for name in map(plain, names):
        if name not in found:
            found.add(name)
            try:
                lines = metadata.requires(name) or []
            except metadata.PackageNotFoundError:
                continue
            words = [re.match(r"[\\w.-]+", line)[0] for line in lines if "extra ==" not in line]
            needed(words, found)
    return found

allowed = needed({BARE!r}, set())
tops = metadata.packages_distributions()
refused = set(name for name, sources in tops.items()
              if not set(map(plain, sources)) & allowed) - {{"memstudy"}}
assert {{"matplotlib", "datasets", "IPython", "papermill", "seaborn", "pytest"}} <= refused

class Bare:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in refused:
            raise ModuleNotFoundError(f"a bare node has no {{name}}", name=name)

sys.meta_path.insert(0, Bare())
from memstudy.cli import main
sys.exit(main(["run", "toy", "--device", "cpu", "--profile", "gpu", "--budget", "9m",
               "--out", "there"]))
"""
    done = study.python("-c", code, real_torch=True).wait()
    assert (done.err, done.code) == ("", 0)
    assert done.out.splitlines()[-1] == f"archive: {study.root}/there/toy-gpu.tar"
    assert len(study.records("gpu", study.root / "there" / "results")) == 6


# --- what one sees -----------------------------------------------------------------------------


def test_quiet_where_nobody_is_watching(study):
    study.set(pause=0.02)
    done = study.popen(*RUN).wait()
    assert (done.code, done.err) == (0, "")
    assert "\r" not in done.out


def watch(study, *arguments):
    """What a terminal of 120 columns shows while a command runs, and its exit code."""
    master, slave = pty.openpty()
    subprocess.run(["stty", "cols", "120", "rows", "40"], stdin=slave, check=True)
    streams = {"stdin": slave, "stdout": slave, "stderr": slave}
    running = study.popen(*arguments, streams=streams)
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):  # the terminal ends with the process
        while chunk := os.read(master, 65536):
            shown += chunk
    os.close(master)
    return running.process.wait(), shown.decode()


def test_in_a_terminal_two_bars_tell_units_steps_loss_and_time_left(study):
    study.set(pause=0.06, seeds=2, breaks={"wild-seed0": "raise"})
    code, shown = watch(study, *RUN)
    assert code == 1
    assert re.search(r"toy: +\d+%.*\| \d/4 \[\d\d:\d\d<\d\d:\d\d", shown)
    assert re.search(r"calm-seed0: +\d+%.*\| \d+/20 \[\d\d:\d\d<\d\d:\d\d.*loss=0\.\d+\]", shown)
    assert re.search(r"toy: 100%.*\| 4/4", shown)
    assert "failed: wild-seed0: ValueError: the map left the interval" in shown
    assert shown.splitlines()[-1] == "3 recorded now, 1 of 4 missing, 1 failed"


def test_with_workers_there_is_a_bar_for_each(study):
    study.set(pause=0.08, seeds=2)
    code, shown = watch(study, *RUN, "--workers", "2")
    assert code == 0
    assert re.search(r"toy: 100%.*\| 4/4", shown)
    at_once = {name for name in ("calm-seed0", "calm-seed1") if re.search(rf"{name}: +\d+%", shown)}
    assert at_once == {"calm-seed0", "calm-seed1"}


def test_the_version(study):
    assert re.fullmatch(r"memstudy \d+\.\d+\.\d+\n", study.run("--version").out)
    assert sys.version_info >= (3, 11)
