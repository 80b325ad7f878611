"""Scores of continuations: which of several a model finds likely, and what a text mentions.

For the consistency score and the key words of Memory Mosaics' Tables 1 and 5 (claim MM-9).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from memstudy.batching import IGNORED
from memstudy.core.device import Device
from memstudy.evaluation import token_losses

Tokens = Sequence[int]


@dataclass(frozen=True)
class Cloze:
    """A question whose answer is one of several continuations of a text."""

    prefix: Tokens  # at least one token
    options: Sequence[Tokens]  # at least two, none empty
    answer: int  # which option is right


@dataclass(frozen=True)
class ClozeScores:
    """How a model answers some questions; one entry a question, in their order."""

    log_probs: tuple[np.ndarray, ...]  # (options,) log-probability of each option, nats
    lengths: tuple[np.ndarray, ...]  # (options,) tokens of each option
    answers: np.ndarray  # (questions,) the right options

    def correct(self, per_token: bool = False) -> np.ndarray:
        """(questions,) whether the likeliest option is the right one.

        Args:
            per_token: compare means over tokens instead of sums. Sums favour short options, means
                favour options whose words are easy to complete.
        """
        chosen = [
            int(np.argmax(total / length if per_token else total))
            for total, length in zip(self.log_probs, self.lengths, strict=True)
        ]
        return np.array(chosen) == self.answers

    def margins(self) -> np.ndarray:
        """(questions,) log-probability of the right option minus that of the best wrong one."""
        return np.array(
            [
                total[answer] - np.delete(total, answer).max()
                for total, answer in zip(self.log_probs, self.answers, strict=True)
            ]
        )

    @property
    def chance(self) -> float:
        """Share of right answers of somebody who guesses."""
        return float(np.mean([1 / len(total) for total in self.log_probs]))


def cloze_scores(
    model: nn.Module,
    questions: Sequence[Cloze],
    device: Device,
    *,
    batch_size: int = 64,
    on_batch: Callable[[], None] = lambda: None,
) -> ClozeScores:
    """Log-probability of every option of every question.

    Args:
        model: on the device; see :func:`memstudy.evaluation.token_losses`.
        questions: any number of them.
        device: where to compute.
        batch_size: sequences a forward pass.
        on_batch: called after every forward pass; what it raises ends the scoring.
    """
    pairs = [(question.prefix, option) for question in questions for option in question.options]
    totals = continuation_log_probs(model, pairs, device, batch_size=batch_size, on_batch=on_batch)
    cuts = np.cumsum([len(question.options) for question in questions])[:-1]
    lengths = np.array([len(option) for _, option in pairs])
    return ClozeScores(
        tuple(np.split(totals, cuts)),
        tuple(np.split(lengths, cuts)),
        np.array([question.answer for question in questions]),
    )


def continuation_log_probs(
    model: nn.Module,
    pairs: Sequence[tuple[Tokens, Tokens]],
    device: Device,
    *,
    batch_size: int = 64,
    on_batch: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Log-probability of each continuation given its prefix, summed over its tokens.

    Sequences of similar length share a forward pass; padding stands on the right, where no model
    of the study can see it.

    Args:
        model: on the device; see :func:`memstudy.evaluation.token_losses`.
        pairs: prefix and continuation, each at least one token.
        device: where to compute.
        batch_size: sequences a forward pass.
        on_batch: called after every forward pass; what it raises ends the scoring.

    Returns:
        (pairs,) float64, nats.

    Raises:
        ValueError: a prefix or a continuation is empty.
    """
    for index, (prefix, continuation) in enumerate(pairs):
        if not len(prefix) or not len(continuation):
            raise ValueError(f"pair {index} has an empty prefix or continuation")
    sizes = np.array([len(prefix) + len(continuation) for prefix, continuation in pairs])
    found = np.empty(len(pairs))
    # The longest first: where memory does not suffice, that shows at once.
    order = np.argsort(-sizes, kind="stable")
    for first in range(0, len(pairs), batch_size):
        chosen = order[first : first + batch_size]
        x = torch.zeros(len(chosen), int(sizes[chosen].max()) - 1, dtype=torch.int64)
        y = torch.full_like(x, IGNORED)
        for row, index in enumerate(chosen):
            prefix, continuation = pairs[index]
            whole = torch.tensor([*prefix, *continuation])
            x[row, : len(whole) - 1] = whole[:-1]
            y[row, len(prefix) - 1 : len(whole) - 1] = whole[len(prefix) :]
        losses = token_losses(model, (x, y), device, batch_size=batch_size, on_batch=on_batch)
        found[chosen] = -np.nansum(losses.values, 1, dtype=np.float64)
    return found


def mentions(text: str, key_words: Sequence[str]) -> bool:
    """Whether a text holds one of the key words or phrases as whole words, in any case of letters.

    Args:
        text: a continuation.
        key_words: alternatives, such as ``("to bed", "to sleep")``.
    """
    patterns = (r"\s+".join(map(re.escape, words.split())) for words in key_words)
    return any(re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE) for words in patterns)
