"""What is measured of regenerated, copied and predicted tokens, and what chance would give."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from memstudy.batching import IGNORED, Batch
from memstudy.core.device import Device
from memstudy.evaluation import NotFinite, TokenLosses, autocast, in_mode
from memstudy.nn.language_model import TokenPredictor


def uninformed_loss(vocab_size: int) -> float:
    """H0 = ln V + ln(e - 1) - 1/2: cross-entropy in nats of logits drawn uniformly from [0, 1).

    With u_1 ... u_V such logits the expected loss of any target i is E ln Σ_j exp(u_j) - E u_i. The
    second term is 1/2; the sum in the first is V E exp(u) = V (e - 1) but for fluctuations, which
    lower the logarithm by Var exp(u) / (2 V (e - 1)²) = 0.041 / V. So the formula is the limit for
    large V, and 5e-6 nat too high at V = 8,000.

    It is what the paper measures losses against, and no entropy of a text: ln V, 0.04 nat less, is
    the loss of equal logits, and knowing how frequent tokens are is worth much more than that (see
    :func:`unigram_level`).
    """
    return math.log(vocab_size) + math.log(math.e - 1) - 0.5


def entropy_ratio(loss: float, vocab_size: int) -> float:
    """1 - loss / H0: 1 for a perfect prediction, 0 for an uninformed one.

    Args:
        loss: mean cross-entropy in nats.
        vocab_size: V of :func:`uninformed_loss`.
    """
    return 1 - loss / uninformed_loss(vocab_size)


@dataclass(frozen=True)
class TokenScores:
    """Loss and success of every target of some sequences."""

    losses: TokenLosses  # (sequences, positions) nats; NaN where a target does not count
    hits: np.ndarray  # (sequences, positions) bool: the most probable token is the target

    @property
    def counted(self) -> np.ndarray:
        """(sequences, positions) bool: the target counts."""
        return np.isfinite(self.losses.values)

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats over all targets that count; NaN where none does."""
        return self.losses.mean if self.counted.any() else math.nan

    @property
    def accuracy(self) -> float:
        """Share of the targets that count whose token is the most probable one (Hamming accuracy).

        Every target has the same weight, however many its sequence has. NaN where none counts.
        """
        counted = int(self.counted.sum())
        return int(self.hits.sum()) / counted if counted else math.nan

    def accuracy_by_position(self) -> np.ndarray:
        """(positions,) share over the sequences; NaN at positions where no target counts."""
        counts, hits = self.counted.sum(0), self.hits.sum(0).astype(np.float64)
        return np.divide(hits, counts, out=np.full(hits.shape, math.nan), where=counts > 0)

    def entropy_ratio(self, vocab_size: int) -> float:
        """:func:`entropy_ratio` of :attr:`loss`."""
        return entropy_ratio(self.loss, vocab_size)


@torch.no_grad()
def token_scores(
    model: TokenPredictor, batch: Batch, device: Device, *, batch_size: int
) -> TokenScores:
    """Evaluate a model, dropout off.

    Args:
        model: on the device.
        batch: inputs and targets, each (sequences, positions); targets stand where they are
            predicted, so that nothing is shifted here.
        device: where to compute.
        batch_size: sequences a forward pass.

    Raises:
        NotFinite: the model gives NaN or infinity.
    """
    inputs, targets = batch
    losses = np.empty(tuple(targets.shape), dtype=np.float32)
    hits = np.empty(tuple(targets.shape), dtype=bool)
    with in_mode(model, training=False):
        for first in range(0, len(inputs), batch_size):
            part = slice(first, first + batch_size)
            x, y = (tensor[part].to(device.torch) for tensor in (inputs, targets))
            with autocast(device):
                logits = model(x).float()  # (sequences, positions, vocab_size)
            found = cross_entropy(logits.mT, y, reduction="none", ignore_index=IGNORED)
            if not found.isfinite().all():
                raise NotFinite(
                    f"the model gives a loss that is not finite from sequence {first} on"
                )
            losses[part] = found.masked_fill(y == IGNORED, math.nan).cpu().numpy()
            hits[part] = (logits.argmax(-1) == y).cpu().numpy()  # IGNORED is no token
    return TokenScores(TokenLosses(losses), hits)


@dataclass(frozen=True)
class UnigramLevel:
    """What can be had without any input, from the frequencies of tokens in a training text."""

    accuracy: float  # of always naming the commonest token
    loss: float  # nats, of predicting the frequencies


def unigram_level(training_tokens: Tensor, targets: Tensor, vocab_size: int) -> UnigramLevel:
    """Level that a probe reaches with a vector that tells nothing.

    Args:
        training_tokens: tokens, of any shape, whose frequencies are known; each token of the
            vocabulary is counted once more than it occurs.
        targets: targets of the evaluation; those that are ignored do not count.
        vocab_size: V.
    """
    counts = torch.bincount(training_tokens.flatten(), minlength=vocab_size).double() + 1
    wanted = targets[targets != IGNORED]
    log_shares = (counts / counts.sum()).log()
    return UnigramLevel(
        accuracy=(wanted == counts.argmax()).double().mean().item(),
        loss=-log_shares[wanted].mean().item(),
    )
