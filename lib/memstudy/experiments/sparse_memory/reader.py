"""A model that reads cards: as sparse memories, as text in its prompt, or as learned slots.

All three have the same decoder, and the text stands at the same positions. Learned slots are the
idea of ICAE (Ge et al. 2023) at the size of a sparse memory: trained vectors stand behind the
reference when it is read, and the keys and values at their places are kept in place of those of
chosen tokens. Unlike there, the writer is the reader itself and slots are read as keys and values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from memstudy.batching import IGNORED
from memstudy.core import seeds
from memstudy.experiments.sparse_memory.cards import PREFIX, Vocabulary, WorldConfig
from memstudy.experiments.sparse_memory.config import (
    PROMPT,
    SLOTS,
    ModelConfig,
    ReadingConfig,
    ShapeConfig,
)
from memstudy.nn.explicit import attention
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.explicit.model import ExplicitMemoryModel
from memstudy.nn.explicit.reading import reading_table
from memstudy.nn.explicit.units import UnitMemoryModel
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.mosaic import MemoryMosaic

# An untrained decoder of a shape, for so many words, with weights drawn by a generator.
MakeDecoder = Callable[[Any, int, torch.Generator], LanguageModel]
SLOT_SCALE = 0.02  # standard deviation of a new slot's numbers


@dataclass(frozen=True)
class Reading:
    """What some texts read."""

    references: Tensor  # (texts, references, reference_length) tokens
    table: Tensor  # (chunks, references) or (texts, chunks, references): which chunk reads which
    change: Callable[[Memories], Memories] = lambda memories: memories  # between write and read


class CardReader(nn.Module):
    """A decoder that reads references besides its text.

    Args:
        decoder: the language model; a mosaic reads memories and prompts, but no learned slots.
        world: lengths of references and chunks.
        reading: how it reads; None: it never does, and memories are for a measurement.
        generator: source of the first values of learned slots.
    """

    def __init__(
        self,
        decoder: LanguageModel,
        world: WorldConfig,
        reading: ReadingConfig | None = None,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.world = world
        self.reads = reading is not None
        self.reading = reading or ReadingConfig(n_layers=decoder.config.n_blocks // 2)
        kind = UnitMemoryModel if isinstance(decoder, MemoryMosaic) else ExplicitMemoryModel
        self.model = kind(decoder, memory_config(world, self.reading))
        self.slots: nn.Parameter | None = None
        if self.reading.way == SLOTS:
            shape = (self.reading.kept_tokens, decoder.config.d_model)
            self.slots = nn.Parameter(SLOT_SCALE * torch.randn(shape, generator=generator))

    @property
    def blocks(self) -> nn.ModuleList:
        """The decoder's blocks."""
        return self.model.decoder.blocks

    def write(self, references: Tensor, generator: torch.Generator | None = None) -> Memories:
        """Memories of references, (..., reference_length), all of full length."""
        if self.slots is not None:
            return write_slots(self.model.decoder, self.model.memory_config, references, self.slots)
        lengths = torch.full(references.shape[:-1], references.shape[-1], device=references.device)
        made = self.model.write(references, lengths, generator)
        return made.detach() if self.reading.stop_gradient else made

    def hidden(
        self,
        tokens: Tensor,
        reading: Reading | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Final hidden states of texts: (texts, time) to (texts, time, d_model).

        Args:
            tokens: the texts, each beginning with the beginning of the sequence.
            reading: what they read; None: nothing.
            generator: of a random selection.
        """
        if reading is None:
            return self.model.hidden(tokens)
        if self.reading.way == PROMPT:
            prompt = reading.references.flatten(1)
            return self.model.hidden(torch.cat((prompt, tokens), 1))[:, prompt.shape[1] :]
        memories = reading.change(self.write(reading.references, generator))
        return self.model.hidden(tokens, memories, reading.table)

    def logits(self, *args, **kwargs) -> Tensor:
        """Logits of the token after each; arguments as those of :meth:`hidden`."""
        return self.model.decoder.logits_from_hidden(self.hidden(*args, **kwargs))

    def parameter_groups(self, weight_decay: float, decay_all: bool = False) -> list[dict]:
        """The decoder's groups for an optimiser; slots are embeddings of a kind: not decayed."""
        groups = self.model.parameter_groups(weight_decay, decay_all)
        if self.slots is not None:
            groups.append({"params": [self.slots], "weight_decay": 0.0})
        return groups


def memory_config(world: WorldConfig, reading: ReadingConfig) -> ExplicitMemoryConfig:
    """The memories of a way of reading."""
    return ExplicitMemoryConfig(
        prefix=PREFIX,
        n_memory_layers=reading.n_layers,
        first_memory_layer=reading.first_layer,
        reference_length=world.reference_length,
        kept_tokens=reading.kept_tokens,
        chunk_length=world.chunk_length,
        selection=reading.selection,
    )


def training_table(world: WorldConfig, reading: ReadingConfig, lag: int = 0) -> Tensor:
    """Each chunk reads its own reference and those of some chunks before (section F.2)."""
    return reading_table(world.chunks, 1, reading.previous, lag)


def reader_loss(reader: CardReader, batch: tuple[Tensor, ...]) -> Tensor:
    """Mean cross-entropy in nats of the texts; the batch has references where a stage reads any."""
    tokens, targets, *references = batch
    reading = None
    if references:
        table = training_table(reader.world, reader.reading).to(tokens.device)
        reading = Reading(references[0], table)
    logits = reader.logits(tokens, reading)
    return nn.functional.cross_entropy(
        logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORED
    )


def new_decoder(shape: ShapeConfig, vocab_size: int, generator: torch.Generator) -> Llama:
    """An untrained Llama."""
    config = LlamaConfig(
        vocab_size=vocab_size,
        d_model=shape.d_model,
        n_heads=shape.n_heads,
        n_kv_heads=shape.n_kv_heads,
        n_blocks=shape.n_blocks,
        d_hidden=shape.d_hidden,
        init=shape.init,
    )
    return Llama(config, generator)


def new_reader(
    config: ModelConfig, stage: int, seed: int, decoder: MakeDecoder = new_decoder
) -> CardReader:
    """An untrained model that reads as stage ``stage`` (from 0) of its training does."""
    made = decoder(
        config.shape, Vocabulary.of(config.world).size, seeds.torch_generator(seed, "init")
    )
    generator = seeds.torch_generator(seed, "slots")
    return CardReader(made, config.world, config.stages[stage].reading, generator)


def write_slots(
    decoder: LanguageModel, config: ExplicitMemoryConfig, references: Tensor, slots: Tensor
) -> Memories:
    """Keys and values at learned slots that have read a reference.

    The slots stand behind the last token of the reference, and at its position: those of the text
    that will read them come right after it, as those of any memory.

    Args:
        decoder: writes and reads.
        config: layers and lengths.
        references: (..., reference_length) tokens.
        slots: (kept_tokens, d_model) vectors.

    Returns:
        Memories with the leading shape of the references.
    """
    flat = references.reshape(-1, config.reference_length)
    x = attention.embed(decoder, config.prefix, flat)
    x = torch.cat((x, slots.to(x.dtype).expand(len(flat), -1, -1)), dim=1)
    positions = torch.arange(x.shape[1], device=flat.device).clamp(max=config.text_start - 1)
    pairs = []
    for number, block in enumerate(decoder.blocks[: config.memory_layers.stop]):
        query, key, value = attention.project_at(block, x, positions)
        key, value = key.transpose(1, 2), value.transpose(1, 2)
        if number in config.memory_layers:
            pairs.append(torch.stack([part[:, :, -len(slots) :] for part in (key, value)], dim=1))
        x = attention.finish(block, x, attention.attend(block, query, key, value))
    n_kept = torch.full((len(flat),), len(slots), device=flat.device)
    return Memories(torch.stack(pairs, dim=1), n_kept).reshape(*references.shape[:-1])
