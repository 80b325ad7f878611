"""Corpora of the hub: which version is asked for, and that nothing is asked for twice."""

from __future__ import annotations

import http.server
import io
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from typing import ClassVar

import pyarrow as pa
import pyarrow.parquet
import pytest

from memstudy.core.errors import UsageError
from memstudy.corpora import arrow
from memstudy.corpora.fetching import fetch
from memstudy.corpora.files import MissingCorpus
from memstudy.corpora.hub import fetched_limit, parse_slice
from memstudy.corpora.loading import at_hand, documents, load
from memstudy.corpora.places import Places
from memstudy.corpora.registry import Corpus, Hub, Split

datasets = pytest.importorskip("datasets")

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TEXTS = [f"hub tale {number}" for number in range(40)]


def corpus_of(**options):
    source = Hub(
        repository="someone/tales",
        configuration="small",
        revision=COMMIT,
        slices={"train": "train[10:]", "validation": "train[:10]"},
    )
    return Corpus(
        name="tales",
        kind="hub",
        title="Tales",
        origin="https://example.org",
        licence="CC0",
        columns=("text",),
        splits={"train": Split(), "validation": Split()},
        source=replace(source, **options),
    )


class FakeLibrary:
    """Stands for datasets.load_dataset: serves TEXTS from an Arrow file, remembers the calls."""

    def __init__(self, folder):
        self.calls, self.reachable = [], True
        rows = {"text": TEXTS, "url": [f"u{number}" for number in range(len(TEXTS))]}
        self.table = datasets.Dataset.from_dict(rows)
        self.table.save_to_disk(str(folder))
        self.file = str(next(folder.glob("*.arrow")))

    def __call__(self, path, name=None, *, split, revision, streaming=False):
        self.calls.append((path, name, split, revision, streaming))
        if not self.reachable:
            raise ConnectionError("Couldn't reach\nthe Hub")
        data = datasets.Dataset.from_file(self.file)
        return data.to_iterable_dataset() if streaming else data


@pytest.fixture
def library(tmp_path, monkeypatch):
    library = FakeLibrary(tmp_path / "hub")
    monkeypatch.setattr(arrow.import_datasets(), "load_dataset", library)
    return library


@pytest.fixture
def places(tmp_path):
    return Places(None, tmp_path / "cache")


def texts(corpus, split, places, limit=None):
    return [row["text"] for row in documents(corpus, split, limit, places)]


def test_the_pinned_version_is_asked_for_and_cut_into_our_splits(library, places):
    corpus = corpus_of()
    data = load(corpus, "train", places=places)
    assert library.calls == [("someone/tales", "small", "train", COMMIT, False)]
    assert data["text"][:] == TEXTS[10:] and data.column_names == ["text"]
    assert texts(corpus, "validation", places) == TEXTS[:10]
    assert texts(corpus, "all", places) == TEXTS[10:] + TEXTS[:10]


def test_what_was_fetched_works_without_the_hub(library, places):
    corpus = corpus_of()
    assert not at_hand(corpus, places)
    fetch(corpus, places=places)
    assert at_hand(corpus, places) and len(library.calls) == 1, "one hub split, asked for once"
    library.reachable = False
    assert texts(corpus, "train", places) == TEXTS[10:]
    assert texts(corpus, "validation", places, limit=3) == TEXTS[:3]
    assert len(library.calls) == 1


def test_a_limit_reads_no_more_than_that_and_works_without_the_hub(library, places):
    corpus = corpus_of()
    assert texts(corpus, "train", places, limit=7) == TEXTS[10:17]
    assert library.calls == [("someone/tales", "small", "train", COMMIT, True)]
    library.reachable = False
    assert texts(corpus, "train", places, limit=7) == TEXTS[10:17]
    assert fetched_limit(corpus, places) == 7 and not at_hand(corpus, places)


def test_fetch_says_what_a_limit_is_good_for_without_the_hub(library, places):
    said = fetch(corpus_of(), 7, places)
    assert "the first 7 documents of each split" in said and "as exactly that many" in said
    assert fetch(corpus_of(), places=places).endswith("in the cache, usable without a network")


def test_a_range_bounds_a_limit(library, places):
    assert texts(corpus_of(), "validation", places, limit=25) == TEXTS[:10]
    assert texts(corpus_of(), "all", places, limit=35) == TEXTS[10:] + TEXTS[:5]


def test_another_version_is_fetched_anew(library, places):
    fetch(corpus_of(), places=places)
    other = corpus_of(revision="f" * 40)
    assert not at_hand(other, places)
    load(other, places=places)
    assert library.calls[-1][3] == "f" * 40


