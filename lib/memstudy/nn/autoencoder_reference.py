"""Slow and obvious forms of unrolling and of an autoencoder, one sequence at a time, for tests."""

from __future__ import annotations

import torch
from torch import Tensor

from memstudy.nn.autoencoder import Autoencoder, Spread


def spread(layer: Spread, vector: Tensor, length: int) -> Tensor:
    """Inputs of the decoder from one vector: (d_vector,) to (length, d_model)."""
    if isinstance(layer.bridge, torch.nn.Linear):
        vector = layer.bridge.weight @ vector + layer.bridge.bias
    if layer.window is None:
        return torch.stack([vector for _ in range(length)])
    d_model, half = layer.window.weight.shape
    inputs = []
    for place in range(length):
        window = torch.stack([vector[(place % d_model + i) % d_model] for i in range(half)])
        inputs.append(layer.window.weight @ window + layer.window.bias)
    return torch.stack(inputs)


def autoencoder(model: Autoencoder, tokens: Tensor) -> Tensor:
    """Logits: (batch, time) integers to (batch, time, vocab_size)."""
    logits = []
    for sequence in tokens:
        states = model.encoder.model.hidden(sequence.unsqueeze(0))[0]
        inputs = spread(model.spread, states[model.encoder.position], len(sequence))
        hidden = model.decoder.hidden_from_embeddings(inputs.unsqueeze(0))[0]
        logits.append(hidden * model.decoder.logit_scale @ model.decoder.head_weight.T)
    return torch.stack(logits)
