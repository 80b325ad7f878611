"""The half of a memory model's work that a copy needs: only where something is to be predicted."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import pad

from memstudy.nn.language_model import TokenPredictor
from memstudy.nn.memory_model.model import MemoryModel
from memstudy.nn.targets import IGNORED


class SecondHalf(TokenPredictor):
    """A memory model that reads a sequence and decodes the second half of its chunks alone.

    The passes of the decoder know of each other through memories only, which the encoder makes. In
    a copy nothing is to be predicted in the first half, so its passes can be left out: losses and
    gradients are those of the whole model.

    Args:
        model: whose weights are used.
    """

    def __init__(self, model: MemoryModel):
        super().__init__()
        self.model = model

    @property
    def head_weight(self) -> Tensor:
        """(vocab_size, d_model) that of the model."""
        return self.model.head_weight

    @property
    def logit_scale(self) -> float:
        """Factor on the logits, that of the model."""
        return self.model.logit_scale

    def hidden(self, tokens: Tensor) -> Tensor:
        """Hidden states of the second half: (batch, S · C) to (batch, S/2 · C, d_model)."""
        chunks = self.model.layout.chunks(tokens)
        memories = self.model.memories(chunks[:, :-1])
        return self.model.decode(memories, chunks, first=chunks.shape[1] // 2)

    def loss(
        self, tokens: Tensor, targets: Tensor, reduction: str = "mean", ignore_index: int = IGNORED
    ) -> Tensor:
        """As :meth:`TokenPredictor.loss`; targets of the first half do not count."""
        half = targets.shape[1] // 2
        found = super().loss(tokens, targets[:, half:], reduction, ignore_index)
        return found if reduction == "mean" else pad(found, (half, 0))
