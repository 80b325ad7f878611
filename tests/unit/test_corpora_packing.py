"""Packed streams: what is in them, which windows are drawn, and that damage does not go unseen."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from memstudy.core.errors import UsageError
from memstudy.corpora import packing, streams
from memstudy.corpora.files import MissingCorpus
from memstudy.corpora.packing import (
    HEADER_BYTES,
    DamagedStream,
    TokenStream,
    read_header,
    uniform_integers,
    write_stream,
)
from memstudy.corpora.places import Places
from memstudy.corpora.streams import token_stream

LABELS = {"corpus": "tales", "split": "train", "key": "k" * 64}


class Letters:
    """A tokeniser for tests: a byte is a token, 256 is end-of-text."""

    name, vocab_size, end_of_text, sha256 = "letters", 257, 256, "0" * 64

    def encode_batch(self, texts):
        return [np.frombuffer(text.encode(), np.uint8).astype(np.uint16) for text in texts]


def texts(count=50):
    return [f"tale {number} " + "é" * (number % 7) + "x" * (number * 3 % 40) for number in
            range(count)]  # fmt: skip


@pytest.fixture
def stream(tmp_path):
    return write_stream(tmp_path / "a.tokens", texts(), Letters(), **LABELS)


# ---------------------------------------------------------------------------------------- contents


def test_a_stream_is_every_document_followed_by_end_of_text(stream):
    expected = [token for text in texts() for token in (*text.encode(), 256)]
    assert stream.tokens.dtype == np.uint16 and stream.tokens.tolist() == expected
    pieces = bytes(min(token, 255) for token in expected).split(b"\xff")[:-1]
    assert [piece.decode() for piece in pieces] == texts()
    sizes = [len(text.encode()) + 1 for text in texts()]
    assert stream.starts.tolist() == [sum(sizes[:index]) for index in range(len(sizes))]


def test_the_header_says_what_the_stream_is(stream):
    header = read_header(stream.path)
    assert (header.corpus, header.split, header.key) == ("tales", "train", "k" * 64)
    assert (header.tokenizer, header.vocab_size, header.end_of_text) == ("letters", 257, 256)
    assert (header.documents, header.tokens) == (50, len(stream))
    assert header.characters == sum(map(len, texts()))
    digest = hashlib.sha256()
    for text in texts():
        digest.update(len(text.encode()).to_bytes(8, "little") + text.encode())
    assert header.text_sha256 == digest.hexdigest()
    content = stream.path.read_bytes()
    assert header.data_sha256 == hashlib.sha256(content[HEADER_BYTES:]).hexdigest()


def test_a_stream_is_pickled_as_its_path(stream):
    content = pickle.dumps(stream)
    assert len(content) < 500
    assert np.array_equal(pickle.loads(content).tokens, stream.tokens)


def test_batches_of_documents_leave_no_seams(tmp_path, stream, monkeypatch):
    monkeypatch.setattr(packing, "BATCH_DOCUMENTS", 7)
    other = write_stream(tmp_path / "b.tokens", iter(texts()), Letters(), **LABELS)
    assert other.path.read_bytes() == stream.path.read_bytes()


def test_blank_documents_are_left_out(tmp_path):
    stream = write_stream(tmp_path / "a", ["a", "", " \n\t", "b"], Letters(), **LABELS)
    assert stream.tokens.tolist() == [97, 256, 98, 256] and stream.header.documents == 2


def test_a_stream_of_nothing_is_refused(tmp_path):
    with pytest.raises(UsageError, match="tales/train has no documents"):
        write_stream(tmp_path / "a.tokens", ["", " "], Letters(), **LABELS)
    assert list(tmp_path.iterdir()) == []


def test_an_error_half_way_leaves_the_old_file_and_no_other(tmp_path, stream):
    before = stream.path.read_bytes()

    def broken():
        yield "a"
        raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError):
        write_stream(stream.path, broken(), Letters(), **LABELS)
    assert stream.path.read_bytes() == before and list(tmp_path.iterdir()) == [stream.path]


# ----------------------------------------------------------------------------------------- windows


def test_x_and_y_are_a_window_and_the_same_moved_by_one(stream):
    x, y = stream.batch(length=16, batch_size=32, seed=5, step=9)
    assert x.shape == y.shape == (32, 16) and x.dtype == y.dtype == torch.int64
    assert torch.equal(x[:, 1:], y[:, :-1])
    everything = stream.tokens.tolist()
    runs = {tuple(everything[start : start + 17]) for start in range(len(everything) - 16)}
    for first, last in zip(x.tolist(), y[:, -1].tolist(), strict=True):
        assert (*first, last) in runs, "a window is a run of the stream, documents cut or not"


def test_every_place_can_be_drawn_and_no_other(tmp_path):
    stream = write_stream(tmp_path / "a", ["abcdefghi"], Letters(), **LABELS)  # 10 tokens
    assert stream.n_windows(4) == 6
    seen = {tuple(row) for step in range(40) for row in stream.batch(4, 8, 0, step)[0].tolist()}
    assert len(seen) == 6 and tuple(b"fghi") in seen and tuple(b"abcd") in seen
    _, y = stream.windows(np.array([5]), 4)
    assert y.tolist() == [[*b"ghi", 256]], "the last window ends with the last token"
    for wrong in (-1, 6):
        with pytest.raises(ValueError, match="would not lie inside"):
            stream.windows(np.array([wrong]), 4)
    with pytest.raises(ValueError, match=r"10 \+ 1 tokens does not fit into 10"):
        stream.batch(10, 1, 0, 0)


def test_windows_are_a_pure_function_of_seed_and_step(stream):
    straight = [stream.batch(8, 4, seed=3, step=step)[0] for step in range(40)]
    resumed = [TokenStream(stream.path).batch(8, 4, 3, step)[0] for step in range(17, 40)]
    assert all(torch.equal(a, b) for a, b in zip(straight[17:], resumed, strict=True))
    assert not torch.equal(straight[0], straight[1])
    assert not torch.equal(straight[0], stream.batch(8, 4, seed=4, step=0)[0])


def test_the_numbers_drawn_never_change():
    """Recorded runs rest on these: Philox 4x64-10, key (seed, 0), counter (0, 0, 0, step)."""
    assert uniform_integers(0, 0, 3, 1000).tolist() == FIRST_DRAWS[0]
    assert uniform_integers(2**63 + 5, 80_000, 3, 474_704_395).tolist() == FIRST_DRAWS[1]


FIRST_DRAWS = [[259, 458, 49], [340975741, 19626315, 236501286]]


def test_draws_are_uniform_and_rows_do_not_depend_on_the_batch_size():
    draws = np.concatenate([uniform_integers(1, step, 500, 10) for step in range(40)])
    counts = np.bincount(draws, minlength=10)
    chi_square = ((counts - 2000) ** 2 / 2000).sum()
    assert chi_square < 27.9, "the 0.999 quantile for 9 degrees of freedom"
    few, many = uniform_integers(1, 2, 3, 10**9), uniform_integers(1, 2, 64, 10**9)
    assert few.tolist() == many[:3].tolist()
    for seed, step in [(-1, 0), (2**64, 0), (0, -1)]:
        with pytest.raises(ValueError, match="must lie in"):
            uniform_integers(seed, step, 1, 10)


def test_windows_at_document_starts_hold_one_document(tmp_path):
    lengths = [3, 9, 8, 40, 7]
    stream = write_stream(tmp_path / "a", ["x" * n for n in lengths], Letters(), **LABELS)
    starts = stream.document_starts(8)
    assert starts.tolist() == [4, 23], "at least 8 + 1 tokens of its own: those of 9 and of 40"
    x, y = stream.windows(starts, 8)
    assert (x == ord("x")).all() and (y == ord("x")).all()
    assert stream.document_starts(40).size == 0


# ------------------------------------------------------------------------------------------ damage


def damage_cut(content):
    return content[:-1]


def damage_cut_header(content):
    return content[:100]


def damage_longer(content):
    return content + b"\0"


def damage_magic(content):
    return b"X" + content[1:]


def damage_header(content):
    return content.replace(b'"documents"', b'"docujents"', 1)


def damage_format(content):
    return content.replace(b'"format": 1,', b'"format": 7,', 1)


DAMAGES = [damage_cut, damage_cut_header, damage_longer, damage_magic, damage_header, damage_format]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_not_opened(stream, damage):
    stream.path.write_bytes(damage(stream.path.read_bytes()))
    with pytest.raises(DamagedStream):
        TokenStream(stream.path)


# ------------------------------------------------------------------- streams of corpora, the cache


@pytest.fixture
def places(tmp_path):
    return Places(None, tmp_path / "cache")


@pytest.fixture
def tales(tmp_path):
    path = tmp_path / "tales.jsonl"
    path.write_text("".join(json.dumps({"text": text * 3}) + "\n" for text in texts(200)))
    return str(path)


@pytest.fixture
def letters(monkeypatch):
    """The tokeniser of this test in the place of GPT-2's; returns how often it was asked for."""
    asked = []
    monkeypatch.setattr(streams, "tokenizer", lambda *_: asked.append(1) or Letters())
    monkeypatch.setattr(streams, "recorded_sha256", lambda *_: Letters.sha256)
    return asked


