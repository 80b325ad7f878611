"""Fetching an archive, against a server of this test that misbehaves in every way that matters."""

from __future__ import annotations

import hashlib
import http.server
import json
import random
import threading
from dataclasses import replace

import pytest

from memstudy.core.errors import UsageError
from memstudy.corpora import downloading
from memstudy.corpora.downloading import DownloadFailed, download
from memstudy.corpora.fetching import fetch
from memstudy.corpora.files import WrongHash
from memstudy.corpora.loading import at_hand, documents
from memstudy.corpora.places import Places
from memstudy.corpora.registry import Archive, Corpus, Split, TextFile

multivolumefile = pytest.importorskip("multivolumefile")
py7zr = pytest.importorskip("py7zr")
pytest.importorskip("requests")

ARCHIVE = "little-stories.7z"
VOLUME_BYTES = 3500


def stories(count, seed):
    words = [f"word{number}" for number in range(3000)]
    rng = random.Random(seed)
    return [" ".join(rng.choices(words, k=60)) + ' "—".' for _ in range(count)]


TRAIN, VALIDATION = stories(60, seed=1), stories(9, seed=2)


@pytest.fixture(scope="module")
def volumes(tmp_path_factory):
    """Contents of the volumes of a small archive that is made like the real one."""
    folder = tmp_path_factory.mktemp("archive")
    for name, texts in [("traindataset.txt", TRAIN), ("valdataset.txt", VALIDATION)]:
        (folder / name).write_text("".join(json.dumps(text) + "\n" for text in texts))
    with (
        multivolumefile.open(folder / ARCHIVE, "wb", volume=VOLUME_BYTES) as joined,
        py7zr.SevenZipFile(joined, "w") as archive,
    ):
        for name in ("traindataset.txt", "valdataset.txt"):
            archive.write(folder / name, name)
    parts = [path.read_bytes() for path in sorted(folder.glob(f"{ARCHIVE}.*"))]
    assert len(parts) >= 3, "the test wants several volumes"
    return {f"{ARCHIVE}.{number:03d}": part for number, part in enumerate(parts, start=1)}


class Server(http.server.ThreadingHTTPServer):
    """Serves ``contents``; ``failures[path]`` is a list of what to do wrong, one a request.

    A failure is a status code to answer with, or ``("cut", n)``: promise all, send n bytes.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.contents, self.failures = {}, {}
        self.with_ranges, self.with_etags = True, True
        self.requests = []  # (name, Range header or None)

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, name = self.server, self.path.lstrip("/")
        server.requests.append((name, self.headers.get("Range")))
        todo = server.failures.get(name) or [None]
        failure = todo.pop(0)
        if isinstance(failure, int):
            return self.send_error(failure)
        if name not in server.contents:
            return self.send_error(404)
        content = server.contents[name]
        etag = f'"{hashlib.md5(content).hexdigest()}"'
        start = 0
        wanted = self.headers.get("Range")
        if wanted and server.with_ranges and self.headers.get("If-Range") in (None, etag):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                return self.send_error(416)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if server.with_etags:
            self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        stop = len(content) if failure is None else start + failure[1]
        self.wfile.write(content[start:stop])
        return None

    def log_message(self, *_):
        pass


@pytest.fixture
def server(volumes, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloading, "CHUNK", 100)  # the volumes here are small
    server = Server()
    server.contents = dict(volumes)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def places(tmp_path):
    return Places(None, tmp_path / "cache")


@pytest.fixture
def corpus(server, volumes):
    """The registry's entry for this archive, its hashes unknown."""
    return Corpus(
        name="little",
        kind="archive",
        title="Little stories",
        origin="https://example.org/little",
        licence="CC0",
        columns=("text",),
        splits={"train": Split(), "validation": Split()},
        source=Archive(
            archive=ARCHIVE,
            volumes=tuple(TextFile(name, url=server.url(name)) for name in volumes),
            files=(
                TextFile("traindataset.txt", split="train"),
                TextFile("valdataset.txt", split="validation"),
            ),
            reader="json_strings",
        ),
    )


def with_hashes(corpus, volumes):
    known = tuple(
        replace(volume, sha256=hashlib.sha256(volumes[volume.name]).hexdigest())
        for volume in corpus.source.volumes
    )
    return replace(corpus, source=replace(corpus.source, volumes=known))


class Waits(list):
    """Stands for time.sleep and remembers how long it was to wait."""

    def __call__(self, seconds):
        self.append(seconds)


