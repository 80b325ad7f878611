"""What a training step reads: batches as a pure function of the step, cut up and brought in time.

A batch is a tuple of tensors that have one row a sequence, inputs first and targets second. A
source of batches is a function of the step alone, so that a training that was stopped, or is spread
over several processes, sees the sequences that an undisturbed one would have seen.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
from torch import Tensor

from memstudy.corpora.packing import uniform_integers
from memstudy.nn.targets import IGNORED

if TYPE_CHECKING:
    from memstudy.corpora.packing import TokenStream

Batch = tuple[Tensor, ...]
# (step, batch_size) to the batch of that step; always the same one for the same arguments.
Batches = Callable[[int, int], Batch]
# How much a batch counts against others in a mean: the number of targets that have a loss.
Weight = Callable[[Batch], float]

READ_AHEAD = 2  # batches that wait for the GPU

Item = TypeVar("Item")


def counted_targets(batch: Batch) -> float:
    """Number of targets (second tensor of the batch) that have a loss."""
    return float((batch[1] != IGNORED).sum())


def tokens_sha256(batch: Batch) -> str:
    """SHA-256 of the inputs of some windows, by which runs can be seen to share them."""
    return hashlib.sha256(batch[0].numpy().tobytes()).hexdigest()


def random_windows(stream: TokenStream, length: int, seed: int) -> Batches:
    """Windows at random places of a packed stream, drawn with replacement.

    Args:
        stream: the tokens.
        length: tokens a window.
        seed: of the whole training. Step 0 with a seed of its own serves as fixed windows for an
            evaluation.

    Returns:
        A source of batches (x, y), each (batch_size, length); y is x moved on by one token.
    """
    return lambda step, batch_size: stream.batch(length, batch_size, seed, step)


def document_windows(stream: TokenStream, length: int, count: int, seed: int) -> Batch:
    """Windows at the beginnings of documents that fill them, a random choice without repetition.

    For losses by position (Memory Mosaics, Fig. 10): position 0 is the first token of a document.

    Args:
        stream: the tokens.
        length: tokens a window; a document must have one more.
        count: windows wanted; fewer come back where fewer documents are long enough.
        seed: of the choice.

    Returns:
        x and y, each (windows, length), in the order of the stream.
    """
    starts = stream.document_starts(length)
    chosen = np.sort(_permutation(seed, 0, len(starts))[:count])
    return stream.windows(starts[chosen], length)


def shuffled_epochs(data: Batch, seed: int) -> Batches:
    """Every row once an epoch, each epoch in a new order; an epoch's last batch may be smaller.

    An epoch has ``ceil(rows / batch_size)`` steps.

    Args:
        data: all rows, such as padded sequences and targets with ignored places.
        seed: of the whole training.
    """
    rows = len(data[0])

    def batch(step: int, batch_size: int) -> Batch:
        epoch, index = divmod(step, -(-rows // batch_size))
        order = _permutation(seed, epoch, rows)[index * batch_size : (index + 1) * batch_size]
        return tuple(tensor[torch.from_numpy(order)] for tensor in data)

    return batch


def _permutation(seed: int, index: int, count: int) -> np.ndarray:
    """A random order of ``count`` things, a pure function of seed and index."""
    return np.argsort(uniform_integers(seed, index, count, 2**63), kind="stable")


@dataclass(frozen=True)
class Piece:
    """What one forward pass sees: some rows of a step's batch."""

    batch: Batch
    share: float  # weight of its mean loss in the mean of the whole batch
    first_row: int  # its first row in the whole batch

    def to(self, device: torch.device) -> Piece:
        """The same on a device; from pinned memory the copy does not keep anybody waiting."""
        moved = tuple(tensor.to(device, non_blocking=True) for tensor in self.batch)
        return Piece(moved, self.share, self.first_row)

    def pinned(self) -> Piece:
        """The same in memory from which a GPU can fetch by itself."""
        kept = tuple(t.pin_memory() if t.device.type == "cpu" else t for t in self.batch)
        return Piece(kept, self.share, self.first_row)


def pieces(
    batch: Batch,
    size: int | None = None,
    rows: range | None = None,
    weight: Weight = counted_targets,
) -> list[Piece]:
    """Cut a batch into pieces whose shares make the mean loss exact.

    The mean loss over all targets of the batch is the sum of ``share`` times mean loss over all
    pieces, however many targets each piece has, in this process and the others.

    Args:
        batch: a whole batch.
        size: rows a piece at most; None: all rows of this process at once.
        rows: the rows of this process; None: all.
        weight: how much a batch counts.

    Raises:
        ValueError: there are no rows, or a piece has no target that counts.
    """
    total = len(batch[0])
    rows = range(total) if rows is None else rows
    if not rows:
        raise ValueError(f"a batch of {total} sequences leaves none for one of the processes")
    size = size or len(rows)
    if size >= total and len(rows) == total:
        return [Piece(batch, 1.0, 0)]
    whole = weight(batch)
    cut = []
    for first in range(rows.start, rows.stop, size):
        part = tuple(tensor[first : min(first + size, rows.stop)] for tensor in batch)
        counted = weight(part)
        if not counted:
            raise ValueError(
                f"sequences {first} to {first + len(part[0]) - 1} of a batch have no target that "
                "counts; use larger micro-batches, or leave such sequences out"
            )
        cut.append(Piece(part, counted / whole, first))
    return cut


def prefetched(
    make: Callable[[int], Item], steps: Iterable[int], in_background: bool
) -> Iterator[Item]:
    """``make(step)`` for every step, made ahead by a thread while the GPU computes.

    Args:
        make: makes what a step reads.
        steps: the steps, in order.
        in_background: False makes each when it is asked for; on a CPU a thread would only take
            cores from the computation.
    """
    if not in_background:
        yield from map(make, steps)
        return
    steps = iter(steps)
    pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
    try:
        waiting = deque(pool.submit(make, step) for step in itertools.islice(steps, READ_AHEAD))
        while waiting:
            item = waiting.popleft().result()
            waiting.extend(pool.submit(make, step) for step in itertools.islice(steps, 1))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
