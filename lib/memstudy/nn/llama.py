"""Llama: pre-norm blocks of RMSNorm, rotary attention and a SwiGLU network, without biases.

The transformer of Memory Models (there with heads of 128 features, inner width 4 d_model and a head
of its own) and of Memory³ (there with fewer key-value heads than query heads).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from memstudy.nn.block import Block, FeedForward
from memstudy.nn.decoding import PairStore
from memstudy.nn.language_model import LanguageModel, LanguageModelConfig
from memstudy.nn.positions import ROPE_BASE, rotate
from memstudy.nn.transformer import Attention

NORM_EPSILON = 1e-6


@dataclass(frozen=True, kw_only=True)
class LlamaConfig(LanguageModelConfig):
    """Shape of a Llama."""

    n_kv_heads: int | None = None  # heads of keys and values (grouped queries); None: n_heads
    d_hidden: int | None = None  # inner width of the feed-forward network; None: 4 d_model
    tied: bool = False  # the head shares the weights of the embedding
    rope_base: float = ROPE_BASE  # of the rotary positions' frequencies
    norm_epsilon: float = NORM_EPSILON  # ε of every RMSNorm

    def __post_init__(self) -> None:
        """Refuse shapes that no model can have (ValueError)."""
        super().__post_init__()
        if self.d_model // self.n_heads % 2:
            raise ValueError(
                f"rotary positions turn pairs of features, but a head of d_model {self.d_model} / "
                f"n_heads {self.n_heads} has an odd number; choose other sizes"
            )
        if self.kv_heads < 1 or self.n_heads % self.kv_heads:
            raise ValueError(
                f"n_heads {self.n_heads} is not a multiple of n_kv_heads {self.kv_heads}; "
                "every key-value head serves the same number of query heads"
            )
        if self.inner_width < 1:
            raise ValueError(f"d_hidden is {self.d_hidden}; it must be at least 1")

    @property
    def kv_heads(self) -> int:
        """Heads of keys and values."""
        return self.n_heads if self.n_kv_heads is None else self.n_kv_heads

    @property
    def inner_width(self) -> int:
        """Units of the feed-forward network."""
        return 4 * self.d_model if self.d_hidden is None else self.d_hidden


def rms_norm(d_model: int, epsilon: float = NORM_EPSILON) -> nn.Module:
    """x / sqrt(mean(x²) + ε), times a learned scale."""
    return nn.RMSNorm(d_model, eps=epsilon)


class SwiGLU(FeedForward):
    """W_2 (SiLU(W_g x) ⊙ W_1 x), position by position and without biases (Shazeer 2020)."""

    def __init__(self, d_model: int, d_hidden: int):
        super().__init__(d_model, d_hidden)
        self.gate = nn.Linear(d_model, d_hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(..., d_model) to the same shape."""
        return self.output(silu(self.gate(x)) * self.input(x))


class LlamaAttention(Attention):
    """Causal rotary attention in which a key-value head may serve several query heads.

    Query head h reads key-value head h // (n_heads / n_kv_heads). Decoding keeps the few heads of
    keys and values only.

    Args:
        d_model: width of input and output.
        n_heads: heads of the queries.
        n_kv_heads: heads of keys and values, a divisor of ``n_heads``; None: ``n_heads``.
        attention_dropout: probability of dropping an attention weight in training.
        rope_base: of the rotary positions' frequencies.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        n_kv_heads: int | None = None,
        attention_dropout: float = 0.0,
        rope_base: float = ROPE_BASE,
    ):
        super().__init__(d_model, n_heads, "rope", attention_dropout)
        self.rope_base = rope_base
        self.n_kv_heads = n_heads if n_kv_heads is None else n_kv_heads
        self.group = n_heads // self.n_kv_heads  # query heads of one key-value head
        self.project = nn.Linear(d_model, d_model + 2 * d_model // self.group, bias=False)

    def last_row(self, x: Tensor) -> Tensor:
        """Weights with which the last position reads: (batch, heads, time)."""
        query, key, _ = self._project(x, torch.arange(x.shape[1], device=x.device))
        scores = torch.einsum("bhd,bthd->bht", query[:, -1], self._shared(key))
        return (scores * self.scale).softmax(-1)

    def step(self, x: Tensor, state: PairStore) -> Tensor:
        """Output for one more input per sequence, (batch, d_model); ``state`` moves on."""
        query, key, value = self._project(x, state.count)
        state.append(key, value)
        grouped = query.unflatten(1, (self.n_kv_heads, self.group))
        return self.output(state.read(grouped, self.scale).flatten(1))

    def _project(self, x: Tensor, positions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Query (..., heads, head_dim); key and value (..., kv_heads, head_dim).

        Arguments as of :meth:`Attention._project`; query and key are turned by ``positions``.
        """
        width = self.output.in_features // self.n_heads
        heads = self.project(x).unflatten(-1, (-1, width))
        turned, value = heads.split((self.n_heads + self.n_kv_heads, self.n_kv_heads), dim=-2)
        parts = rotate(turned, positions, self.rope_base)
        return *parts.split((self.n_heads, self.n_kv_heads), dim=-2), value

    def _attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return super()._attend(query, self._shared(key), self._shared(value))

    def _shared(self, x: Tensor) -> Tensor:
        """Keys or values as each query head sees them: (batch, time, heads, head_dim)."""
        return x if self.group == 1 else x.repeat_interleave(self.group, dim=2)


class Llama(LanguageModel):
    """Llama.

    Args:
        config: the shape.
        generator: source of the initial weights; None takes PyTorch's global one.
    """

    def __init__(self, config: LlamaConfig, generator: torch.Generator | None = None):
        blocks = (self._block(config) for _ in range(config.n_blocks))
        norm = partial(rms_norm, epsilon=config.norm_epsilon)
        super().__init__(config, blocks, generator, norm=norm, tied=config.tied)

    @staticmethod
    def _block(config: LlamaConfig) -> Block:
        d_model = config.d_model
        attention = LlamaAttention(
            d_model,
            config.n_heads,
            config.kv_heads,
            config.attention_dropout,
            config.rope_base,
        )
        feed_forward = SwiGLU(d_model, config.inner_width)
        norm = partial(rms_norm, epsilon=config.norm_epsilon)
        return Block(d_model, attention, feed_forward, config.residual_dropout, norm)