def texts(corpus, split, places):
    return [row["text"] for row in documents(corpus, split, places=places)]


def test_an_archive_is_fetched_verified_unpacked_and_read(corpus, places, server, volumes, caplog):
    assert not at_hand(corpus, places)
    message = fetch(corpus, places=places, sleep=pytest.fail)
    assert "fetched and unpacked" in message and at_hand(corpus, places)
    assert texts(corpus, "train", places) == TRAIN
    assert texts(corpus, "validation", places) == VALIDATION
    for name, content in volumes.items():  # hashes nobody knew: recorded, and said
        assert f"{name}; trusted on first use" in caplog.text
        assert hashlib.sha256(content).hexdigest() in caplog.text
    left = {path.name for path in (places.downloads / "little").iterdir() if path.is_file()}
    assert left == {*volumes, "traindataset.txt", "valdataset.txt", ".lock"}

    server.requests.clear()
    assert "nothing to fetch" in fetch(corpus, places=places)
    assert server.requests == []


def test_known_hashes_are_compared_and_not_recorded(corpus, places, volumes, caplog):
    fetch(with_hashes(corpus, volumes), places=places)
    assert all(f"{name};" not in caplog.text for name in volumes)
    assert texts(corpus, "train", places) == TRAIN


def test_a_missing_part_is_named_at_once(corpus, places, server, volumes):
    name = list(volumes)[1]
    del server.contents[name]
    with pytest.raises(DownloadFailed) as error:
        fetch(corpus, places=places, sleep=pytest.fail)
    message = str(error.value)
    assert "\n" not in message and f"corpus little, {name}: " in message
    assert "404 Not Found" in message and "https://example.org/little" in message
    assert not at_hand(corpus, places)

    server.contents[name] = volumes[name]
    server.requests.clear()
    fetch(corpus, places=places)
    assert [name for name, _ in server.requests] == list(volumes)[1:], "what was there is kept"


def test_a_truncated_part_is_noticed_and_not_trusted(corpus, places, server, volumes):
    name = next(iter(volumes))
    server.contents[name] = volumes[name][:-100]
    with pytest.raises(UsageError, match="do not form a whole archive") as error:
        fetch(corpus, places=places)
    assert f"{name} {len(volumes[name]) - 100}" in str(error.value), "sizes help to find the part"
    assert not at_hand(corpus, places)
    assert not (places.records / "first_seen.json").exists(), "no hash of a bad part is recorded"

    (places.downloads / "little" / name).unlink()
    server.contents[name] = volumes[name]
    fetch(corpus, places=places)
    assert texts(corpus, "validation", places) == VALIDATION


def test_an_altered_part_fails_the_archives_own_checksum(corpus, places, server, volumes):
    name = list(volumes)[1]
    altered = bytearray(volumes[name])
    altered[1000] ^= 255
    server.contents[name] = bytes(altered)
    with pytest.raises(UsageError, match="do not form a whole archive"):
        fetch(corpus, places=places)
    assert not at_hand(corpus, places)


def test_a_wrong_hash_is_refused_and_fetched_anew_next_time(corpus, places, server, volumes):
    corpus, name = with_hashes(corpus, volumes), list(volumes)[1]
    server.contents[name] = b"<html>moved</html>"
    with pytest.raises(WrongHash) as error:
        fetch(corpus, places=places)
    message = str(error.value)
    assert "\n" not in message and name in message
    assert hashlib.sha256(volumes[name]).hexdigest() in message, "expected"
    assert hashlib.sha256(b"<html>moved</html>").hexdigest() in message, "found"
    server.contents[name] = volumes[name]
    fetch(corpus, places=places)
    assert texts(corpus, "train", places) == TRAIN


def test_server_errors_are_waited_out(corpus, places, server, volumes):
    server.failures = {next(iter(volumes)): [500, 503, 429]}
    waits = Waits()
    fetch(corpus, places=places, sleep=waits)
    assert waits == [1, 2, 4], "doubled each time"
    assert texts(corpus, "train", places) == TRAIN


def test_attempts_are_bounded(corpus, places, server, volumes):
    server.failures = {next(iter(volumes)): [500] * 99}
    waits = Waits()
    with pytest.raises(DownloadFailed, match="gave up after 5 attempts without progress"):
        fetch(corpus, places=places, sleep=waits)
    assert waits == [1, 2, 4, 8] and len(server.requests) == 5


