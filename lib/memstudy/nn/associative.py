"""Associative memories and the two memory units of a Memory Mosaic (arXiv 2405.06394, section A).

An associative memory stores key-value pairs and estimates E(value | key) by kernel smoothing. A
*contextual* unit stores the pairs of the sequence that it is reading; a *persistent* unit has pairs
that are learned. Both make their keys in the same way, from the past only; the contextual unit's
values look one step ahead, so a pair can be stored only when the next input has arrived.

Shapes: x is (batch, time, d_model); keys and values are (batch, time, heads, head_dim) with
head_dim = d_model / n_heads. Positions count from 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, linear, pad, scaled_dot_product_attention

from memstudy.nn.decoding import PairStore, last_of
from memstudy.nn.features import (
    PARAMETER_SCALE,
    HeadScalars,
    KeyFeatures,
    ValueFeatures,
    head_width,
)
from memstudy.nn.leaky import full_precision


def kernel_smoothing(query: Tensor, keys: Tensor, values: Tensor, beta: float | Tensor) -> Tensor:
    """Gaussian kernel smoothing (eq. 2): Σ_i exp(-β‖k - k_i‖²) v_i / Σ_i exp(-β‖k - k_i‖²).

    Args:
        query: (..., queries, key_dim).
        keys: (..., pairs, key_dim) of the stored pairs, in any order.
        values: (..., pairs, value_dim).
        beta: inverse squared width of the kernel, a number or a tensor that broadcasts against
            (..., queries, pairs). 0 gives the mean of all values, infinity the nearest neighbour's.

    Returns:
        (..., queries, value_dim).
    """
    # ‖k‖² is the same for every pair and drops out of the soft-max.
    score = 2 * query @ keys.mT - keys.square().sum(-1).unsqueeze(-2)
    return (beta * score).softmax(-1) @ values


def dot_product_smoothing(
    query: Tensor, keys: Tensor, values: Tensor, beta: float | Tensor
) -> Tensor:
    """Kernel smoothing between keys of equal length (eq. 3): Σ_i softmax_i(β kᵀk_i) v_i.

    Equal to :func:`kernel_smoothing` with half the ``beta`` when all keys have one length.
    Arguments and result as there.
    """
    return (beta * query @ keys.mT).softmax(-1) @ values


def retrieve_from_past(key: Tensor, query: Tensor, value: Tensor, drop: float = 0.0) -> Tensor:
    """y_T = Σ_{i<T} softmax_i(k_Tᵀk_i) v_i for every T (eq. 8 with one step of delay).

    The strict mask is the ordinary causal mask when queries run one position ahead: query T, which
    is key T + 1, reads pairs 0 .. T. In this form PyTorch's fused attention computes it exactly.
    Keeping all lengths at T, with one idle query at the end, is a third faster than T - 1.

    Args:
        key: (batch, time, heads, head_dim) stored keys; their length carries β.
        query: same shape, query[T] = key[T + 1]; the last one may be anything finite.
        value: same shape; the last one is not read.
        drop: probability of dropping an attention weight.

    Returns:
        (batch, time, heads, head_dim), zero at position 0, where nothing is stored yet.
    """
    found = scaled_dot_product_attention(
        query.transpose(1, 2),
        key.transpose(1, 2),
        value.transpose(1, 2),
        dropout_p=drop,
        is_causal=True,
        scale=1.0,
    )  # (batch, heads, time, head_dim)
    return _Delay.apply(found.transpose(1, 2))


class _Delay(torch.autograd.Function):
    """Move everything one step later in time; zero comes in, the last entry goes out."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return torch.cat((torch.zeros_like(x[:, :1]), x[:, :-1]), dim=1)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        pass

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        return torch.cat((grad[:, 1:], torch.zeros_like(grad[:, :1])), dim=1)


