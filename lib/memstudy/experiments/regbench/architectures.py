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
    ROTARY,
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
    if shape.name in (TRANSFORMER, ROTARY):
        position = "rope" if shape.name == ROTARY else "absolute"
        return Transformer(TransformerConfig(**common, position=position), generator)
    config = RecurrentConfig(
        **common,
        mixer=shape.name,
        every_layer_reads_embeddings=shape.every_layer_reads_embeddings,
    )
    return RecurrentModel(config, generator)


def sizes(model: LanguageModel, time: int) -> dict[str, int]:
    """What a model costs, in the same words for all architectures.

    Args:
        model: of any architecture.
        time: positions that have been read.

    Returns:
        ``parameters`` in all, ``context_parameters`` of the layers that read the context, and
        ``state_size``: numbers that all blocks together must keep of one sequence to go on.
    """
    if isinstance(model, RecurrentModel):
        return model.sizes(time)
    d_model, n_blocks = model.config.d_model, model.config.n_blocks
    state = 2 * time * d_model  # keys and values
    if isinstance(model, MemoryMosaic):
        # The newest pair waits for its value; until then its raw value and the leaky average, of
        # which the key follows, stand for it. The persistent unit has a leaky average too.
        token_layer_average = model.config.leaky and model.config.token_layer == "persistent"
        state += d_model * token_layer_average
    return {
        "parameters": count_parameters(model),
        "context_parameters": sum(count_parameters(b.context_layer) for b in model.blocks),
        "state_size": n_blocks * state,
    }
