"""Slow and obvious forms of the layers: one step of the defining recurrence after the other.

The tests compare every layer with these, values and gradients, in float64. ``NAIVE`` has one
function per name in :data:`~memstudy.nn.recurrent.model.MIXERS`; each takes the layer, whose
weights it uses, and (batch, time, d_model).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from memstudy.nn.positions import rotate
from memstudy.nn.recurrent.gla import TEMPERATURE, GatedLinearAttention
from memstudy.nn.recurrent.linear_attention import LinearAttention, PlainLinearAttention
from memstudy.nn.recurrent.lstm import LSTM
from memstudy.nn.recurrent.retention import Retention


def _silu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(x)


def _heads(x: Tensor, n_heads: int) -> Tensor:
    """(batch, width) to (batch, heads, head_dim)."""
    return x.unflatten(-1, (n_heads, -1))


def _standardised(x: Tensor) -> Tensor:
    """Mean 0 and variance 1 along the last axis, then heads side by side."""
    centred = x - x.mean(-1, keepdim=True)
    return (centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()).flatten(1)


def lstm(layer: LSTM, x: Tensor) -> Tensor:
    """One cell vector and one output vector per sequence."""
    cells = layer.cells
    h = c = torch.zeros_like(x[:, 0])
    outputs = []
    for now in x.unbind(1):
        raw = now @ cells.weight_ih_l0.T + cells.bias_ih_l0
        raw = raw + h @ cells.weight_hh_l0.T + cells.bias_hh_l0
        i, f, g, o = raw.chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h @ layer.output.weight.T)
    return torch.stack(outputs, 1)


def plain_linear_attention(layer: PlainLinearAttention, x: Tensor) -> Tensor:
    """A sum of outer products per head."""
    state, outputs = 0.0, []
    for now in x.unbind(1):
        q, k, v = (_heads(p, layer.n_heads) for p in (now @ layer.project.weight.T).chunk(3, -1))
        state = state + k[..., :, None] * v[..., None, :]
        read = torch.einsum("bhk,bhkv->bhv", q, state) / layer.head_dim**0.5
        outputs.append(read.flatten(1) @ layer.output.weight.T)
    return torch.stack(outputs, 1)


def linear_attention(layer: LinearAttention, x: Tensor) -> Tensor:
    """A sum of outer products and a sum of keys per head."""
    state, normaliser, outputs = 0.0, 0.0, []
    for now in x.unbind(1):
        q, k, v = (_heads(p, layer.n_heads) for p in (now @ layer.project.weight.T).chunk(3, -1))
        q, k = (torch.where(p > 0, p + 1, p.clamp(max=0).exp()) for p in (q, k))
        state = state + k[..., :, None] * v[..., None, :]
        normaliser = normaliser + k
        read = torch.einsum("bhk,bhkv->bhv", q, state)
        read = read / (q * normaliser).sum(-1, keepdim=True)
        outputs.append(read.flatten(1) @ layer.output.weight.T)
    return torch.stack(outputs, 1)


def retention(layer: Retention, x: Tensor) -> Tensor:
    """A sum of outer products per head that shrinks by γ at each step."""
    gamma = torch.tensor([1 - 2.0 ** (-5 - i) for i in range(layer.n_heads)], dtype=x.dtype)
    state, outputs = 0.0, []
    for t, now in enumerate(x.unbind(1)):
        q, k, v = (_heads(p, layer.n_heads) for p in (now @ layer.project.weight.T).chunk(3, -1))
        q, k = (rotate(p[:, None], torch.tensor([t]))[:, 0] for p in (q, k))
        state = gamma[:, None, None] * state + k[..., :, None] * v[..., None, :]
        read = torch.einsum("bhk,bhkv->bhv", q, state) / layer.head_dim**0.5
        gate = _silu(now @ layer.gate.weight.T)
        outputs.append((gate * _standardised(read)) @ layer.output.weight.T)
    return torch.stack(outputs, 1)


def gla(layer: GatedLinearAttention, x: Tensor) -> Tensor:
    """A sum of outer products per head whose rows shrink by a gate of the current input."""
    state, outputs = 0.0, []
    for now in x.unbind(1):
        raw = now @ layer.decay_down.weight.T @ layer.decay_up.weight.T + layer.decay_bias
        alpha = _heads(torch.sigmoid(raw) ** (1 / TEMPERATURE), layer.n_heads)
        q, k, v = (
            _heads(now @ part.weight.T, layer.n_heads)
            for part in (layer.query, layer.key, layer.value)
        )
        state = alpha[..., :, None] * state + k[..., :, None] * v[..., None, :]
        read = torch.einsum("bhk,bhkv->bhv", q, state) / q.shape[-1] ** 0.5
        gate = _silu(now @ layer.gate.weight.T)
        outputs.append((gate * _standardised(read)) @ layer.output.weight.T)
    return torch.stack(outputs, 1)


NAIVE: dict[str, Callable[..., Tensor]] = {
    "lstm": lstm,
    "linear_attention": linear_attention,
    "linear_attention_plain": plain_linear_attention,
    "retention": retention,
    "gla": gla,
}
