"""What incremental decoding remembers: stored pairs, with a length of its own for each sequence."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from memstudy.nn.leaky import full_precision


@dataclass
class PairStore:
    """An associative memory that grows: key-value pairs of a batch of sequences.

    Slots beyond a sequence's own ``count`` hold padding and are never read.
    """

    keys: Tensor  # (batch, heads, capacity, head_dim)
    values: Tensor  # (batch, heads, capacity, head_dim)
    count: Tensor  # (batch,) pairs stored for each sequence
    used: int  # no sequence has more pairs than this; known without asking the device

    @classmethod
    def of(cls, keys: Tensor, values: Tensor, count: Tensor, capacity: int) -> PairStore:
        """Store of the first ``count`` pairs of each sequence, with room for ``capacity``.

        Args:
            keys: (batch, time, heads, head_dim), right padded.
            values: (batch, time, heads, head_dim), right padded.
            count: (batch,) pairs that are real.
            capacity: pairs that the store will ever hold.
        """
        batch, time, heads, head_dim = keys.shape
        if time > capacity:
            raise ValueError(f"a store of {capacity} pairs cannot take the {time} of the prompt")
        stores = []
        for pairs in (keys, values):
            store = pairs.new_zeros(batch, heads, capacity, head_dim)
            store[:, :, :time] = pairs.transpose(1, 2)
            stores.append(store)
        return cls(stores[0], stores[1], count.clone(), time)

    def append(self, key: Tensor, value: Tensor) -> None:
        """Store one more pair per sequence; ``key`` and ``value`` are (batch, heads, head_dim)."""
        if self.used >= self.keys.shape[2]:
            raise ValueError(f"the store is full: it was made for {self.keys.shape[2]} pairs")
        rows = torch.arange(len(self.count), device=key.device)
        self.keys[rows, :, self.count] = key.to(self.keys.dtype)
        self.values[rows, :, self.count] = value.to(self.values.dtype)
        self.count = self.count + 1
        self.used += 1

    def read(self, query: Tensor, scale: float = 1.0, slot_bias: Tensor | None = None) -> Tensor:
        """Retrieve with one query per sequence (eq. 3): soft-max over the stored pairs.

        Args:
            query: (batch, heads, head_dim).
            scale: factor on the dot products.
            slot_bias: (heads, capacity) added to the scores, or None.

        Returns:
            (batch, heads, head_dim). Every sequence must have stored at least one pair.
        """
        keys = self.keys[:, :, : self.used]
        scores = (keys @ query.to(keys.dtype).unsqueeze(-1)).squeeze(-1)
        scores = full_precision(scores) * scale
        if slot_bias is not None:
            scores = scores + slot_bias[:, : self.used]
        slots = torch.arange(self.used, device=keys.device)
        empty = slots >= self.count[:, None, None]
        weights = scores.masked_fill(empty, -torch.inf).softmax(-1)  # (batch, heads, used)
        values = self.values[:, :, : self.used]
        return (weights.to(values.dtype).unsqueeze(2) @ values).squeeze(2)


def last_of(x: Tensor, lengths: Tensor) -> Tensor:
    """Entry of the last real position: (batch, time, ...) and (batch,) lengths to (batch, ...)."""
    return x[torch.arange(len(x), device=x.device), lengths - 1]
