"""A bank of memories, written and measured: bytes of its files, and whether it reads back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from memstudy.core import seeds
from memstudy.experiments.memory_hierarchy.config import DiskUnit
from memstudy.experiments.sparse_memory.bank import MemoryBank
from memstudy.experiments.sparse_memory.codecs import Codec, FloatCodec
from memstudy.experiments.sparse_memory.costs import CostShape
from memstudy.nn.explicit.memories import Memories

NUMBERS = "bfloat16"


class LengthOnlyCodec:
    """Records as long as those of a quantiser, for the size of files alone; they mean nothing.

    Args:
        code_bytes: of one key or value.
    """

    def __init__(self, code_bytes: int):
        self.code_bytes = code_bytes

    @property
    def identity(self) -> str:
        """Name of the form."""
        return f"{self.code_bytes} bytes a vector, of no meaning"

    def record_bytes(self, shape: Sequence[int]) -> int:
        """Bytes of one memory of this shape, the last axis being a key or value."""
        return math.prod(shape[:-1]) * self.code_bytes

    def encode(self, pairs: torch.Tensor) -> np.ndarray:
        """(n, *shape) numbers to (n, record_bytes) uint8: the first bytes of each vector."""
        raw = pairs.to(torch.bfloat16).contiguous().view(torch.uint8)
        return raw[..., : self.code_bytes].flatten(1).numpy()

    def decode(self, records: np.ndarray, shape: Sequence[int]) -> torch.Tensor:
        """Nothing was kept that could be decoded."""
        raise ValueError("records of this codec have the right length and no meaning")


@dataclass(frozen=True)
class BankFiles:
    """What is found on disk."""

    form: str  # NUMBERS, or the bytes of a code
    n_memories: int
    sizes: dict[str, int]  # bytes of each file
    identical: bool | None  # whether what is read back is what was written; None: not decodable


def memory_shape(shape: CostShape) -> tuple[int, ...]:
    """(layers, 2, kv_heads, slots, head_dim)."""
    return (shape.n_memory_layers, 2, shape.n_kv_heads, shape.kept_tokens, shape.head_dim)


def drawn(shape: CostShape, start: int, count: int) -> Memories:
    """Memories ``start`` and following, of random numbers that depend on nothing else."""
    size = (count, *memory_shape(shape))
    pairs = torch.randn(size, generator=seeds.torch_generator(0, "memories", start))
    return Memories(pairs.to(torch.bfloat16), torch.full((count,), shape.kept_tokens))


def measure(
    folder: Path, config: DiskUnit, codec: Codec, form: str, advance: Callable[[int, int], None]
) -> BankFiles:
    """Write a bank and look at its files.

    Args:
        folder: where; it must not hold a bank.
        config: shape and number of memories.
        codec: form of the records.
        form: what that form is called.
        advance: is told how many of how many memories are written.
    """
    n = config.n_memories
    starts = range(0, n, config.batch)
    shape = memory_shape(config.shape)
    identical: bool | None = None
    with MemoryBank.create(folder, model="none", shape=shape, codec=codec) as bank:
        for start in starts:
            written = drawn(config.shape, start, min(config.batch, n - start))
            ids = range(start, start + len(written.n_kept))
            bank.write(ids, written)
            if isinstance(codec, FloatCodec):
                same = torch.equal(bank.read(ids).pairs, written.pairs)
                identical = same and identical is not False
            advance(start + len(ids), n)
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    return BankFiles(form, n, sizes, identical)


def banks(
    folder: Path, config: DiskUnit, advance: Callable[[int, int], None] = lambda *_: None
) -> list[BankFiles]:
    """The bank in bfloat16 and, where asked for, with codes."""
    found = [measure(folder / NUMBERS, config, FloatCodec("bfloat16"), NUMBERS, advance)]
    if config.code_bytes is not None:
        codec = LengthOnlyCodec(config.code_bytes)
        form = f"{config.code_bytes} bytes a vector"
        found.append(measure(folder / "codes", config, codec, form, advance))
    return found