def retrieve_from_bank(key: Tensor, keys: Tensor, values: Tensor, drop: float = 0.0) -> Tensor:
    """y_T = Σ_i softmax_i(k_Tᵀm_i) w_i over learned pairs (m_i, w_i), the same for all sequences.

    Args:
        key: (batch, time, heads, head_dim).
        keys: (heads, slots, head_dim).
        values: (heads, slots, head_dim).
        drop: probability of dropping a weight.

    Returns:
        (batch, time, heads, head_dim).
    """
    batch, time, heads, head_dim = key.shape
    # All sequences read one bank, so their positions line up on one axis of queries.
    query = key.reshape(batch * time, heads, head_dim).transpose(0, 1)
    device = key.device.type
    if torch.is_autocast_enabled(device):
        half = torch.get_autocast_dtype(device)
        query, keys, values = query.to(half), keys.to(half), values.to(half)
    if device == "cpu" and query.dtype == torch.bfloat16:
        # The fused kernel does its bfloat16 products slowly on CPUs; two matmuls are twice as fast.
        weights = (query @ keys.mT).softmax(-1)
        found = dropout(weights, drop, training=drop > 0) @ values
    else:
        found = scaled_dot_product_attention(
            query[None], keys[None], values[None], dropout_p=drop, scale=1.0
        )[0]
    return found.transpose(0, 1).reshape(batch, time, heads, head_dim)


@dataclass
class ContextualState:
    """What a contextual unit remembers between two steps of decoding."""

    store: PairStore  # finished pairs
    average: Tensor  # (batch, heads, head_dim) k̄ of the last position
    key: Tensor  # (batch, heads, head_dim) key of the last position, waiting for its value
    raw_value: Tensor  # (batch, heads, head_dim) ṽ of the last position, waiting for the next one
    key_scalars: HeadScalars
    value_scalars: HeadScalars


