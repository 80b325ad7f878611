"""Slow and obvious forms of the memory units, in loops over time and pairs.

The tests compare every fast form with these, values and gradients, in float64. They follow the
equations of Memory Mosaics (section A) word by word and serve no other purpose; the published
vectorised formulation is in :mod:`memstudy.nn.plain`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from memstudy.nn.associative import ContextualMemory, PersistentMemory
from memstudy.nn.features import KeyFeatures, ValueFeatures
from memstudy.nn.unit_features import NORM_EPSILON


def kernel_smoothing(query: Tensor, keys: Tensor, values: Tensor, beta: float) -> Tensor:
    """Eq. 2 for one query: (key_dim,), (pairs, key_dim), (pairs, value_dim) to (value_dim,)."""
    weights = [torch.exp(-beta * (query - key).square().sum()) for key in keys]
    total = sum(weights)
    return sum(weight / total * value for weight, value in zip(weights, values, strict=True))


def dot_product_smoothing(query: Tensor, keys: Tensor, values: Tensor, beta: float) -> Tensor:
    """Eq. 3 for one query; shapes as in :func:`kernel_smoothing`."""
    scores = torch.stack([beta * torch.dot(query, key) for key in keys])
    weights = torch.exp(scores - scores.max().detach())
    weights = weights / weights.sum()
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def leaky_average(x: Tensor, leak: Tensor) -> Tensor:
    """k̄_T = x_T + leak · k̄_{T-1}: (batch, time, heads, head_dim) and (heads,) to the former."""
    averages, average = [], torch.zeros_like(x[:, 0])
    for now in x.unbind(1):
        average = now + leak[:, None] * average
        averages.append(average)
    return torch.stack(averages, dim=1)


def unit(x: Tensor) -> Tensor:
    """x / ‖x‖ along the last axis."""
    return x / (x.square().sum(-1, keepdim=True) + NORM_EPSILON).sqrt()


def keys(features: KeyFeatures, x: Tensor) -> Tensor:
    """Keys of eq. 7: (batch, time, d_model) to (batch, time, heads, head_dim)."""
    raw = (x @ features.project.weight.T).unflatten(-1, (features.n_heads, -1))
    if features.decay is not None:
        raw = leaky_average(raw, torch.exp(-abs(10 * features.decay)))
    length = torch.exp(torch.clamp(10 * features.log_scale, max=5)) ** features.scale_power
    return length[:, None] * unit(raw)


def values(features: ValueFeatures, x: Tensor) -> Tensor:
    """Values of eq. 7 of all positions but the last: (batch, time - 1, heads, head_dim)."""
    raw = (x @ features.project_input.weight.T).unflatten(-1, (features.n_heads, -1))
    mixed = []
    for position in range(x.shape[1] - 1):
        value = raw[:, position]
        if features.mix is not None:
            mix = features.mix[:, None]
            value = mix * value + (1 - mix) * raw[:, position + 1]
        mixed.append(torch.exp(10 * features.log_scale)[:, None] * unit(value))
    return torch.stack(mixed, dim=1) if mixed else raw[:, :0]


def contextual_memory(layer: ContextualMemory, x: Tensor) -> Tensor:
    """Eq. 8 with one step of delay, query by query: (batch, time, d_model) to the same shape."""
    stored_keys, stored_values = keys(layer.key, x), values(layer.value, x)
    outputs = []
    for position in range(x.shape[1]):
        if position == 0:
            outputs.append(torch.zeros_like(x[:, 0]))
            continue
        outputs.append(
            _read_heads(
                stored_keys[:, position],
                stored_keys[:, :position].transpose(1, 2),
                stored_values[:, :position].transpose(1, 2),
            )
        )
    return torch.stack(outputs, dim=1) @ layer.output.weight.T


def persistent_memory(layer: PersistentMemory, x: Tensor) -> Tensor:
    """Retrieval from learned pairs, query by query: (batch, time, d_model) to the same shape."""
    queries = keys(layer.key, x)
    bank_values = torch.exp(10 * layer.log_scale)[:, None, None] * layer.bank_values
    banks = [bank.expand(len(x), *bank.shape) for bank in (layer.bank_keys, bank_values)]
    outputs = [_read_heads(query, *banks) for query in queries.unbind(1)]
    return torch.stack(outputs, dim=1) @ layer.output.weight.T


def _read_heads(query: Tensor, stored_keys: Tensor, stored_values: Tensor) -> Tensor:
    """One query per sequence and head, (batch, heads, head_dim), from that head's pairs."""
    return torch.stack(
        [
            torch.cat(
                [dot_product_smoothing(*row, beta=1.0) for row in zip(*sequence, strict=True)]
            )
            for sequence in zip(query, stored_keys, stored_values, strict=True)
        ]
    )
