"""What incremental decoding remembers: stored pairs, with a length of its own for each sequence."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from memstudy.nn.leaky import full_precision


@dataclass
class PairStore:
    """An associative memory that grows: key-value pairs of a batch of sequences.

    Sequences and heads lie on one axis, and time is the last axis of the keys: products with one
    query then read memory in its order, which is two to three times as fast on a CPU. Slots beyond
    a sequence's own ``count`` hold padding and are never read.
    """

    keys_by_feature: Tensor  # (batch · heads, head_dim, capacity)
    values_by_slot: Tensor  # (batch · heads, capacity, head_dim)
    heads: int
    count: Tensor  # (batch,) pairs stored for each sequence
    used: int  # no sequence has more pairs than this; known without asking the device
    even: bool  # all sequences have as many, so that nothing needs a mask

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
        by_feature = keys.new_zeros(batch * heads, head_dim, capacity)
        by_feature[:, :, :time] = keys.permute(0, 2, 3, 1).flatten(0, 1)
        by_slot = values.new_zeros(batch * heads, capacity, values.shape[-1])
        by_slot[:, :time] = values.transpose(1, 2).flatten(0, 1)
        # A meta tensor, with which operations are counted, has no numbers: as if all were real.
        counts = [time] if count.is_meta else count.tolist()
        even = len(set(counts)) == 1
        return cls(by_feature, by_slot, heads, count.clone(), max(counts), even)

    @property
    def capacity(self) -> int:
        """Pairs that there is room for."""
        return self.values_by_slot.shape[1]

    @property
    def nbytes(self) -> int:
        """Bytes of the pairs that there is room for."""
        return self.keys_by_feature.nbytes + self.values_by_slot.nbytes

    @property
    def keys(self) -> Tensor:
        """(batch, heads, used, head_dim)."""
        return self.keys_by_feature[:, :, : self.used].mT.unflatten(0, (-1, self.heads))

    @property
    def values(self) -> Tensor:
        """(batch, heads, used, head_dim)."""
        return self.values_by_slot[:, : self.used].unflatten(0, (-1, self.heads))

    def append(self, key: Tensor, value: Tensor) -> None:
        """Store one more pair per sequence; ``key`` and ``value`` are (batch, heads, head_dim)."""
        if self.used >= self.capacity:
            raise ValueError(f"the store is full: it was made for {self.capacity} pairs")
        key, value = key.flatten(0, 1), value.flatten(0, 1)
        if self.even:
            self.keys_by_feature[:, :, self.used] = key
            self.values_by_slot[:, self.used] = value
        else:
            rows = torch.arange(len(key), device=key.device)
            slots = self.count.repeat_interleave(self.heads)
            self.keys_by_feature[rows, :, slots] = key.to(self.keys_by_feature.dtype)
            self.values_by_slot[rows, slots] = value.to(self.values_by_slot.dtype)
        self.count += 1
        self.used += 1

    def read(self, query: Tensor, scale: float = 1.0, slot_bias: Tensor | None = None) -> Tensor:
        """Retrieve for each sequence (eq. 3): soft-max over its stored pairs.

        Args:
            query: (batch, heads, queries, head_dim).
            scale: factor on the dot products.
            slot_bias: (heads, capacity) added to the scores, or None.

        Returns:
            (batch, heads, queries, head_dim). Every sequence must have stored at least one pair.
        """
        keys = self.keys_by_feature[:, :, : self.used]
        values = self.values_by_slot[:, : self.used]
        asked = query.flatten(0, 1).to(keys.dtype)
        scores = full_precision(torch.bmm(asked, keys))  # (batch · heads, queries, used)
        if scale != 1.0:
            scores = scores * scale
        if slot_bias is not None or not self.even:
            scores = self._masked(scores, slot_bias)
        found = torch.bmm(scores.softmax(-1).to(values.dtype), values)
        return found.view(query.shape)

    def _masked(self, scores: Tensor, slot_bias: Tensor | None) -> Tensor:
        """Scores with the bias, and none for empty slots."""
        by_head = scores.unflatten(0, (-1, self.heads))  # (batch, heads, queries, used)
        if slot_bias is not None:
            by_head = by_head + slot_bias[:, None, : self.used]
        empty = torch.arange(self.used, device=scores.device) >= self.count[:, None, None, None]
        return by_head.masked_fill(empty, -torch.inf).flatten(0, 1)


def last_of(x: Tensor, lengths: Tensor) -> Tensor:
    """Entry of the last real position: (batch, time, ...) and (batch,) lengths to (batch, ...)."""
    return x[torch.arange(len(x), device=x.device), lengths - 1]
