"""GPT2 with four kinds of position: learned, rotary (RoPE), linear biases (ALiBi), none.

The baseline of the study: pre-norm, no biases, GELU, tied head; see section A.6 for the dropout.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from memstudy.nn.block import Block, FeedForward
from memstudy.nn.decoding import PairStore
from memstudy.nn.language_model import LanguageModel, LanguageModelConfig, require_one_of
from memstudy.nn.positions import alibi_slopes, append_alibi, rotate

POSITIONS = ("absolute", "rope", "alibi", "none")


@dataclass(frozen=True, kw_only=True)
class TransformerConfig(LanguageModelConfig):
    """Shape of a transformer."""

    position: str = "absolute"  # "absolute" (learned), "rope", "alibi" or "none"

    def __post_init__(self) -> None:
        """Refuse shapes that no model can have (ValueError)."""
        super().__post_init__()
        require_one_of("position", self.position, POSITIONS)
        if self.position == "rope" and self.d_model // self.n_heads % 2:
            raise ValueError(
                f"rotary positions turn pairs of features, but a head of d_model {self.d_model} / "
                f"n_heads {self.n_heads} has an odd number; choose other sizes"
            )


class Attention(nn.Module):
    """Causal self-attention with many heads.

    Args:
        d_model: width of input and output.
        n_heads: heads.
        position: kind of position; ``"absolute"`` and ``"none"`` do nothing here.
        attention_dropout: probability of dropping an attention weight in training.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        position: str = "none",
        attention_dropout: float = 0.0,
    ):
        super().__init__()
        self.n_heads = n_heads
        self.position = position
        self.scale = (d_model // n_heads) ** -0.5
        self.attention_dropout = attention_dropout
        self.project = nn.Linear(d_model, 3 * d_model, bias=False)
        self.output = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        return self._attend(*self._project(x, torch.arange(x.shape[1], device=x.device)))

    def last_row(self, x: Tensor) -> Tensor:
        """Weights with which the last position reads: (batch, heads, time)."""
        query, key, _ = self._project(x, torch.arange(x.shape[1], device=x.device))
        key, query = key.transpose(1, 2), query[:, -1:].transpose(1, 2)
        scores = (key @ query.mT).squeeze(-1) * self.scale  # (batch, heads, time)
        bias = self._slot_bias(x.shape[1], x.device)
        return (scores if bias is None else scores + bias).softmax(-1)

    def prefill(self, x: Tensor, lengths: Tensor, capacity: int) -> tuple[Tensor, PairStore]:
        """:meth:`forward` on right-padded prompts, and the keys and values of their real part."""
        query, key, value = self._project(x, torch.arange(x.shape[1], device=x.device))
        return self._attend(query, key, value), PairStore.of(key, value, lengths, capacity)

    def step(self, x: Tensor, state: PairStore) -> Tensor:
        """Output for one more input per sequence, (batch, d_model); ``state`` moves on."""
        query, key, value = self._project(x, state.count)
        state.append(key, value)
        bias = self._slot_bias(state.capacity, x.device)
        return self.output(state.read(query.unsqueeze(2), self.scale, bias).flatten(1))

    def _project(self, x: Tensor, positions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value, each (..., heads, head_dim), of inputs (..., d_model).

        Args:
            x: (batch, time, d_model), or (batch, d_model) for one position each.
            positions: where they stand: (time,) or (batch, time), or (batch,) for one each.
        """
        heads = self.project(x).unflatten(-1, (3 * self.n_heads, -1))
        turned, value = heads.split((2 * self.n_heads, self.n_heads), dim=-2)
        if self.position == "rope":
            turned = rotate(turned, positions)
        return *turned.chunk(2, dim=-2), value

    def _attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        width = value.shape[-1]
        if self.position == "alibi":
            query, key, value = append_alibi(query, key, value, self.scale)
        found = scaled_dot_product_attention(
            *(part.transpose(1, 2) for part in (query, key, value)),
            dropout_p=self.attention_dropout if self.training else 0.0,
            is_causal=True,
            scale=self.scale,
        )  # (batch, heads, time, head_dim)
        return self.output(found[..., :width].transpose(1, 2).flatten(2))

    def _slot_bias(self, n_slots: int, device: torch.device) -> Tensor | None:
        """(heads, slots) what ALiBi adds to the scores, up to a constant per head."""
        if self.position != "alibi":
            return None
        return alibi_slopes(self.n_heads, device)[:, None] * torch.arange(n_slots, device=device)


class Transformer(LanguageModel):
    """GPT2.

    Args:
        config: the shape.
        generator: source of the initial weights; None takes PyTorch's global one.
    """

    def __init__(self, config: TransformerConfig, generator: torch.Generator | None = None):
        blocks = (self._block(config) for _ in range(config.n_blocks))
        super().__init__(config, blocks, generator, config.position == "absolute")

    @staticmethod
    def _block(config: TransformerConfig) -> Block:
        d_model = config.d_model
        attention = Attention(d_model, config.n_heads, config.position, config.attention_dropout)
        feed_forward = FeedForward(d_model, 4 * d_model)
        return Block(d_model, attention, feed_forward, config.residual_dropout)
