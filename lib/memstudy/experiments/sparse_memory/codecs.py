"""How the keys and values of a memory become bytes, and come back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}


class Codec(Protocol):
    """What a bank needs to know about the form of its records."""

    @property
    def identity(self) -> str:
        """Name of the form; of a trained one also the hash of what it has learned."""

    def record_bytes(self, shape: Sequence[int]) -> int:
        """Bytes of one memory of this shape."""

    def encode(self, pairs: Tensor) -> np.ndarray:
        """(n, *shape) numbers to (n, record_bytes) uint8."""

    def decode(self, records: np.ndarray, shape: Sequence[int]) -> Tensor:
        """(n, record_bytes) uint8 to (n, *shape) numbers."""


class FloatCodec:
    """Numbers as they are, in a floating-point format.

    Args:
        dtype: one of :data:`DTYPES`; the paper stores bfloat16.

    Raises:
        ValueError: another dtype.
    """

    def __init__(self, dtype: str = "bfloat16"):
        if dtype not in DTYPES:
            raise ValueError(f"unknown dtype {dtype!r}; choose one of {', '.join(DTYPES)}")
        self.dtype = dtype

    @property
    def identity(self) -> str:
        """Name of the dtype."""
        return self.dtype

    def record_bytes(self, shape: Sequence[int]) -> int:
        """Bytes of one memory of this shape."""
        return math.prod(shape) * DTYPES[self.dtype].itemsize

    def encode(self, pairs: Tensor) -> np.ndarray:
        """(n, *shape) numbers to (n, record_bytes) uint8."""
        rounded = pairs.detach().cpu().to(DTYPES[self.dtype]).contiguous()
        return rounded.flatten(1).view(torch.uint8).numpy()

    def decode(self, records: np.ndarray, shape: Sequence[int]) -> Tensor:
        """(n, record_bytes) uint8 to (n, *shape) numbers of the codec's dtype."""
        flat = torch.from_numpy(records.reshape(-1)).view(DTYPES[self.dtype])
        return flat.view(len(records), *shape)
