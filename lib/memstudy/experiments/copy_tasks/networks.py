"""The language models that encoders and decoders are made of: Llamas, or memory mosaics."""

from __future__ import annotations

from typing import Any

import torch

from memstudy.experiments.copy_tasks.config import MosaicShapeConfig, ShapeConfig
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig


def new_network(
    shape: ShapeConfig, vocab_size: int, generator: torch.Generator, tied: bool = False
) -> LanguageModel:
    """A model with initial weights.

    Args:
        shape: says which family, and its size.
        vocab_size: rows of the table of tokens.
        generator: source of the weights.
        tied: the head shares the weights of the table.
    """
    common: dict[str, Any] = {
        "vocab_size": vocab_size,
        "d_model": shape.d_model,
        "n_heads": shape.n_heads,
        "n_blocks": shape.n_blocks,
        "init": shape.init,
        "tied": tied,
    }
    if not isinstance(shape, MosaicShapeConfig):
        return Llama(LlamaConfig(**common), generator)
    if shape.positions:
        common |= {"learned_positions": True, "context_length": shape.positions}
    return MemoryMosaic(MosaicConfig(**common, n_slots=shape.n_slots), generator)