class ContextualMemory(nn.Module):
    """Contextual memory unit: reads the pairs of its own sequence (eq. 7 and 8).

    y_T combines pairs stored before T; since v_{T-1} contains x_T, y_T depends on x_0 .. x_T
    exactly. Without position encoding; the soft-max has scale 1.

    Args:
        d_model: width of input and output.
        n_heads: memories side by side.
        leaky: see :class:`KeyFeatures`.
        look_ahead: see :class:`ValueFeatures`. The mask stays strict without it.
        attention_dropout: probability of dropping a retrieval weight in training.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        leaky: bool = True,
        look_ahead: bool = True,
        attention_dropout: float = 0.0,
    ):
        super().__init__()
        self.key = KeyFeatures(d_model, n_heads, leaky)
        self.value = ValueFeatures(d_model, n_heads, look_ahead)
        self.output = nn.Linear(d_model, d_model, bias=False)
        self.attention_dropout = attention_dropout

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        found = retrieve_from_past(*self.key.with_queries(x), self.value(x), self._drop())
        return self.output(found.flatten(2))

    def last_row(self, x: Tensor) -> Tensor:
        """Weights with which the last position reads: (batch, heads, time), 0 for itself."""
        key = self.key(x).transpose(1, 2)  # (batch, heads, time, head_dim)
        scores = full_precision(key[:, :, :-1] @ key[:, :, -1:].mT).squeeze(-1)
        return pad(scores.softmax(-1), (0, 1))

    def prefill(self, x: Tensor, lengths: Tensor, capacity: int) -> tuple[Tensor, ContextualState]:
        """:meth:`forward` on right-padded prompts, and the state after each one's last input.

        Args:
            x: (batch, time, d_model).
            lengths: (batch,) inputs that are real, at least 1.
            capacity: inputs that the sequences will have in the end.
        """
        (key, query), value = self.key.with_queries(x), self.value(x)
        y = self.output(retrieve_from_past(key, query, value).flatten(2))
        store = PairStore.of(key, value, lengths - 1, capacity)
        waiting = (self.key.average(x), key, self.value.project(x))
        average, key, raw_value = (last_of(tensor, lengths) for tensor in waiting)
        scalars = self.key.scalars(), self.value.scalars()
        return y, ContextualState(store, average, key, raw_value, *scalars)

    def step(self, x: Tensor, state: ContextualState) -> Tensor:
        """Output for one more input per sequence, (batch, d_model); ``state`` moves on."""
        raw = self.value.project(x)
        # The new input completes the pair of the position before it.
        value = self.value.combine(state.raw_value, raw, state.value_scalars)
        state.store.append(state.key, value)
        state.raw_value = raw
        state.key, state.average = self.key.step(x, state.average, state.key_scalars)
        return self.output(state.store.read(state.key.unsqueeze(2)).flatten(1))

    def _drop(self) -> float:
        return self.attention_dropout if self.training else 0.0


@dataclass
class PersistentState:
    """What a persistent unit remembers between two steps of decoding."""

    average: Tensor  # (batch, heads, head_dim) k̄ of the last position
    key_scalars: HeadScalars
    value_scale: Tensor  # (heads, 1, 1) factor on what is read


class PersistentMemory(nn.Module):
    """Persistent memory unit: reads learned pairs, which do the work of a feed-forward network.

    y_T = exp(10 θ_o) Σ_i softmax_i(k_Tᵀm_i) w_i per head, with keys m_i and values w_i that are
    neither normalised nor scaled, initially normal with variance 1/head_dim; exp(10 θ_o) is
    initially exp(-1/2).

    Args:
        d_model: width of input and output.
        n_heads: memories side by side.
        n_slots: pairs of each head.
        leaky: see :class:`KeyFeatures`.
        attention_dropout: probability of dropping a retrieval weight in training.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        n_slots: int,
        leaky: bool = True,
        attention_dropout: float = 0.0,
    ):
        super().__init__()
        head_dim = head_width(d_model, n_heads)
        self.key = KeyFeatures(d_model, n_heads, leaky, scale_power=2)
        self.bank_keys = nn.Parameter(torch.empty(n_heads, n_slots, head_dim))
        self.bank_values = nn.Parameter(torch.empty(n_heads, n_slots, head_dim))
        self.log_scale = nn.Parameter(torch.full((n_heads,), -0.5 / PARAMETER_SCALE))
        self.output = nn.Linear(d_model, d_model, bias=False)
        self.attention_dropout = attention_dropout
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the stored pairs anew: normal with variance 1/head_dim."""
        for bank in (self.bank_keys, self.bank_values):
            bank.normal_(std=bank.shape[-1] ** -0.5, generator=generator)

    def read(self, key: Tensor) -> Tensor:
        """(batch, time, heads, head_dim) to (batch, time, d_model)."""
        drop = self.attention_dropout if self.training else 0.0
        found = retrieve_from_bank(key, self.bank_keys, self.bank_values, drop)
        # Scaling the columns of the map is cheaper than scaling every vector.
        columns = self.value_scale.repeat_interleave(key.shape[-1])
        return linear(found.flatten(2), self.output.weight * columns)

    @property
    def value_scale(self) -> Tensor:
        """(heads,) exp(10 θ_o), the factor on what is read."""
        return torch.exp(full_precision(self.log_scale) * PARAMETER_SCALE)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        return self.read(self.key(x))

    def prefill(self, x: Tensor, lengths: Tensor, capacity: int) -> tuple[Tensor, PersistentState]:
        """:meth:`forward` on right-padded prompts, and the state after each one's last input."""
        average = last_of(self.key.average(x), lengths)
        scale = self.value_scale.to(self.bank_values.dtype)[:, None, None]
        return self(x), PersistentState(average, self.key.scalars(), scale)

    def step(self, x: Tensor, state: PersistentState) -> Tensor:
        """Output for one more input per sequence, (batch, d_model); ``state`` moves on."""
        key, state.average = self.key.step(x, state.average, state.key_scalars)
        # For one position, plain products and a scaled vector beat what `read` does for many.
        keys, values = self.bank_keys, self.bank_values
        scores = torch.bmm(key.transpose(0, 1).to(keys.dtype), keys.mT)  # (heads, batch, slots)
        weights = full_precision(scores).softmax(-1).to(values.dtype)
        found = torch.bmm(weights, values) * state.value_scale  # (heads, batch, head_dim)
        return self.output(found.transpose(0, 1).flatten(1))
