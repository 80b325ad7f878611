"""What memory models are trained on: inputs and targets made from a text, and losses of them.

A target stands at the position that predicts it, so that every model of the study can be trained on
the same batches. Unless borders are asked for, the first token of a chunk is never a target: the
position before it belongs to another chunk, whose pass of the decoder the paper does not train on
it.

Weights. A loss is the mean over all targets that count, whatever the objective, and the combined
objective is the sum of two such means. The official code divides the sum of the chunks' means by
the number of *all* chunks, although half of them have no target in a copy task; the copy loss is
then half of its mean, and counts half in the sum. ``divisor="chunks"`` does the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from memstudy.nn.language_model import TokenPredictor, require_one_of
from memstudy.nn.targets import IGNORED

CUE_LENGTH = 3  # tokens at the start of a copy that the cue takes the place of
DIVISORS = ("scored", "chunks")

Task = tuple[Tensor, Tensor]  # inputs and targets, each (batch, time)


def causal_task(text: Tensor, chunk: int, borders: bool = False) -> Task:
    """Predict the next token.

    Args:
        text: (batch, S · C) tokens.
        chunk: C.
        borders: count the first token of each chunk but the first one of all too. The official
            evaluation does, although no training did.
    """
    return text.clone(), _targets(text, chunk, borders)


def copy_task(
    text: Tensor,
    chunk: int,
    *,
    blank: int | None = None,
    cue: int | None = None,
    borders: bool = False,
) -> Task:
    """Read a text, then write it again: the targets are the tokens of its second appearance.

    Args:
        text: (batch, S/2 · C) tokens.
        chunk: C.
        blank: blank copy: this token stands in all places of the second half of the inputs, whose
            positions then know of the text through memories alone.
        cue: a token that takes the place of the first three inputs of the second half, as a sign
            that a copy is wanted; what it hides does not count as a target.
        borders: as in :func:`causal_task`; with it the first token of the second half counts too.

    Raises:
        ValueError: the text is not made of whole chunks, or has no room for the cue.
    """
    half = text.shape[1]
    if half % chunk:
        raise ValueError(f"a text of {half} tokens is not made of whole chunks of {chunk}")
    if cue is not None and half <= CUE_LENGTH:
        raise ValueError(f"a cue of {CUE_LENGTH} tokens leaves nothing of a text of {half}")
    inputs, labels = text.repeat(1, 2), text.repeat(1, 2)
    labels[:, :half] = IGNORED
    if blank is not None:
        inputs[:, half:] = blank
    if cue is not None:
        inputs[:, half : half + CUE_LENGTH] = cue
        labels[:, half : half + CUE_LENGTH] = IGNORED
    return inputs, _targets(labels, chunk, borders)


def combined_task(
    text: Tensor, chunk: int, *, blank: int | None = None, cue: int | None = None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Both tasks of one text: inputs and targets of the causal one, then of the copy.

    The copy is of the text's first half, so that both have the same length. Arguments as in
    :func:`copy_task`, but ``text`` is (batch, S · C).
    """
    half = text[:, : text.shape[1] // 2]
    return *causal_task(text, chunk), *copy_task(half, chunk, blank=blank, cue=cue)


@dataclass(frozen=True)
class TaskLoss:
    """The objective of a training: losses in nats of one task, or of the combined two by name."""

    divisor: str = "scored"  # targets that count; "chunks": the official form, see the module
    n_chunks: int | None = None  # S, needed for the official form

    def __post_init__(self) -> None:
        """Refuse what has no meaning (ValueError)."""
        require_one_of("divisor", self.divisor, DIVISORS)
        if self.divisor == "chunks" and self.n_chunks is None:
            raise ValueError("the official divisor is the number of chunks; pass n_chunks")

    def __call__(
        self,
        model: TokenPredictor,
        batch: tuple[Tensor, ...],
        copier: TokenPredictor | None = None,
    ) -> Tensor | dict[str, Tensor]:
        """Loss of inputs and targets; ``causal`` and ``copy``, to be added, of a combined batch.

        The copy of a combined batch is read by ``copier``, by default by the model itself.
        """
        if len(batch) == 2:
            return self._loss(model, *batch)
        copied = self._loss(copier or model, *batch[2:])
        return {"causal": self._loss(model, *batch[:2]), "copy": copied}

    def _loss(self, model: TokenPredictor, inputs: Tensor, targets: Tensor) -> Tensor:
        if self.divisor == "scored":
            return model.loss(inputs, targets, ignore_index=IGNORED)
        losses = model.loss(inputs, targets, reduction="none", ignore_index=IGNORED)
        return divided_by_chunks(losses, targets, self.n_chunks)


def divided_by_chunks(losses: Tensor, targets: Tensor, n_chunks: int) -> Tensor:
    """The official form: means of the chunks that have targets, summed, over the number of all.

    Args:
        losses: (batch, S · C) loss of each target, 0 where it does not count.
        targets: (batch, S · C).
        n_chunks: S.
    """
    sums = losses.unflatten(1, (n_chunks, -1)).sum((0, 2))  # (S,)
    counts = (targets != IGNORED).unflatten(1, (n_chunks, -1)).sum((0, 2))
    return (sums / counts.clamp(min=1)).sum() / n_chunks


def _targets(labels: Tensor, chunk: int, borders: bool) -> Tensor:
    """Each token at the position before it; nothing at the last position, nor at borders."""
    targets = torch.full_like(labels, IGNORED)
    targets[:, :-1] = labels[:, 1:]
    if not borders:
        targets[:, chunk - 1 :: chunk] = IGNORED
    return targets
