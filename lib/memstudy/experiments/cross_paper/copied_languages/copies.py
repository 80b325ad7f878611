"""Sequences to copy: the first half of a RegBench sequence, a sign, and the half once more.

The Memory Models paper copies the first half of the text whose next tokens the same step predicts.
Here the half is cut where a string ends: the first ``n // 2`` of n strings. Two delimiters in a row
are the sign that a copy begins. No sequence of a language has them, since a string has a letter at
least; so a model can tell a copy from a language, as it can by the cue tokens of the paper, and no
token is added. A copy is at most one token longer than the longest sequence, and its last token is
a label only: learned positions suffice.

The targets are the letters of the second appearance. As everywhere in RegBench, the end of a string
is never asked for.
"""

from __future__ import annotations

import numpy as np
import torch

from memstudy.batching import Batch
from memstudy.experiments.regbench.automata import DELIMITER, PAD
from memstudy.experiments.regbench.learning import as_batch
from memstudy.experiments.regbench.sequences import Split
from memstudy.nn.targets import IGNORED

SIGN = 2  # delimiters between both appearances
JOINT = 1  # the same without a sign: the copy comes as any other string


def first_half(tokens: np.ndarray) -> int:
    """Number of tokens of the first half of the strings, without the delimiter behind them.

    Args:
        tokens: (length,) of one sequence without padding; at least two strings.

    Raises:
        ValueError: there is only one string.
    """
    ends = np.flatnonzero(tokens == DELIMITER)
    if not len(ends):
        raise ValueError("a sequence of one string has no first half of its strings")
    return int(ends[(len(ends) + 1) // 2 - 1])


def copies_of(split: Split, between: int = SIGN) -> Split:
    """The first half of every sequence twice, in the order of the split.

    Args:
        split: sequences of languages.
        between: delimiters between both appearances: ``SIGN``, or ``JOINT``.

    Returns:
        A split of as many sequences, padded at the right to its longest.
    """
    halves = [
        first_half(row[:length]) for row, length in zip(split.tokens, split.lengths, strict=True)
    ]
    shape = (len(split), 2 * max(halves) + between)
    tokens = np.full(shape, PAD, dtype=split.tokens.dtype)
    states = np.zeros(shape, dtype=split.states.dtype)  # after a delimiter: the start state, 0
    for row, half in enumerate(halves):
        again = slice(half + between, 2 * half + between)
        tokens[row, half : half + between] = DELIMITER
        for made, source in ((tokens, split.tokens), (states, split.states)):
            made[row, :half] = made[row, again] = source[row, :half]
    return Split(split.automata, split.owners, tokens, states)


def copy_labels(copies: Split, between: int = SIGN) -> np.ndarray:
    """Letters of the second appearance, each at the input that it follows.

    Args:
        copies: made by :func:`copies_of`.
        between: delimiters between both appearances.

    Returns:
        int64 (sequences, longest - 1), ``IGNORED`` at all other places.
    """
    labels = copies.labels
    half = (copies.lengths - between) // 2
    # Input half + between - 1 is the last delimiter before the copy: its next token is the first.
    labels[np.arange(labels.shape[1]) < (half + between - 1)[:, None]] = IGNORED
    return labels


def combined_batch(split: Split) -> Batch:
    """Inputs and labels of the languages, then of the copies, row by row of the same sequences.

    The first two are those of ``regbench.learning.as_batch``, row for row.
    """
    order = np.argsort(-split.lengths, kind="stable")
    copies = copies_of(split)
    inputs, labels = copies.inputs.astype(np.int64)[order], copy_labels(copies)[order]
    return *as_batch(split), torch.from_numpy(inputs), torch.from_numpy(labels)