def test_an_interrupted_download_resumes_where_it_broke_off(corpus, places, server, volumes):
    name = next(iter(volumes))
    server.failures = {name: [("cut", 1000), ("cut", 2000)]}
    fetch(corpus, places=places, sleep=Waits())
    ranges = [range_ for requested, range_ in server.requests if requested == name]
    assert ranges == [None, "bytes=1000-", "bytes=3000-"]
    assert (places.downloads / "little" / name).read_bytes() == volumes[name]


def test_a_later_call_resumes_what_an_earlier_one_kept(places, server, volumes, tmp_path):
    name, target = next(iter(volumes)), tmp_path / "got"
    server.failures = {name: [("cut", 1000), 500, 500]}
    with pytest.raises(DownloadFailed, match="1000 bytes are kept"):
        download(server.url(name), target, attempts=3, sleep=Waits())
    assert not target.exists()
    server.requests.clear()
    download(server.url(name), target)
    assert server.requests == [(name, "bytes=1000-")]
    assert target.read_bytes() == volumes[name]
    assert list((tmp_path / "partial").iterdir()) == [], "nothing is left behind"


@pytest.mark.parametrize("missing", ["ranges", "etags"])
def test_a_server_that_cannot_resume_begins_anew(server, volumes, tmp_path, missing):
    setattr(server, f"with_{missing}", False)
    name = next(iter(volumes))
    server.failures = {name: [("cut", 1000)]}
    download(server.url(name), tmp_path / "got", sleep=Waits())
    assert (tmp_path / "got").read_bytes() == volumes[name]


def test_a_file_that_changed_meanwhile_is_not_patched_together(server, volumes, tmp_path):
    name = next(iter(volumes))
    server.failures = {name: [("cut", 1000)]}

    def change(_):
        server.contents[name] = bytes(reversed(volumes[name]))

    download(server.url(name), tmp_path / "got", sleep=change)
    assert (tmp_path / "got").read_bytes() == bytes(reversed(volumes[name]))


def test_a_part_that_is_longer_than_the_file_is_thrown_away(server, volumes, tmp_path):
    name = next(iter(volumes))
    server.failures = {name: [("cut", 1000)] + [500] * 2}
    with pytest.raises(DownloadFailed):
        download(server.url(name), tmp_path / "got", attempts=3, sleep=Waits())
    with open(tmp_path / "partial" / "got", "ab") as file:
        file.write(bytes(len(volumes[name])))
    download(server.url(name), tmp_path / "got", sleep=Waits())
    assert (tmp_path / "got").read_bytes() == volumes[name]


def test_no_server_at_all_is_one_line(tmp_path):
    with pytest.raises(DownloadFailed, match="gave up after 2 attempts") as error:
        download("http://127.0.0.1:9/x", tmp_path / "got", attempts=2, sleep=Waits())
    assert "\n" not in str(error.value)


def test_an_archive_without_the_text_files_says_what_it_holds(corpus, places):
    wanted = (*corpus.source.files, TextFile("testdataset.txt"))
    other = replace(corpus, source=replace(corpus.source, files=wanted))
    with pytest.raises(UsageError, match=r"does not hold testdataset\.txt; it holds train"):
        fetch(other, places=places)


def test_text_that_changed_after_unpacking_is_refused_and_repaired(corpus, places):
    fetch(corpus, places=places)
    (places.downloads / "little" / "traindataset.txt").write_text('"forged"\n')
    with pytest.raises(WrongHash, match=r"recorded at first sight.*data fetch little"):
        next(documents(corpus, places=places))
    fetch(corpus, places=places)
    assert texts(corpus, "train", places) == TRAIN


def test_parts_and_text_in_the_users_folder_are_used(corpus, places, server, volumes, tmp_path):
    folder = tmp_path / "texts" / "little"
    folder.mkdir(parents=True)
    with_folder = Places(tmp_path / "texts", places.cache)
    for name, content in volumes.items():
        (folder / name).write_bytes(content)
    fetch(corpus, places=with_folder)
    assert server.requests == []
    unpacked = places.downloads / "little" / "traindataset.txt"
    assert unpacked.exists() and not (folder / "traindataset.txt").exists(), "only read"

    forged = folder / "traindataset.txt"
    forged.write_text('"forged"\n')
    with pytest.raises(WrongHash):
        fetch(corpus, places=with_folder)
    assert forged.read_text() == '"forged"\n', "the user's files are never touched"


def test_kinds_with_nothing_to_fetch_say_how_to_get_them(places):
    with pytest.raises(UsageError, match=r"set MEMSTUDY_CORPORA .* or use wikipedia_simple"):
        fetch("simplewiki", places=places)
