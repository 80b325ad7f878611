"""The parallel memory model: every chunk is encoded to one vector, later chunks read the vectors.

A sequence has S chunks of C tokens. Chunks 0 to S - 2 are encoded independently of each other, with
positions that start anew. Chunk c is decoded with the memories of chunks 0 to c - 1 in front:

- fixed slots: S slots, of which the first c hold memories and the others a filler; tokens always
  start at position S;
- variable slots: c slots; tokens start at position c.

All chunks are decoded in one pass of the decoder, as sequences of S + C vectors. In the variable
layout the unused slots stand behind the tokens, where a causal decoder cannot read them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from memstudy.nn.autoencoder import DecoderModel, Encoder, bridge
from memstudy.nn.language_model import DecodingState, LanguageModel, require_one_of

SLOTS = ("fixed", "variable")


@dataclass(frozen=True, kw_only=True)
class MemoryLayout:
    """How a sequence is cut and where its memories stand."""

    chunk: int  # C, tokens a chunk
    n_chunks: int  # S, chunks a sequence
    slots: str = "fixed"  # or "variable"
    # What an unused slot holds in each feature; the paper has 1 for transformers, 0 for mixers.
    filler: float = 1.0

    def __post_init__(self) -> None:
        """Refuse layouts that cannot be (ValueError)."""
        require_one_of("slots", self.slots, SLOTS)
        if self.chunk < 1 or self.n_chunks < 1:
            raise ValueError(
                f"{self.n_chunks} chunks of {self.chunk} tokens; both numbers must be at least 1"
            )

    @property
    def length(self) -> int:
        """Tokens a sequence, S · C."""
        return self.chunk * self.n_chunks

    @property
    def decoder_length(self) -> int:
        """Vectors a pass of the decoder, S + C: what learned positions and mixers must have."""
        return self.chunk + self.n_chunks

    def slots_before(self, chunk: int) -> int:
        """Slots in front of the tokens of that chunk, the position of its first token."""
        return self.n_chunks if self.slots == "fixed" else chunk

    def chunks(self, tokens: Tensor) -> Tensor:
        """(batch, S · C) to (batch, S, C).

        Raises:
            ValueError: sequences of another length.
        """
        if tokens.shape[1] != self.length:
            raise ValueError(
                f"{tokens.shape[1]} tokens, but the layout has {self.n_chunks} chunks of "
                f"{self.chunk}; pass windows of {self.length}"
            )
        return tokens.unflatten(1, (self.n_chunks, self.chunk))


class MemoryModel(DecoderModel):
    """Encoder, one memory a chunk, decoder.

    Tokens of chunk c see the memories of chunks before c and earlier tokens of chunk c; a chunk
    never sees its own memory, and the last one is not encoded at all. Encoder and decoder have
    tables of their own and may be of any two families.

    Args:
        encoder: chunk to vector; None: the control without memories, all slots hold the filler.
        decoder: vectors to hidden states.
        layout: chunks and slots.
        generator: source of the initial weights of the map between two widths.
    """

    def __init__(
        self,
        encoder: Encoder | None,
        decoder: LanguageModel,
        layout: MemoryLayout,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.layout = layout
        self.bridge = None if encoder is None else bridge(encoder.d_model, decoder, generator)

    def hidden(self, tokens: Tensor) -> Tensor:
        """Final hidden states: (batch, S · C) integers to (batch, S · C, d_model)."""
        chunks = self.layout.chunks(tokens)
        return self.decode(self.memories(chunks[:, :-1]), chunks)

    def memories(self, chunks: Tensor) -> Tensor:
        """One memory a chunk, each by itself: (batch, chunks, C) to (batch, chunks, d_model)."""
        if self.encoder is None or chunks.shape[1] == 0:
            return self._filler(*chunks.shape[:2])
        found = self.bridge(self.encoder(chunks.flatten(0, 1)))
        return found.unflatten(0, chunks.shape[:2])

    def decode(self, memories: Tensor, chunks: Tensor, first: int = 0) -> Tensor:
        """Read every chunk with the memories of those before it, all in one pass.

        Args:
            memories: (batch, S - 1, d_model).
            chunks: (batch, S, C) tokens.
            first: F, the chunk from which on they are read; those before it are memories alone.

        Returns:
            Hidden states of the tokens that are read, (batch, (S - F) · C, d_model).
        """
        layout = self.layout
        embedded = self.decoder.embedding(chunks[:, first:])  # (batch, S - F, C, d_model)
        read = range(first, layout.n_chunks)
        inputs = []
        for index, chunk in zip(read, embedded.unbind(1), strict=True):
            before = layout.slots_before(index)
            slots = self._slots(memories[:, :index])
            inputs += [slots[:, :before], chunk, slots[:, before:]]
        inputs = torch.cat(inputs, dim=1).unflatten(1, (len(read), -1))
        hidden = self.decoder.hidden_from_embeddings(inputs.flatten(0, 1))
        hidden = hidden.unflatten(0, (-1, len(read)))  # (batch, S - F, S + C, d_model)
        starts = enumerate(layout.slots_before(index) for index in read)
        return torch.cat([hidden[:, i, start : start + layout.chunk] for i, start in starts], dim=1)

    def prefill(self, tokens: Tensor, capacity: int) -> tuple[Tensor, DecodingState]:
        """Read a text: its full chunks become memories, the chunk at its end is decoded.

        Args:
            tokens: (batch, time); the last 1 to C of them are the chunk being written.
            capacity: tokens that this chunk will have in the end, at most C.

        Returns:
            Logits after the last token, (batch, vocab_size), and the state with which
            ``decoder.step`` goes on.

        Raises:
            ValueError: no token, or more chunks or tokens than the layout has.
        """
        layout = self.layout
        done = (tokens.shape[1] - 1) // layout.chunk
        if not 0 <= done < layout.n_chunks or capacity > layout.chunk:
            raise ValueError(
                f"{tokens.shape[1]} tokens and room for {capacity} in the chunk being written do "
                f"not fit {layout.n_chunks} chunks of {layout.chunk}"
            )
        past, now = tokens[:, : done * layout.chunk], tokens[:, done * layout.chunk :]
        before = layout.slots_before(done)
        slots = self._slots(self.memories(past.unflatten(1, (done, layout.chunk))))[:, :before]
        inputs = torch.cat((slots, self.decoder.embedding(now)), dim=1)
        lengths = torch.full((len(inputs),), inputs.shape[1], device=tokens.device)
        return self.decoder.prefill_from_embeddings(inputs, lengths, before + capacity)

    def _slots(self, memories: Tensor) -> Tensor:
        """Memories of earlier chunks, and the filler in the other slots: (batch, S, d_model)."""
        empty = self._filler(len(memories), self.layout.n_chunks - memories.shape[1])
        return torch.cat((memories, empty.to(memories)), dim=1)

    def _filler(self, *shape: int) -> Tensor:
        """(..., d_model) what slots without a memory hold."""
        table = self.decoder.embedding.weight
        return table.new_full((*shape, table.shape[1]), self.layout.filler)
