"""The memory model chunk by chunk and sequence by sequence, for the tests."""

from __future__ import annotations

import torch
from torch import Tensor

from memstudy.nn.memory_model.model import MemoryModel


def memory_model(model: MemoryModel, tokens: Tensor) -> Tensor:
    """Logits: (batch, S · C) integers to (batch, S · C, vocab_size).

    No slot stands behind the tokens here: in the variable layout a pass has c + C vectors.
    """
    return torch.stack([_sequence(model, sequence) for sequence in tokens])


def _sequence(model: MemoryModel, tokens: Tensor) -> Tensor:
    layout, decoder = model.layout, model.decoder
    memories, logits = [], []
    for index in range(layout.n_chunks):
        chunk = tokens[index * layout.chunk : (index + 1) * layout.chunk].unsqueeze(0)
        slots = list(memories)
        filler = torch.full((decoder.config.d_model,), layout.filler, dtype=torch.float64)
        if layout.slots == "fixed":
            slots += [filler] * (layout.n_chunks - index)
        vectors = [*slots, *decoder.embedding.weight[chunk[0]]]
        hidden = decoder.hidden_from_embeddings(torch.stack(vectors).unsqueeze(0))
        hidden = hidden[0, len(slots) :] * decoder.logit_scale
        logits.append(hidden @ decoder.head_weight.T)
        if model.encoder is None:
            memories.append(filler)
        else:
            state = model.encoder.model.hidden(chunk)[:, model.encoder.position]
            memories.append(model.bridge(state)[0])
    return torch.cat(logits)