def test_a_stream_is_made_once_and_read_without_the_tokeniser(tales, places, letters):
    first = token_stream(tales, "train", "gpt2", places=places)
    assert first.header.split == "train" and len(first) > 1000
    again = token_stream(tales, "train", "gpt2", places=places)
    assert again.path == first.path and len(letters) == 1
    assert np.array_equal(again.tokens, first.tokens)


def test_splits_limits_and_tokenisers_have_files_of_their_own(tales, places, letters):
    wanted = [("train", "gpt2", None), ("validation", "gpt2", None), ("train", "gpt2", 5)]
    made = [token_stream(tales, split, spec, limit, places) for split, spec, limit in wanted]
    assert len({stream.path for stream in made}) == 3
    assert made[2].header.documents == 5


@pytest.mark.parametrize("damage", [*DAMAGES, "flip"])
def test_a_damaged_cache_is_noticed_and_made_again(tales, places, letters, caplog, damage):
    first = token_stream(tales, "train", "gpt2", places=places)
    good = first.path.read_bytes()
    if damage == "flip":
        content = bytearray(good)
        content[HEADER_BYTES + 101] ^= 1
        first.path.write_bytes(content)
    else:
        first.path.write_bytes(damage(good))
    token_stream(tales, "train", "gpt2", places=places)
    assert first.path.read_bytes() == good and len(letters) == 2
    assert "it is made again" in caplog.text


