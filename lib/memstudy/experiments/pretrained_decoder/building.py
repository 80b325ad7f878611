"""A memory model around a given decoder, with the weights it begins with.

What is the same as in the copy tasks is theirs: encoder, slots, initial weights. New is where the
decoder comes from.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from torch import Tensor

from memstudy.core import seeds
from memstudy.core.device import Device
from memstudy.corpora import smollm2
from memstudy.corpora.packing import TokenStream
from memstudy.corpora.places import default_places
from memstudy.corpora.tokenization import tokenizer
from memstudy.experiments.copy_tasks import stages as copy_stages
from memstudy.experiments.copy_tasks.scoring import Symbols
from memstudy.experiments.pretrained_decoder import weights
from memstudy.experiments.pretrained_decoder.arms import stand_in_seed
from memstudy.experiments.pretrained_decoder.config import PRETRAINED, DecoderUnit
from memstudy.experiments.pretrained_decoder.large import in_precision
from memstudy.language_models.trained import evaluation_windows, streams
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.memory_model.model import MemoryModel
from memstudy.stages import Stages

# A large decoder from random weights begins with N(0, 0.02²), as Hugging Face's Llama does.
SCRATCH_INIT = "gpt2"


@dataclass
class Work:
    """A unit under way: its text, its device, its stages."""

    unit: DecoderUnit
    seed: int
    stages: Stages
    text: dict[str, TokenStream]

    @classmethod
    def of(cls, unit: DecoderUnit, seed: int, stages: Stages) -> Work:
        """Open the text, after a look whether the decoder's weights are at hand.

        Raises:
            UsageError: they are not.
        """
        weights.require(unit.decoder.source)
        return cls(unit, seed, stages, streams(unit.stage.text))

    @property
    def device(self) -> Device:
        """Where to compute, in the decoder's precision."""
        return in_precision(self.stages.device, self.unit.decoder.precision)

    @cached_property
    def symbols(self) -> Symbols:
        """The vocabulary of the text."""
        return Symbols.of(self.text["train"].header.vocab_size)

    def windows(self, count: int) -> Tensor:
        """(count, S · C) validation sequences, the same for all arms."""
        length = self.unit.stage.chunk * self.unit.stage.n_chunks
        return evaluation_windows(self.text["validation"], length, count)[0]

    @cached_property
    def source(self) -> weights.Pretrained:
        """The pretrained weights, read once a unit."""
        return weights.pretrained(self.unit.decoder.source)

    @cached_property
    def kept(self) -> list[int]:
        """Rows of the pretrained table that the text's tokens have."""
        spec = self.unit.stage.text.tokenizer
        found = smollm2.recorded_kept(spec, default_places())
        return list(found or tokenizer(spec).encoding.kept)


def initial_decoder(work: Work) -> LanguageModel | None:
    """The decoder that a unit begins with; None: a new one of the copy tasks' own."""
    decoder, rows = work.unit.decoder, work.symbols.rows
    is_trained = work.unit.start == PRETRAINED
    generator = seeds.torch_generator(work.seed, "init/decoder")
    if decoder.source == "trained":
        if not is_trained:
            return None
        seed = stand_in_seed(work.seed)
        found = copy_stages.trained_stage(decoder.training, seed, work.stages, work.text)
        return copy.deepcopy(found.model).requires_grad_(True)
    if decoder.source == "tiny":
        return Llama(tiny(decoder.shape, rows), generator)
    if is_trained:
        return work.source.model(work.kept, rows)
    return Llama(replace(work.source.config, vocab_size=rows, init=SCRATCH_INIT), generator)


def tiny(shape: Any, rows: int) -> LlamaConfig:
    """A Llama as small as can be that has all that SmolLM2 has: grouped heads, a tied head."""
    return LlamaConfig(
        vocab_size=rows,
        d_model=shape.d_model,
        n_heads=shape.n_heads,
        n_kv_heads=1,
        n_blocks=shape.n_blocks,
        tied=True,
        rope_base=100_000.0,
        norm_epsilon=1e-5,
    )


def build(work: Work) -> MemoryModel:
    """The memory model of a unit with its initial weights."""
    stage = work.unit.stage
    encoder = stage.encoder and copy_stages.trained_stage(
        stage.encoder, work.seed, work.stages, work.text
    )
    return copy_stages.build(stage, work.seed, work.symbols, encoder, initial_decoder(work))
