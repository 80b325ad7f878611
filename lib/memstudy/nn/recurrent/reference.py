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
from memstudy.nn.recurrent.h3 import H3
from memstudy.nn.recurrent.hyena import Hyena
from memstudy.nn.recurrent.linear_attention import LinearAttention, PlainLinearAttention
from memstudy.nn.recurrent.lstm import LSTM
from memstudy.nn.recurrent.mamba import Mamba
from memstudy.nn.recurrent.retention import Retention
from memstudy.nn.recurrent.rwkv import RWKV
from memstudy.nn.recurrent.s4d import S4D, DiagonalStateSpace


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


def diagonal_state_space(layer: DiagonalStateSpace, x: Tensor) -> Tensor:
    """One complex vector of states per channel."""
    a = -layer.log_decay.exp() + 1j * layer.frequency
    a_bar = (layer.log_step.exp()[:, None] * a).exp()
    b_bar = (a_bar - 1) / a
    c = layer.readout[..., 0] + 1j * layer.readout[..., 1]
    state, outputs = 0.0, []
    for now in x.unbind(1):
        state = a_bar * state + b_bar * now[..., None]
        outputs.append(2 * (c * state).sum(-1).real + layer.skip * now)
    return torch.stack(outputs, 1)


def s4d(layer: S4D, x: Tensor) -> Tensor:
    """The state space model, GELU, and a gated map."""
    read = diagonal_state_space(layer.state_space, x)
    read = read * 0.5 * (1 + torch.erf(read / 2**0.5))
    return (read @ layer.output.weight.T) * torch.sigmoid(read @ layer.gate.weight.T)


def convolution(x: Tensor, kernel: Tensor) -> Tensor:
    """Sum over lags, position by position: (batch, time, channels), (channels, lags)."""
    outputs = []
    for t in range(x.shape[1]):
        lags = min(t + 1, kernel.shape[1])
        latest_first = x[:, t - lags + 1 : t + 1].flip(1)  # (batch, lags, channels)
        outputs.append((kernel[:, :lags].T * latest_first).sum(1))
    return torch.stack(outputs, 1)


def h3(layer: H3, x: Tensor) -> Tensor:
    """Convolution with the shift kernel, product, recurrence, product."""
    q, k, v = (x @ layer.project.weight.T).chunk(3, -1)
    written = convolution(k, layer.shift) * v
    return (q * diagonal_state_space(layer.state_space, written)) @ layer.output.weight.T


def hyena(layer: Hyena, x: Tensor) -> Tensor:
    """Both convolutions as sums over lags; the layer makes the long filter itself."""
    outer, inner, v = convolution(x @ layer.project.weight.T, layer.short).chunk(3, -1)
    read = convolution(inner * v, layer.filter(x.shape[1]))
    return (outer * read) @ layer.output.weight.T


def mamba(layer: Mamba, x: Tensor) -> Tensor:
    """One real vector of states per channel, with step, input and output of the current input."""
    u, z = (x @ layer.project.weight.T).chunk(2, -1)
    u = _silu(convolution(u, layer.short) + layer.short_bias)
    a = -layer.log_decay.exp()
    state, outputs = 0.0, []
    for now, gate in zip(u.unbind(1), z.unbind(1), strict=True):
        selected = now @ layer.select.weight.T
        low, b, c = selected.split((layer.step_rank, a.shape[1], a.shape[1]), -1)
        step = torch.log1p((low @ layer.step_weight.T + layer.step_bias).exp())
        state = (step[..., None] * a).exp() * state
        state = state + (step * now)[..., None] * b[:, None, :]
        read = (state * c[:, None, :]).sum(-1) + layer.skip * now
        outputs.append((read * _silu(gate)) @ layer.output.weight.T)
    return torch.stack(outputs, 1)


def rwkv(layer: RWKV, x: Tensor) -> Tensor:
    """Two sums of exponentials per channel, as they stand in the paper."""
    rate, last = layer.log_rate.exp(), torch.zeros_like(x[:, 0])
    numerator, denominator, outputs = 0.0, 0.0, []
    for now in x.unbind(1):
        mixed = [mu * now + (1 - mu) * last for mu in layer.mix]
        r = torch.sigmoid(mixed[0] @ layer.receptance.weight.T)
        k, v = mixed[1] @ layer.key.weight.T, mixed[2] @ layer.value.weight.T
        present = (layer.bonus + k).exp()
        average = (numerator + present * v) / (denominator + present)
        numerator = (-rate).exp() * numerator + k.exp() * v
        denominator = (-rate).exp() * denominator + k.exp()
        outputs.append((r * average) @ layer.output.weight.T)
        last = now
    return torch.stack(outputs, 1)


NAIVE: dict[str, Callable[..., Tensor]] = {
    "lstm": lstm,
    "linear_attention": linear_attention,
    "linear_attention_plain": plain_linear_attention,
    "retention": retention,
    "gla": gla,
    "s4d": s4d,
    "mamba": mamba,
    "rwkv": rwkv,
    "h3": h3,
    "hyena": hyena,
}
