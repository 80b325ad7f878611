"""The published formulation of the mosaic: the baseline of the benchmarks.

Same function and same weights as :class:`memstudy.nn.mosaic.MemoryMosaic`, written as in the
authors' code: a T x T matrix of powers for the leaky average, a T x T matrix of scores with a mask
and a first row set to zero, learned pairs repeated for every sequence of the batch, and the whole
matrix of logits. Without dropout.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, pad

from memstudy.nn.associative import ContextualMemory, PersistentMemory
from memstudy.nn.features import PARAMETER_SCALE, KeyFeatures, ValueFeatures
from memstudy.nn.mosaic import MemoryMosaic
from memstudy.nn.unit_features import NORM_EPSILON


def leaky_average(x: Tensor, leak: Tensor) -> Tensor:
    """Leaky average as a product with the T x T Toeplitz matrix of powers of ``leak``.

    Args:
        x: (batch, heads, time, head_dim).
        leak: (heads,).
    """
    steps = torch.arange(x.shape[2], device=x.device)
    distance = steps.unsqueeze(1) - steps
    toeplitz = leak[:, None, None] ** distance.clamp(min=0) * (distance >= 0)
    return toeplitz @ x


def contextual_memory(layer: ContextualMemory, x: Tensor) -> Tensor:
    """Contextual unit with explicit scores: (batch, time, d_model) to the same shape."""
    key, value = _keys(layer.key, x), _values(layer.value, x)
    time = x.shape[1]
    strictly_earlier = torch.ones(time, time, dtype=torch.bool, device=x.device).tril(-1)
    scores = (key @ key.mT).masked_fill(~strictly_earlier, -torch.inf)
    # The first row has nothing to read; a soft-max over it would not be a number.
    weights = pad(scores[:, :, 1:].softmax(-1), (0, 0, 1, 0))
    return layer.output((weights @ value).transpose(1, 2).flatten(2))


def persistent_memory(layer: PersistentMemory, x: Tensor) -> Tensor:
    """Persistent unit with its pairs repeated over the batch: shape as ``x``."""
    key = _keys(layer.key, x)
    bank_keys = layer.bank_keys.repeat(len(x), 1, 1, 1)  # (batch, heads, slots, head_dim)
    bank_values = layer.bank_values.repeat(len(x), 1, 1, 1)
    found = (key @ bank_keys.mT).softmax(-1) @ bank_values
    found = found * torch.exp(layer.log_scale * PARAMETER_SCALE)[:, None, None]
    return layer.output(found.transpose(1, 2).flatten(2))


def hidden(model: MemoryMosaic, tokens: Tensor) -> Tensor:
    """Final hidden states, (batch, time, d_model)."""
    x = model.embedding(tokens)
    for block in model.blocks:
        x = x + contextual_memory(block.context_layer, block.context_norm(x))
        x = x + persistent_memory(block.token_layer, block.token_norm(x))
    return model.final_norm(x)


def loss(model: MemoryMosaic, tokens: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy from the whole matrix of logits."""
    logits = model.logit_scale * hidden(model, tokens) @ model.embedding.weight.T
    return cross_entropy(logits.flatten(0, 1), targets.flatten())


def _keys(features: KeyFeatures, x: Tensor) -> Tensor:
    raw = features.project(x).unflatten(-1, (features.n_heads, -1)).transpose(1, 2)
    return _scaled(leaky_average(raw, features.leak()), features.scale())


def _values(features: ValueFeatures, x: Tensor) -> Tensor:
    raw = features.project(x).transpose(1, 2)
    following = pad(raw[:, :, 1:], (0, 0, 0, 1))  # zeros after the end, never the beginning again
    mix = features.mix[:, None, None]
    return _scaled(mix * raw + (1 - mix) * following, features.scale())


def _scaled(x: Tensor, scale: Tensor) -> Tensor:
    """``scale`` · x/‖x‖ for (batch, heads, time, head_dim)."""
    norm = (x.square().sum(-1, keepdim=True) + NORM_EPSILON).sqrt()
    return scale[:, None, None] * (x / norm)
