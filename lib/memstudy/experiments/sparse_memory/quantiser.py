"""Vector quantisation of keys and values by FAISS (appendix B of the paper).

The paper's form is "OPQ20_80,Residual2x14,PQ8x10": a rotation, two rounds of coarse centroids with
14 bits each, and eight products of 10 bits for what is left: 14 bytes for a vector of 80 numbers,
11.4 times less than bfloat16. ``config.FACTORIES`` has forms for other widths at about that rate.
Keys have one quantiser and values another, which the paper leaves open.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from memstudy.core.errors import UsageError
from memstudy.core.paths import shown
from memstudy.core.writing import write_file
from memstudy.experiments.sparse_memory.config import FACTORIES


def load_faiss() -> Any:
    """The library, which only quantised banks need.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import faiss
    except ImportError:
        raise UsageError(
            "quantised memories need the package faiss-cpu; install it, or use a bank of bfloat16"
        ) from None
    return faiss


class VectorCodec:
    """Form of a bank whose keys and values are codes of trained quantisers.

    A record holds the codes of all keys and values in the order of the memory tensor.

    Args:
        key_quantiser: trained FAISS index for keys.
        value_quantiser: trained FAISS index for values; both of one width and code length.
        name: the factory both were made from.
    """

    def __init__(self, key_quantiser: Any, value_quantiser: Any, name: str):
        self.quantisers = (key_quantiser, value_quantiser)
        self.name = name
        self.code_bytes = key_quantiser.sa_code_size()

    @classmethod
    def train(cls, pairs: Tensor, factory: str | None = None, seed: int = 0) -> VectorCodec:
        """Learn quantisers from memories.

        Args:
            pairs: (n, layers, 2, kv_heads, slots, head_dim), all slots filled; of references that
                are chosen at random and not those of the evaluation. FAISS wants at least 39
                vectors for each of the 2^bits centroids.
            factory: FAISS factory string; None: that of :data:`FACTORIES` for the width.
            seed: which of the vectors are used when there are more than FAISS needs.

        Raises:
            UsageError: FAISS is missing, or there is no form for this width.
        """
        faiss, width = load_faiss(), pairs.shape[-1]
        if factory is None and width not in FACTORIES:
            raise UsageError(
                f"no quantiser is known for heads of width {width}; "
                f"choose one of {', '.join(map(str, FACTORIES))} or give a factory"
            )
        factory = factory or FACTORIES[width]
        order = np.random.default_rng(seed)
        trained = []
        for part in (0, 1):
            vectors = _vectors(pairs[:, :, part])
            quantiser = faiss.index_factory(width, factory)
            quantiser.train(vectors[order.permutation(len(vectors))])
            trained.append(quantiser)
        return cls(*trained, factory)

    @classmethod
    def load(cls, path: Path) -> VectorCodec:
        """The codec that :meth:`save` wrote.

        Raises:
            UsageError: FAISS or the file is missing, or the file is damaged.
        """
        faiss = load_faiss()
        try:
            with np.load(path, allow_pickle=False) as file:
                parts = [faiss.deserialize_index(file[part]) for part in ("keys", "values")]
                return cls(*parts, str(file["name"]))
        except FileNotFoundError:
            raise UsageError(f"there is no quantiser in {shown(path)}; train one first") from None
        except (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile):
            raise UsageError(
                f"the quantiser in {shown(path)} is damaged; train it and write the bank again"
            ) from None

    def save(self, path: Path) -> None:
        """Write the codec to a file, whole or not at all."""
        stream, (keys, values) = io.BytesIO(), self._serialised()
        np.savez(stream, keys=keys, values=values, name=self.name)
        write_file(path, stream.getbuffer())

    @property
    def identity(self) -> str:
        """The factory and a hash of what was learned."""
        digest = hashlib.sha256(b"".join(part.tobytes() for part in self._serialised()))
        return f"{self.name}:{digest.hexdigest()[:16]}"

    def record_bytes(self, shape: Sequence[int]) -> int:
        """Bytes of one memory of shape (layers, 2, kv_heads, slots, head_dim)."""
        return int(np.prod(shape[:-1])) * self.code_bytes

    def encode(self, pairs: Tensor) -> np.ndarray:
        """(n, layers, 2, kv_heads, slots, head_dim) numbers to (n, record_bytes) uint8."""
        n, layers, _, heads, slots, _ = pairs.shape
        codes = np.empty((n, layers, 2, heads * slots, self.code_bytes), np.uint8)
        for part, quantiser in enumerate(self.quantisers):
            found = quantiser.sa_encode(_vectors(pairs[:, :, part]))
            codes[:, :, part] = found.reshape(n, layers, heads * slots, -1)
        return codes.reshape(n, -1)

    def decode(self, records: np.ndarray, shape: Sequence[int]) -> Tensor:
        """(n, record_bytes) uint8 to (n, *shape) float32."""
        layers, _, heads, slots, width = shape
        codes = records.reshape(len(records), layers, 2, heads * slots, self.code_bytes)
        pairs = np.empty((len(records), *shape), np.float32)
        for part, quantiser in enumerate(self.quantisers):
            flat = np.ascontiguousarray(codes[:, :, part]).reshape(-1, self.code_bytes)
            found = quantiser.sa_decode(flat)
            pairs[:, :, part] = found.reshape(len(records), layers, heads, slots, width)
        return torch.from_numpy(pairs)

    def _serialised(self) -> list[np.ndarray]:
        faiss = load_faiss()
        return [faiss.serialize_index(quantiser) for quantiser in self.quantisers]


def _vectors(pairs: Tensor) -> np.ndarray:
    """(..., head_dim) to (vectors, head_dim) contiguous float32."""
    return pairs.detach().cpu().float().reshape(-1, pairs.shape[-1]).contiguous().numpy()
