"""Batches: the same data however they are cut up, shared out, or fetched ahead."""

import threading

import numpy as np
import pytest
import torch

from memstudy.batching import (
    counted_targets,
    document_windows,
    pieces,
    prefetched,
    random_windows,
    shuffled_epochs,
)
from memstudy.core.processes import Processes
from memstudy.corpora.packing import write_stream


def numbered(rows, length=5):
    """Row r holds r; row r has r % length + 1 targets that count."""
    x = torch.arange(rows)[:, None].expand(rows, length)
    targets = torch.where(torch.arange(length) <= x % length, x, -100)
    return x, targets


@pytest.mark.parametrize("n_processes", [1, 2, 3])
@pytest.mark.parametrize("size", [None, 1, 3, 4, 50])
def test_pieces_of_all_processes_are_the_batch_in_its_order(n_processes, size):
    batch = numbered(13)
    cut = [
        piece
        for rank in range(n_processes)
        for piece in pieces(batch, size, Processes(rank, n_processes).rows(13))
    ]
    for index in (0, 1):
        assert torch.equal(torch.cat([piece.batch[index] for piece in cut]), batch[index])
    assert all(piece.first_row == piece.batch[0][0, 0] for piece in cut)
    assert all(size is None or len(piece.batch[0]) <= size for piece in cut)
    assert sum(piece.share for piece in cut) == pytest.approx(1.0)
    for piece in cut:
        assert piece.share == pytest.approx(counted_targets(piece.batch) / counted_targets(batch))


def test_shares_of_processes_differ_by_one_row_at_most():
    for count in (1, 2, 3, 7):
        sizes = [len(Processes(rank, count).rows(24)) for rank in range(count)]
        assert sum(sizes) == 24 and max(sizes) - min(sizes) <= 1


def test_what_cannot_be_divided_is_refused():
    x, targets = numbered(4)
    with pytest.raises(ValueError, match="leaves none for one of the processes"):
        pieces((x[:1], targets[:1]), None, Processes(0, 2).rows(1))
    targets[2:] = -100
    with pytest.raises(ValueError, match="sequences 2 to 3 of a batch have no target that counts"):
        pieces((x, targets), 2)


def test_every_row_comes_once_an_epoch_in_a_new_order():
    source = shuffled_epochs(numbered(10), seed=3)
    steps = [source(step, 4) for step in range(6)]
    assert [len(x) for x, _ in steps] == [4, 4, 2, 4, 4, 2]
    epochs = [torch.cat([x[:, 0] for x, _ in steps[i : i + 3]]).tolist() for i in (0, 3)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(10)) and epochs[0] != epochs[1]
    assert torch.equal(source(4, 4)[0], steps[4][0])
    other = shuffled_epochs(numbered(10), seed=4)
    assert not torch.equal(other(0, 4)[0], steps[0][0])
    for x, targets in steps:
        assert torch.equal(targets, numbered(10)[1][x[:, 0]])


class Letters:
    """A tokeniser that gives every letter its own number."""

    name, sha256, vocab_size, end_of_text = "letters", "0" * 64, 128, 0

    def encode_batch(self, texts):
        return [np.frombuffer(text.encode(), dtype=np.uint8).astype(np.uint16) for text in texts]


def test_windows_of_a_stream(tmp_path):
    texts = ["a" * 4, *(chr(98 + n) * (6 + n) for n in range(9))]
    stream = write_stream(
        tmp_path / "letters.tokens", texts, Letters(), corpus="letters", split="train", key="1"
    )
    source = random_windows(stream, 5, seed=1)
    x, y = source(7, 4)
    assert x.shape == y.shape == (4, 5) and torch.equal(x[:, 1:], y[:, :-1])
    assert torch.equal(source(7, 4)[0], x) and not torch.equal(source(8, 4)[0], x)

    x, y = document_windows(stream, 6, 4, seed=1)
    assert torch.equal(x, x[:, :1].expand(4, 6)) and torch.equal(x, y)  # one document each
    assert x[:, 0].unique().numel() == 4 and x.min() > ord("b")  # which is long enough
    assert not torch.equal(document_windows(stream, 6, 4, seed=2)[0], x)
    everything, _ = document_windows(stream, 6, 100, seed=1)
    assert everything[:, 0].tolist() == [ord(letter) for letter in "cdefghij"]


@pytest.mark.parametrize("in_background", [False, True])
def test_prefetching_keeps_the_order_and_passes_errors_on(in_background):
    assert list(prefetched(lambda step: step**2, range(3, 9), in_background)) == [
        step**2 for step in range(3, 9)
    ]
    assert list(prefetched(lambda step: step, [], in_background)) == []

    def broken(step):
        if step == 2:
            raise OSError("the disk is gone")
        return step

    found = prefetched(broken, range(5), in_background)
    assert [next(found), next(found)] == [0, 1]
    with pytest.raises(OSError, match="the disk is gone"):
        next(found)


def test_prefetching_reads_little_ahead_and_leaves_no_thread_behind():
    made = []
    source = prefetched(lambda step: made.append(step), range(1000), in_background=True)
    next(source)
    source.close()
    assert len(made) <= 3
    assert not [t for t in threading.enumerate() if t.name.startswith("batches")]
