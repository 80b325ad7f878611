"""Races, their records and the page of all records. What is tested is the arithmetic, no speed."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

import pytest
import torch

from memstudy.benchmarking import measuring, page, records
from memstudy.benchmarking.measuring import OtherWork, Race
from memstudy.benchmarking.records import Comparison, Record
from memstudy.core.device import Device
from memstudy.core.errors import UsageError

ONE_CORE = Device("cpu", "A Processor (R) @ 3 GHz", 1, "float32")
COMPARISON = Comparison(
    part="Mosaic against GPT2",
    what="d 128",
    seconds={"mosaic": 0.5, "GPT2": 0.25},
    speed={"GPT2": 0.5},
    bytes={"mosaic": 30_000_000, "GPT2": 40_000_000},
    tokens=1000,
    least_speed=0.77,
)
MADE_BY = {
    "started": "2026-01-02T03:04:05+00:00",
    "git": {"commit": "0123456789abcdef", "clean": True},
    "device": {"kind": "cpu", "name": ONE_CORE.name, "threads": 1, "autocast": "float32"},
    "versions": {"torch": "2.13.0"},
}
RECORD = Record("toy", MADE_BY, "processor time", 3, False, 0.0, (COMPARISON,))


@pytest.fixture
def scripts(tmp_path):
    (tmp_path / "toy.py").write_text('"""How fast a toy is.\n\nMore words.\n"""\n')
    return tmp_path


def readme(scripts, *kept):
    for record in kept:
        records.save(record, scripts / "results")
    return page.readme(scripts, scripts / "results")


def test_forms_warm_up_and_take_turns():
    calls = []
    race = Race(ONE_CORE, rounds=2)
    race.compare("", "", {name: lambda n=name: calls.append(n) for name in "abc"})
    assert "".join(calls) == "abc" * 3


def test_ratios_are_medians_of_the_rounds_ratios(monkeypatch):
    """Not ratios of medians: a slow round is slow for all forms."""
    seconds = iter([1.0, 2.0, 10.0, 30.0, 2.0, 4.0])
    monkeypatch.setattr(Race, "seconds", lambda race, form: next(seconds))
    forms = {"ours": lambda: None, "theirs": lambda: None}
    found = Race(ONE_CORE, rounds=3).compare("", "", forms, scale={"theirs": 2.0})
    assert found.seconds == {"ours": 2.0, "theirs": 8.0}
    assert found.speed == {"theirs": 4.0}
    assert found.ours == "ours"


def test_peak_memory_is_the_most_that_was_held_at_once():
    def form():
        first = torch.empty(1000, dtype=torch.float64)
        second = torch.empty(3000, dtype=torch.float64)
        del first, second
        return torch.empty(500, dtype=torch.float64)

    assert Race(ONE_CORE, 1).peak_memory(form) == 8 * 4000


def test_processor_time_is_read_where_one_thread_is_alone():
    assert Race(ONE_CORE, 1).clock_name == "processor time"
    assert Race(replace(ONE_CORE, threads=2), 1).clock_name == "wall clock"
    assert Race(Device("cuda", "a GPU", 1, "bfloat16"), 1).clock_name == "wall clock"


def test_goals_that_were_missed_are_said():
    assert COMPARISON.missed("GPT2")
    assert not replace(COMPARISON, least_speed=None).missed("GPT2")
    assert not replace(COMPARISON, least_speed=None, most_memory=0.75).missed("GPT2")
    assert replace(COMPARISON, least_speed=None, most_memory=0.74).missed("GPT2")
    assert "MISSED" in COMPARISON.printed()


def test_records_come_back_as_they_were_and_newer_ones_replace_older(tmp_path):
    records.save(RECORD, tmp_path)
    assert records.load_all(tmp_path) == [RECORD]
    newer = replace(RECORD, rounds=9)
    records.save(newer, tmp_path)
    assert records.load_all(tmp_path) == [newer]
    assert [path.name for path in tmp_path.iterdir()] == ["toy-a-processor-r-3-ghz-1-threads.json"]


@pytest.mark.parametrize("change", ["drop", "add", "rename", "unmade", "list", "cut"])
def test_what_is_no_record_is_refused(tmp_path, change):
    content, name = asdict(RECORD), RECORD.stem
    if change == "drop":
        del content["clock"]
    elif change == "add":
        content["comparisons"][0]["colour"] = "blue"
    elif change == "rename":
        name = "other"
    elif change == "unmade":
        content["made_by"] = {}
    text = json.dumps([content] if change == "list" else content)
    (tmp_path / f"{name}.json").write_text(text[:-9] if change == "cut" else text)
    with pytest.raises(UsageError, match=name) as error:
        records.load_all(tmp_path)
    assert "\n" not in str(error.value)


def test_the_page_names_every_script_and_what_is_missing(scripts):
    text = readme(scripts)
    assert "## [toy](toy.py)\n\nHow fast a toy is.\n" in text
    assert "**Not measured yet:** `python benchmarks/toy.py --save`" in text
    assert "Not measured yet" not in readme(scripts, RECORD)


def test_the_page_tells_speeds_ratios_and_origin(scripts):
    text = readme(scripts, RECORD)
    assert text == readme(scripts)
    (row,) = [line for line in text.splitlines() if line.startswith("| d 128 ")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:5] == ["mosaic", "GPT2", "2,000 tokens/s", "4,000 tokens/s"]
    assert cells[5] == "**0.50** (wanted: at least 0.77 times as fast)"
    assert cells[6:] == ["30 MB", "40 MB", "0.75"]
    assert "1 thread, 2026-01-02, torch 2.13.0, float32, processor time" in text
    assert "commit 012345678." in text
    assert "Rough" not in text and "quiet machine**" not in text


def test_columns_for_which_nothing_was_measured_are_left_out(scripts):
    bare = replace(COMPARISON, bytes={}, tokens=0)
    text = readme(scripts, replace(RECORD, comparisons=(bare,)))
    assert "| 500 ms | 250 ms |" in text
    assert "peak memory |" not in text


def test_a_rough_record_and_a_busy_machine_are_said(scripts):
    text = readme(scripts, replace(RECORD, quick=True, other_work=1.25))
    assert "**Rough**" in text
    assert "other work kept 1.2 cores busy" in text
    unknown = replace(RECORD, other_work=None)
    assert not unknown.busy


def test_a_gpu_tells_how_much_of_its_peak_is_used(scripts):
    device = MADE_BY["device"] | {"name": "NVIDIA H200", "kind": "cuda"}
    counted = replace(COMPARISON, flops_per_token=989e12 / 2000 / 4)
    record = replace(RECORD, made_by=MADE_BY | {"device": device}, comparisons=(counted,))
    assert "2,000 tokens/s, 25 % of peak" in readme(scripts, record)


def test_other_work_is_what_others_do(monkeypatch):
    seconds = iter([(10.0, 1.0, 100.0), (22.0, 5.0, 110.0)])
    monkeypatch.setattr(OtherWork, "_now", staticmethod(lambda: next(seconds)))
    assert OtherWork().cores() == 0.8
    monkeypatch.setattr(OtherWork, "_now", staticmethod(lambda: None))
    assert OtherWork().cores() is None


def test_the_command_line_keeps_what_was_measured(scripts, monkeypatch, capsys):
    monkeypatch.setattr(records.save, "__defaults__", (scripts / "results",))
    monkeypatch.setattr("sys.argv", ["toy.py", "--quick", "--save"])

    def measure(race, options):
        race.compare("Part", "what", {"ours": lambda: None, "theirs": lambda: None})

    threads = torch.get_num_threads()
    measuring.main("toy", "A toy.", measure)
    torch.set_num_threads(threads)
    (record,) = records.load_all(scripts / "results")
    assert record.quick and record.rounds == 2 and record.comparisons[0].part == "Part"
    assert "saved: " in capsys.readouterr().out


def test_utilisation_is_a_share_of_the_peak_of_known_devices():
    assert page.utilisation(1e5, 1e9, "NVIDIA H200") == pytest.approx(1e14 / 989e12)
    assert math.isnan(page.utilisation(1e5, 1e9, "a processor"))
