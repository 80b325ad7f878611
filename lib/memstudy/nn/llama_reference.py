"""Slow and obvious form of a Llama, one position and one head at a time, for the tests."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from memstudy.nn.llama import Llama, LlamaAttention, SwiGLU
from memstudy.nn.positions import rotate


def rms_norm(norm: nn.RMSNorm, x: Tensor) -> Tensor:
    """x / sqrt(mean(x²) + ε) times the scale, along the last axis."""
    return norm.weight * x / (x.square().sum(-1, keepdim=True) / x.shape[-1] + norm.eps).sqrt()


def attention(layer: LlamaAttention, x: Tensor) -> Tensor:
    """Query by query and head by head: (batch, time, d_model) to the same shape."""
    d_model = layer.output.in_features
    width = d_model // layer.n_heads
    shared = layer.n_heads // layer.n_kv_heads
    rows = layer.project.weight.split([width] * (layer.n_heads + 2 * layer.n_kv_heads))
    outputs = []
    for sequence in x:
        heads = []
        for head in range(layer.n_heads):
            key_row = layer.n_heads + head // shared
            query = _turned(sequence @ rows[head].T, layer.rope_base)
            key = _turned(sequence @ rows[key_row].T, layer.rope_base)
            value = sequence @ rows[key_row + layer.n_kv_heads].T
            found = []
            for now in range(len(sequence)):
                scores = torch.stack([query[now] @ key[j] for j in range(now + 1)]) / width**0.5
                weights = scores.exp() / scores.exp().sum()
                found.append(sum(w * value[j] for j, w in enumerate(weights)))
            heads.append(torch.stack(found))
        outputs.append(torch.cat(heads, dim=-1) @ layer.output.weight.T)
    return torch.stack(outputs)


def swiglu(layer: SwiGLU, x: Tensor) -> Tensor:
    """W_2 (g · sigmoid(g) · W_1 x) with g = W_g x."""
    gate = x @ layer.gate.weight.T
    return (gate / (1 + (-gate).exp()) * (x @ layer.input.weight.T)) @ layer.output.weight.T


def llama(model: Llama, tokens: Tensor) -> Tensor:
    """Logits: (batch, time) integers to (batch, time, vocab_size)."""
    x = model.embedding.weight[tokens]
    for block in model.blocks:
        x = x + attention(block.context_layer, rms_norm(block.context_norm, x))
        x = x + swiglu(block.token_layer, rms_norm(block.token_norm, x))
    head = model.embedding if model.head is None else model.head
    return rms_norm(model.final_norm, x) * model.logit_scale @ head.weight.T


def _turned(x: Tensor, base: float) -> Tensor:
    """(time, head_dim) turned by its positions 0, 1, ..., one at a time."""
    return torch.stack(
        [rotate(row[None, None, None], torch.tensor([i]), base)[0, 0, 0] for i, row in enumerate(x)]
    )
