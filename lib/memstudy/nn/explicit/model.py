"""A language model that can write and read explicit memories."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from memstudy.nn.cross_entropy import linear_cross_entropy
from memstudy.nn.explicit import decoding, reading, writing
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.targets import IGNORED


class ExplicitMemoryModel(nn.Module):
    """A rotary transformer, its memory prefix, and nothing else: no parameter is added.

    Without memories it is the plain transformer behind the prefix, which is how the first of the
    paper's two stages trains it. Two of these may share a decoder, say one with other
    ``kept_tokens``.

    Args:
        decoder: a Llama, or a Transformer with rotary positions.
        config: shape of the memories.
    """

    ahead = 0  # what a stored value tells of stands so many tokens behind its own

    def __init__(self, decoder: LanguageModel, config: ExplicitMemoryConfig):
        super().__init__()
        self.check(decoder, config)
        self.decoder = decoder
        self.memory_config = config

    @staticmethod
    def check(decoder: LanguageModel, config: ExplicitMemoryConfig) -> None:
        """Refuse a decoder that cannot have such memories (ValueError)."""
        config.check(decoder)

    @property
    def embedding(self) -> nn.Embedding:
        """The decoder's embedding."""
        return self.decoder.embedding

    def write(
        self, references: Tensor, lengths: Tensor, generator: torch.Generator | None = None
    ) -> Memories:
        """Memories of references; see :func:`memstudy.nn.explicit.writing.write`."""
        return writing.write(self.decoder, self.memory_config, references, lengths, generator)

    def hidden(
        self, tokens: Tensor, memories: Memories | None = None, table: Tensor | None = None
    ) -> Tensor:
        """Final hidden states; see :func:`memstudy.nn.explicit.reading.hidden`."""
        return reading.hidden(self.decoder, self.memory_config, tokens, memories, table)

    def forward(
        self, tokens: Tensor, memories: Memories | None = None, table: Tensor | None = None
    ) -> Tensor:
        """Logits of the token after each: (batch, time) to (batch, time, vocab_size)."""
        return self.decoder.logits_from_hidden(self.hidden(tokens, memories, table))

    def loss(
        self,
        tokens: Tensor,
        targets: Tensor,
        memories: Memories | None = None,
        table: Tensor | None = None,
        *,
        reduction: str = "mean",
        ignore_index: int = IGNORED,
    ) -> Tensor:
        """Cross-entropy in nats of the text (references have no loss of their own).

        Args:
            tokens: (batch, time), each beginning with the beginning-of-sequence token.
            targets: (batch, time) the token that follows each.
            memories: as in :meth:`hidden`.
            table: as in :meth:`hidden`.
            reduction: ``"mean"`` over the targets that count, or ``"none"``: (batch, time).
            ignore_index: target that does not count.
        """
        return linear_cross_entropy(
            self.hidden(tokens, memories, table),
            self.decoder.head_weight,
            targets,
            self.decoder.logit_scale,
            reduction,
            ignore_index,
        )

    def prefill(self, tokens: Tensor, lengths: Tensor, capacity: int, *memories):
        """Read prompts; see :func:`memstudy.nn.explicit.decoding.prefill`."""
        return decoding.prefill(self, tokens, lengths, capacity, *memories)

    def step(self, tokens: Tensor, state: decoding.MemoryState) -> Tensor:
        """Read one more token; see :func:`memstudy.nn.explicit.decoding.step`."""
        return decoding.step(self, tokens, state)

    def parameter_groups(self, weight_decay: float, decay_all: bool = False) -> list[dict]:
        """The decoder's groups for an optimiser."""
        return self.decoder.parameter_groups(weight_decay, decay_all)
