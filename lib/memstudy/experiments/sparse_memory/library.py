"""Fetching memories: from a small cache, from the bank, or (cold start) from the model itself."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from memstudy.experiments.sparse_memory.bank import MemoryBank
from memstudy.nn.explicit.memories import Memories

# Takes ids of references and gives their memories, of shape (ids,).
Writer = Callable[[Sequence[int]], Memories]


@dataclass
class Counts:
    """Where fetched memories came from."""

    cache: int = 0  # still in memory
    disk: int = 0  # read from the bank
    written: int = 0  # encoded at this first use


class MemoryLibrary:
    """Memories by id.

    Warm start: all memories are in the bank. Cold start: what is not there is written when it is
    first asked for, and then read back, so that a memory is the same to the bit in both.

    Args:
        bank: memories on disk.
        writer: makes the memories that are missing; None: a missing memory is an error.
        cache_size: memories that are kept in RAM, the least recently used leaves first; 0: none.
    """

    def __init__(self, bank: MemoryBank, writer: Writer | None = None, cache_size: int = 0):
        if cache_size < 0:
            raise ValueError(f"cache_size is {cache_size}; it cannot be negative")
        self.bank = bank
        self.writer = writer
        self.cache_size = cache_size
        self.counts = Counts()
        self._cache: OrderedDict[int, Memories] = OrderedDict()

    def fetch(self, references: Sequence[int]) -> Memories:
        """Memories of references, in the order asked.

        Args:
            references: ids; one that repeats is fetched once.

        Returns:
            Memories of shape (len(references),), on the CPU.

        Raises:
            KeyError: no memory, and no writer.
            UsageError: a record of the bank is damaged.
        """
        if not references:
            return self.bank.read([])
        wanted = list(dict.fromkeys(references))
        if self.writer is not None:
            self._write([reference for reference in wanted if not self._known(reference)])
        found = {}
        for reference in wanted:
            memory = self._cache.get(reference)
            if memory is None:
                memory = self.bank.read([reference])
                self.counts.disk += 1
            else:
                self.counts.cache += 1
            found[reference] = memory
            self._remember(reference, memory)
        order = [found[reference] for reference in references]
        return Memories(
            torch.cat([memory.pairs for memory in order]),
            torch.cat([memory.n_kept for memory in order]),
        )

    def _known(self, reference: int) -> bool:
        return reference in self._cache or reference in self.bank

    def _write(self, references: list[int]) -> None:
        if references:
            # Another process may have written one in the meantime: the same memory once more.
            self.bank.write(references, self.writer(references), replace=True)
            self.counts.written += len(references)

    def _remember(self, reference: int, memory: Memories) -> None:
        self._cache[reference] = memory
        self._cache.move_to_end(reference)
        while len(self._cache) > self.cache_size:
            self._cache.popitem(last=False)
