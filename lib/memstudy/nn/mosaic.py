"""Memory Mosaic of the shape of GPT2 (arXiv 2405.06394, Fig. 6 and section A.6).

Attention becomes a contextual memory unit, the feed-forward network a persistent memory unit of the
same number of parameters. There is no position encoding: order reaches the model through the leaky
average of the keys and the one-step foresight of the values.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from memstudy.nn.associative import ContextualMemory, PersistentMemory
from memstudy.nn.block import Block, FeedForward
from memstudy.nn.language_model import LanguageModel, LanguageModelConfig, require_one_of

TOKEN_LAYERS = ("persistent", "mlp")


@dataclass(frozen=True, kw_only=True)
class MosaicConfig(LanguageModelConfig):
    """Shape of a Memory Mosaic; the fields on leaky average and look-ahead can leave these out."""

    init: str = "fan_in"  # see LanguageModelConfig
    n_slots: int | None = None  # learned pairs per head; None: 3.5 d_model, which matches GPT2
    token_layer: str = "persistent"  # "mlp": feed-forward network of the same size (MM-A1)
    leaky: bool = True  # False: keys without leaky average (MM-A2)
    look_ahead: bool = True  # False: values without the next input (MM-A3)
    tied: bool = True  # False: a head of its own, as the Llamas of the study have
    learned_positions: bool = (
        False  # add a learned embedding of the position, which the paper lacks
    )

    def __post_init__(self) -> None:
        """Refuse shapes that no model can have (ValueError)."""
        super().__post_init__()
        require_one_of("token_layer", self.token_layer, TOKEN_LAYERS)
        if self.n_slots is not None and self.n_slots < 1:
            raise ValueError(f"n_slots is {self.n_slots}; it must be at least 1")

    @property
    def slots(self) -> int:
        """Learned pairs per head."""
        return 7 * self.d_model // 2 if self.n_slots is None else self.n_slots

    @property
    def d_hidden(self) -> int:
        """Units of the feed-forward network that has the weights of the persistent unit.

        The unit has 2 d² in its two maps and 2 · slots · d in its pairs, the network 2 · units · d.
        """
        return self.slots + self.d_model


class MemoryMosaic(LanguageModel):
    """Language model made of memory units.

    Args:
        config: the shape.
        generator: source of the initial weights; None takes PyTorch's global one.
    """

    def __init__(self, config: MosaicConfig, generator: torch.Generator | None = None):
        blocks = (self._block(config) for _ in range(config.n_blocks))
        super().__init__(config, blocks, generator, config.learned_positions, tied=config.tied)

    @staticmethod
    def _block(config: MosaicConfig) -> Block:
        d_model, n_heads = config.d_model, config.n_heads
        contextual = ContextualMemory(
            d_model, n_heads, config.leaky, config.look_ahead, config.attention_dropout
        )
        token_layer: nn.Module
        if config.token_layer == "persistent":
            token_layer = PersistentMemory(
                d_model, n_heads, config.slots, config.leaky, config.attention_dropout
            )
        else:
            token_layer = FeedForward(d_model, config.d_hidden)
        return Block(d_model, contextual, token_layer, config.residual_dropout)
