"""``python -m memstudy data ...`` as far as this room answers for it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys

import pytest

from memstudy.core.errors import UsageError
from memstudy.corpora import commands, hub, registry
from memstudy.corpora.places import Places

ENTRY = """
[tales]
kind = "files"
title = "Tales of the fox"
origin = "https://example.org/tales"
licence = "a licence that is so long that nobody would ever want to read it in a table of corpora"
columns = ["text", "author"]
files = [{ name = "tales.jsonl" }]
note = "Short."
splits = { train = { documents = 3, tokens = 1_234_567 } }

[others]
kind = "files"
title = "Other tales"
origin = "https://example.org/others"
licence = "CC0"
files = [{ name = "others.jsonl" }]
splits = { train = {} }
"""


@pytest.fixture
def small_registry(tmp_path, monkeypatch):
    (tmp_path / "corpora.toml").write_text(ENTRY)
    (tmp_path / "texts").mkdir()
    rows = [{"text": f"Tale {number}. " + "Long. " * 40, "author": "A."} for number in range(3)]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "texts" / "tales.jsonl").write_text(content)
    monkeypatch.setattr(registry, "REGISTRY", tmp_path / "corpora.toml")
    places = Places(tmp_path / "texts", tmp_path / "cache")
    monkeypatch.setattr(commands, "default_places", lambda: places)


def run(*arguments):
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    return commands.main(parser.parse_args(arguments))


def test_list_is_a_table_of_what_there_is(small_registry, capsys):
    assert run("list") == 0
    header, tales, others, *_ = capsys.readouterr().out.splitlines()
    assert header.split() == ["name", "kind", "at", "hand", "documents", "tokens", "licence"]
    assert tales.split()[:5] == ["tales", "files", "yes", "3", "1,234,567"]
    assert tales.endswith(" ...") and len(tales) < 110
    assert others.split() == ["others", "files", "no", "-", "-", "CC0"]
    assert header.index("tokens") + len("tokens") == tales.index("1,234,567") + len("1,234,567")


def test_peek_shows_shortened_documents_and_where_they_come_from(small_registry, capsys):
    assert run("peek", "tales", "--count", "2", "--characters", "20") == 0
    out = capsys.readouterr().out
    assert "tales: Tales of the fox" in out and "https://example.org/tales" in out
    assert "note: Short." in out and "author=A." in out
    assert "Tale 1. Long. Long.  ...\n" in out and "Tale 2" not in out


def test_verify_hashes_again_and_counts(small_registry, capsys, tmp_path):
    assert run("verify", "tales") == 0
    assert "tales train: 3 documents, as in the registry" in capsys.readouterr().out
    text = ENTRY.replace("documents = 3", "documents = 4")
    (tmp_path / "corpora.toml").write_text(text)
    assert run("verify", "tales") == 1
    assert "3 documents, WRONG: the registry says 4" in capsys.readouterr().out
    (tmp_path / "texts" / "tales.jsonl").write_text('{"text": "forged", "author": ""}\n')
    with pytest.raises(UsageError, match="not the file that is expected"):
        run("verify", "tales")


def test_verify_fetches_nothing(small_registry, monkeypatch):
    source = registry.Hub("someone/tales", {"train": "train"})
    far = dataclasses.replace(registry.find("tales"), name="far", kind="hub", source=source)
    monkeypatch.setattr(commands, "find", lambda name: far)
    monkeypatch.setattr(hub, "load", lambda *_: pytest.fail("asked the hub"))
    with pytest.raises(UsageError, match=r"far is not at hand as a whole; .* data fetch far$"):
        run("verify", "far")


def test_fetch_and_verify_of_missing_text_say_how_to_get_it(small_registry):
    for action in ("fetch", "verify", "peek"):
        with pytest.raises(UsageError, match=r"others\.jsonl not found in .* set MEMSTUDY_CORPORA"):
            run(action, "others")


@pytest.mark.parametrize(
    "arguments", [[], ["peek"], ["peek", "tales", "--count", "0"], ["fetch", "x", "--limit", "ten"]]
)
def test_wrong_arguments_leave_with_code_two(arguments, capsys):
    with pytest.raises(SystemExit) as leaving:
        run(*arguments)
    assert leaving.value.code == 2


def test_the_list_needs_no_heavy_library():
    code = """
import sys
for name in ("torch", "datasets", "pandas", "pyarrow", "tiktoken", "tokenizers", "requests"):
    sys.modules[name] = None
import argparse
from memstudy.corpora import commands
parser = argparse.ArgumentParser()
commands.add_arguments(parser)
raise SystemExit(commands.main(parser.parse_args(["list"])))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "simplewiki" in result.stdout
