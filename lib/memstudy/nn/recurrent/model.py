"""Language models made of the layers of this package, all in the blocks of the transformer.

Only the attention is replaced: pre-norm, residual stream, feed-forward network of 4 d_model units,
tied head and initial weights are those of :mod:`~memstudy.nn.transformer`, so that a difference
between architectures is a difference of the layer that reads the context. This holds for the LSTM
too: its layers are stacked with norm, residual connection and feed-forward network between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from memstudy.nn.block import Block, FeedForward
from memstudy.nn.language_model import (
    LanguageModel,
    LanguageModelConfig,
    WholeWindows,
    count_parameters,
    require_one_of,
)
from memstudy.nn.recurrent.gla import GatedLinearAttention
from memstudy.nn.recurrent.h3 import H3
from memstudy.nn.recurrent.hyena import Hyena
from memstudy.nn.recurrent.linear_attention import LinearAttention, PlainLinearAttention
from memstudy.nn.recurrent.lstm import LSTM
from memstudy.nn.recurrent.mamba import Mamba
from memstudy.nn.recurrent.mixer import Mixer
from memstudy.nn.recurrent.retention import Retention
from memstudy.nn.recurrent.rwkv import RWKV
from memstudy.nn.recurrent.s4d import S4D

MIXERS: dict[str, type[Mixer]] = {
    "lstm": LSTM,
    "linear_attention": LinearAttention,
    "linear_attention_plain": PlainLinearAttention,
    "retention": Retention,
    "gla": GatedLinearAttention,
    "s4d": S4D,
    "mamba": Mamba,
    "rwkv": RWKV,
    "h3": H3,
    "hyena": Hyena,
}


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig(LanguageModelConfig):
    """Shape of a language model with a recurrent layer (attention_dropout has no effect)."""

    mixer: str  # a name in MIXERS
    # Every block reads the embeddings and all outputs but the last block's are dropped: the defect
    # of the published LSTM and Mamba baselines of RegBench, which are one layer deep.
    every_layer_reads_embeddings: bool = False

    def __post_init__(self) -> None:
        """Refuse shapes that no model can have (ValueError)."""
        super().__post_init__()
        require_one_of("mixer", self.mixer, MIXERS)


class RecurrentModel(WholeWindows, LanguageModel):
    """Language model whose blocks read the context with ``MIXERS[config.mixer]``.

    Args:
        config: the shape.
        generator: source of the initial weights; None takes PyTorch's global one.

    Raises:
        ValueError: the layer cannot have this shape.
    """

    config: RecurrentConfig

    def __init__(self, config: RecurrentConfig, generator: torch.Generator | None = None):
        super().__init__(config, (self._block(config) for _ in range(config.n_blocks)), generator)

    @property
    def kind(self) -> str:
        """What the model is called."""
        return f"a {self.config.mixer} model"

    def hidden_from_embeddings(self, x: Tensor) -> Tensor:
        """As in :class:`LanguageModel`, unless every block is to read ``x`` itself."""
        if not self.config.every_layer_reads_embeddings:
            return super().hidden_from_embeddings(x)
        embedded = self._place(x, torch.arange(x.shape[1], device=x.device))
        for block in self.blocks:
            x = block(embedded)
        return self.final_norm(x)

    def state_size(self, time: int) -> int:
        """Numbers that all blocks together keep of one sequence after ``time`` positions."""
        return sum(block.context_layer.state_size(time) for block in self.blocks)

    def sizes(self, time: int) -> dict[str, int]:
        """Parameters (all, and those of the layers that read the context) and size of the state."""
        return {
            "parameters": count_parameters(self),
            "context_parameters": sum(count_parameters(b.context_layer) for b in self.blocks),
            "state_size": self.state_size(time),
        }

    @staticmethod
    def _block(config: RecurrentConfig) -> Block:
        d_model = config.d_model
        mixer = MIXERS[config.mixer](d_model, config.n_heads, config.context_length)
        return Block(d_model, mixer, FeedForward(d_model, 4 * d_model), config.residual_dropout)