def test_other_text_under_the_same_name_is_another_stream(tales, places, letters):
    first = token_stream(tales, "all", "gpt2", places=places)
    with open(tales, "a") as file:
        file.write('{"text": "one more"}\n')
    second = token_stream(tales, "all", "gpt2", places=places)
    assert second.header.documents == first.header.documents + 1


def test_a_stream_made_with_another_tokeniser_is_stale(tales, places, letters, monkeypatch, caplog):
    token_stream(tales, "train", "gpt2", places=places)
    monkeypatch.setattr(streams, "recorded_sha256", lambda *_: "1" * 64)
    token_stream(tales, "train", "gpt2", places=places)
    assert len(letters) == 2 and "made with another tokeniser" in caplog.text


def test_a_stream_under_another_streams_name_is_stale(tales, places, letters, caplog):
    train = token_stream(tales, "train", "gpt2", places=places)
    validation = token_stream(tales, "validation", "gpt2", places=places)
    train.path.write_bytes(validation.path.read_bytes())
    assert token_stream(tales, "train", "gpt2", places=places).header.split == "train"
    assert "was made from something else" in caplog.text


def test_registered_text_that_was_packed_is_not_needed_any_more(places, letters, monkeypatch):
    """The path of a machine that has the packed file and nothing else."""
    with pytest.raises(MissingCorpus):
        token_stream("simplewiki", "validation", "gpt2", places=places)
    monkeypatch.setattr(streams, "documents", lambda *_: ({"text": text} for text in texts()))
    made = token_stream("simplewiki", "validation", "gpt2", places=places)
    monkeypatch.setattr(streams, "documents", lambda *_: pytest.fail("asked for the text"))
    again = token_stream("simplewiki", "validation", "gpt2", places=places)
    assert np.array_equal(again.tokens, made.tokens)


def _make_at_once(path, cache, barrier, results, made):
    def count_and_return(*_):
        with made.get_lock():
            made.value += 1
        time.sleep(0.5)  # long enough for the others to come to the lock
        return Letters()

    streams.tokenizer = count_and_return
    streams.recorded_sha256 = lambda *_: Letters.sha256
    barrier.wait()
    stream = token_stream(path, "train", "gpt2", places=Places(None, cache))
    results.put(hashlib.sha256(stream.path.read_bytes()).hexdigest())


def test_two_processes_at_once_make_one_sound_stream(tales, places, letters):
    context = multiprocessing.get_context("fork")
    barrier, results, made = context.Barrier(3), context.Queue(), context.Value("i", 0)
    arguments = (tales, places.cache, barrier, results, made)
    workers = [context.Process(target=_make_at_once, args=arguments) for _ in range(3)]
    for worker in workers:
        worker.start()
    hashes = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    stream = token_stream(tales, "train", "gpt2", places=places)
    assert made.value == 1, "one makes it, the others wait"
    assert letters == [], "the workers' stream is sound"
    assert set(hashes) == {hashlib.sha256(stream.path.read_bytes()).hexdigest()}
    assert not list(stream.path.parent.glob(".*.tmp"))


def test_a_packed_stream_is_read_with_numpy_and_torch_alone(stream):
    code = """
import sys
for name in ("datasets", "tokenizers", "tiktoken", "requests", "pandas", "pyarrow"):
    sys.modules[name] = None
from pathlib import Path
from memstudy.corpora.packing import TokenStream
from memstudy.corpora.streams import token_stream
x, y = TokenStream(Path(sys.argv[1])).batch(8, 2, 0, 0)
print(tuple(x.shape), x[0].tolist())
"""
    result = subprocess.run(
        [sys.executable, "-c", code, str(stream.path)], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"(2, 8) {stream.batch(8, 2, 0, 0)[0][0].tolist()}\n"
