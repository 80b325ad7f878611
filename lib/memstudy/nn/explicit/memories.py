"""The memories of a batch of references: a few keys and values of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Memories:
    """What is kept of references, with any leading shape, written ``...`` below.

    One memory is the tensor (layers, 2, kv_heads, slots, head_dim). Its slots are in the order of
    the reference; a reference with fewer tokens than slots fills the first ones.
    """

    pairs: Tensor  # (..., layers, 2, kv_heads, slots, head_dim): keys as they are read, then values
    n_kept: Tensor  # (...) slots that are filled
    tokens: Tensor | None = None  # (..., layers, kv_heads, slots) which token each slot holds

    def __post_init__(self) -> None:
        """Refuse parts that do not fit each other (ValueError)."""
        if self.pairs.shape[:-5] != self.n_kept.shape or self.pairs.dim() < 5:
            raise ValueError(
                f"pairs {tuple(self.pairs.shape)} do not fit n_kept {tuple(self.n_kept.shape)}; "
                "expected (..., layers, 2, kv_heads, slots, head_dim) and (...)"
            )

    @property
    def shape(self) -> torch.Size:
        """The leading shape: how many memories there are."""
        return self.n_kept.shape

    @property
    def filled(self) -> Tensor:
        """(..., slots) True where a slot holds a token."""
        slots = torch.arange(self.pairs.shape[-2], device=self.n_kept.device)
        return slots < self.n_kept.unsqueeze(-1)

    def layer(self, number: int) -> tuple[Tensor, Tensor]:
        """Keys and values that memory layer ``number`` (from 0) reads.

        Takes memories of shape (batch, references) and gives
        (batch, kv_heads, references · slots, head_dim) twice.
        """
        found = self.pairs[:, :, number]  # (batch, references, 2, kv_heads, slots, head_dim)
        keys, values = found.permute(2, 0, 3, 1, 4, 5).flatten(3, 4).unbind(0)
        return keys, values

    def __getitem__(self, index) -> Memories:
        """Some of the memories; ``index`` is for the leading shape."""
        tokens = None if self.tokens is None else self.tokens[index]
        return Memories(self.pairs[index], self.n_kept[index], tokens)

    def reshape(self, *shape: int) -> Memories:
        """The same memories with another leading shape."""
        tokens = self.tokens
        return Memories(
            self.pairs.reshape(*shape, *self.pairs.shape[-5:]),
            self.n_kept.reshape(shape),
            None if tokens is None else tokens.reshape(*shape, *tokens.shape[-3:]),
        )

    def detach(self) -> Memories:
        """The same memories, through which no gradient reaches the writer."""
        return replace(self, pairs=self.pairs.detach())

    def to(self, *args, **kwargs) -> Memories:
        """Move to a device or, the keys and values only, convert to a dtype."""
        pairs = self.pairs.to(*args, **kwargs)
        tokens = None if self.tokens is None else self.tokens.to(pairs.device)
        return Memories(pairs, self.n_kept.to(pairs.device), tokens)