def test_files_that_were_deleted_are_fetched_again(library, places):
    corpus = corpus_of()
    fetch(corpus, places=places)
    os.rename(library.file, library.file + ".moved")
    assert not at_hand(corpus, places)
    os.rename(library.file + ".moved", library.file)
    assert at_hand(corpus, places)


@pytest.mark.parametrize("limit", [None, 5])
def test_no_hub_and_no_cache_is_one_line(library, places, limit):
    library.reachable = False
    with pytest.raises(MissingCorpus) as error:
        load(corpus_of(), "train", limit, places)
    message = str(error.value)
    assert "\n" not in message and "Couldn't reach the Hub" in message
    assert "python -m memstudy data fetch tales" in message


def test_slices():
    assert parse_slice("train") == ("train", 0, None)
    assert parse_slice("train[5:]") == ("train", 5, None)
    assert parse_slice("test[2:30]") == ("test", 2, 30)
    with pytest.raises(UsageError, match="not of the form"):
        parse_slice("train[:10%]")


# --------------------------------------------------------------- the real library, a hub of our own


class SmallHub(http.server.BaseHTTPRequestHandler):
    """As much of the hub's protocol as one public parquet data set needs."""

    files: ClassVar[dict[str, bytes]] = {}

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def entry(self, path):
        return {"type": "file", "path": path, "size": len(self.files[path]), "oid": "a" * 40}

    def answer(self, body):
        path = self.path.split("?")[0]
        if path.startswith("/api/datasets/someone/tales/tree/"):
            folder = path.split(COMMIT)[-1].strip("/")
            inside = [name for name in self.files if f"/{name}".startswith(f"/{folder}")]
            entries = [self.entry(name) for name in inside]
            if not folder:
                entries.append({"type": "directory", "path": "data", "size": 0, "oid": "b" * 40})
            return self.send_json(entries)
        if path.startswith("/api/datasets/someone/tales"):
            siblings = [{"rfilename": name} for name in self.files]
            info = {"id": "someone/tales", "sha": COMMIT, "siblings": siblings, "tags": []}
            return self.send_json({**info, "private": False, "gated": False, "downloads": 0})
        prefix = f"/datasets/someone/tales/resolve/{COMMIT}/"
        name = path.removeprefix(prefix)
        if not path.startswith(prefix) or name not in self.files:
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        content, start, stop = self.files[name], 0, None
        if wanted := self.headers.get("Range"):
            start, stop = wanted.removeprefix("bytes=").split("-")
            start, stop = int(start), int(stop) + 1 if stop else None
        part = content[start:stop]
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", f'"{abs(hash(name))}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(part)))
        if wanted:
            total = len(content)
            self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{total}")
        self.end_headers()
        if body:
            self.wfile.write(part)
        return None

    def send_json(self, value):
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


SCRIPT = """
import sys
from pathlib import Path
from memstudy.corpora.loading import at_hand, documents, load
from memstudy.corpora.places import Places
from memstudy.corpora.registry import Corpus, Hub, Split

slices = {"train": "train[10:]", "validation": "train[:10]"}
source = Hub("someone/tales", slices, None, sys.argv[2])
splits = {"train": Split(), "validation": Split()}
corpus = Corpus("tales", "hub", "T", "o", "l", ("text",), splits, source)
places = Places(None, Path(sys.argv[1]))
print([row["text"] for row in documents(corpus, "validation", 3, places)])
if sys.argv[3] == "whole":
    print(load(corpus, "train", places=places)["text"][:3], at_hand(corpus, places))
"""


@pytest.mark.slow
def test_the_real_library_against_a_hub_of_our_own_and_then_without_it(tmp_path):
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"text": TEXTS, "url": TEXTS}), buffer)
    SmallHub.files = {
        "README.md": b"---\nlicense: cc0-1.0\n---\nTales.\n",
        "data/train-00000-of-00001.parquet": buffer.getvalue(),
    }
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SmallHub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        **os.environ,
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "cache"), COMMIT]

    def run(what):
        result = subprocess.run(
            [*command, what], env=environment, capture_output=True, text=True, timeout=300
        )
        assert result.returncode == 0, result.stderr[-3000:]
        return result.stdout.splitlines()

    try:
        assert run("limit") == [str(TEXTS[:3])]
        whole = run("whole")
        assert whole == [str(TEXTS[:3]), f"{TEXTS[10:13]} True"]
    finally:
        server.shutdown()
        server.server_close()
    assert run("whole") == whole, "the second time works without the hub"
