"""One door to all architectures that RegBench and MQAR compare (Memory Mosaics, Fig. 11).

The mosaic follows section A.6. The transformer is the official baseline (section E.3) without its
biases: learned absolute positions, GELU. The others are that transformer with another layer in
place of attention and without positions.
"""

from __future__ import annotations

from typing import Any

import torch

from memstudy.experiments.regbench.architecture_config import (
    MOSAIC,
    NAMES,
    TRANSFORMER,
    ArchitectureConfig,
)
from memstudy.nn.language_model import LanguageModel, count_parameters
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.nn.recurrent.model import RecurrentConfig, RecurrentModel
from memstudy.nn.transformer import Transformer, TransformerConfig

__all__ = ["NAMES", "new_model", "sizes"]


def new_model(
    shape: ArchitectureConfig,
    vocab_size: int,
    context_length: int,
    generator: torch.Generator | None,
) -> LanguageModel:
    """A new model.

    Args:
        shape: architecture and its sizes.
        vocab_size: symbols.
        context_length: symbols of the longest sequence: the transformer learns a position for
            each, Hyena's filters are as long.
        generator: source of the initial weights, on the CPU; None takes PyTorch's global one.

    Raises:
        ValueError: the architecture cannot have this shape.
    """
    common: dict[str, Any] = {
        "vocab_size": vocab_size,
        "context_length": context_length,
        "d_model": shape.d_model,
        "n_heads": shape.n_heads,
        "n_blocks": shape.n_blocks,
        "attention_dropout": shape.attention_dropout,
        "residual_dropout": shape.dropout,
        "embedding_dropout": shape.embedding_dropout,
    }
    if shape.init is not None:
        common["init"] = shape.init
    if shape.name == MOSAIC:
        return MemoryMosaic(MosaicConfig(**common), generator)
    if shape.name == TRANSFORMER:
        return Transformer(TransformerConfig(**common), generator)
    config = RecurrentConfig(
        **common,
        mixer=shape.name,
        every_layer_reads_embeddings=shape.every_layer_reads_embeddings,
    )
    return RecurrentModel(config, generator)


def sizes(model: LanguageModel, time: int) -> dict[str, int]:
    """How large a model is, and what it keeps of what it has read.

    Args:
        model: one of :func:`new_model`.
        time: positions read.

    Returns:
        ``parameters`` (all), ``position_parameters`` (learned positions, which comparisons of sizes
        leave out), ``state_size`` (numbers that one sequence must keep to go on).
    """
    positions = 0 if model.positions is None else count_parameters(model.positions)
    return {
        "parameters": count_parameters(model),
        "position_parameters": positions,
        "state_size": state_size(model, time),
    }


def state_size(model: LanguageModel, time: int) -> int:
    """Numbers that one sequence must keep after ``time`` positions.

    A transformer keeps a key and a value a position and block. A mosaic has one pair less, since
    the last one waits for its value: for that its key and its raw value are kept, and the averages
    behind the keys of both its units.
    """
    if isinstance(model, RecurrentModel):
        return model.state_size(time)
    pairs = 2 * (time - 1) + 4 if isinstance(model, MemoryMosaic) else 2 * time
    return model.config.n_blocks * model.config.d_model * pairs
