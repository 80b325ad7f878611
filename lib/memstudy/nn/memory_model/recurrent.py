"""The recurrent baseline: one vector is handed on from chunk to chunk, as in RMT."""

from __future__ import annotations

import torch
from torch import Tensor

from memstudy.nn.autoencoder import DecoderModel
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.memory_model.model import MemoryLayout


class RecurrentMemoryModel(DecoderModel):
    """A decoder whose last hidden state of a chunk stands in front of the next chunk.

    Before the first chunk stands the filler. Gradients flow back through all chunks.

    Args:
        decoder: reads 1 + C vectors a chunk.
        layout: chunks; its slots are not used.
        overwrite_last: as in the official code, the vector also takes the place of the chunk's last
            token, which is then never read (nor is anything predicted from it that counts).
    """

    def __init__(self, decoder: LanguageModel, layout: MemoryLayout, overwrite_last: bool = False):
        super().__init__()
        self.decoder = decoder
        self.layout = layout
        self.overwrite_last = overwrite_last

    def hidden(self, tokens: Tensor) -> Tensor:
        """Final hidden states: (batch, S · C) integers to (batch, S · C, d_model)."""
        embedded = self.decoder.embedding(self.layout.chunks(tokens))
        memory = torch.full_like(embedded[:, 0, :1], self.layout.filler)  # (batch, 1, d_model)
        states = []
        for chunk in embedded.unbind(1):
            if self.overwrite_last:
                chunk = torch.cat((chunk[:, :-1], memory.to(chunk)), dim=1)
            found = self.decoder.hidden_from_embeddings(torch.cat((memory.to(chunk), chunk), dim=1))
            states.append(found[:, 1:])
            memory = found[:, -1:]
        return torch.cat(states, dim=1)
