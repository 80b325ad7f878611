"""Predictors that need no training: a blind guess, in-context n-grams.

Each gives one distribution a position, (sequences, time, tokens), for the inputs of a split: the
prediction of the token after the input at that position. The n-grams tell what a model learns from
its context beyond counting. (The best that a model can do is ``Split.distributions``.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memstudy.experiments.regbench.automata import DELIMITER, LETTERS, N_TOKENS, PAD

HIGHEST_ORDER = 4  # counts of order n take 20**n numbers a sequence


def uniform_letters(inputs: np.ndarray) -> np.ndarray:
    """The same probability for each of the 18 letters; zero at padding."""
    predicted = np.zeros((*inputs.shape, N_TOKENS))
    predicted[..., 1 : 1 + len(LETTERS)] = 1.0 / len(LETTERS)
    predicted[inputs == PAD] = 0.0
    return predicted


def in_context_ngram(inputs: np.ndarray, order: int) -> np.ndarray:
    """n-gram with back-off whose counts come from the sequence read so far.

    A context is the last ``order - 1`` symbols of the current string, filled up with start marks
    at the left. A letter that has followed the context gets its count divided by the number of
    times that the context has occurred. The rest of the mass, which belongs to occurrences at a
    string's end and to the present one, goes to the other letters that the sequence has shown, in
    the proportions of the next lower order. Where there is no other letter, the row is normalised.

    Args:
        inputs: tokens (sequences, time), padded at the right.
        order: 1 for letter frequencies, 2 for a context of one symbol, and so on.

    Returns:
        float64 array (sequences, time, tokens); zero at padding.
    """
    if not 1 <= order <= HIGHEST_ORDER:
        raise ValueError(f"order {order}: need 1 to {HIGHEST_ORDER}")
    n_sequences, time = inputs.shape
    everyone = np.arange(n_sequences)
    predicted = np.zeros((n_sequences, time, N_TOKENS))
    n_contexts = [N_TOKENS**length for length in range(order)]
    followed = [np.zeros((n_sequences, n, N_TOKENS), dtype=np.int32) for n in n_contexts]
    occurred = [np.zeros((n_sequences, n), dtype=np.int32) for n in n_contexts]
    # A context is a number in base N_TOKENS. The delimiter is the start mark, hence n - 1.
    at_start = N_TOKENS ** (order - 1) - 1
    context = np.full(n_sequences, at_start)
    for counts, n in zip(occurred, n_contexts, strict=True):
        counts[:, n - 1] = 1
    for step in range(time):
        token = inputs[:, step].astype(np.int64)
        letter = np.flatnonzero((token != DELIMITER) & (token != PAD))
        for counts, n in zip(followed, n_contexts, strict=True):
            counts[letter, context[letter] % n, token[letter]] += 1
        longer = (context * N_TOKENS + token) % n_contexts[-1]
        context = np.where(token == DELIMITER, at_start, longer)
        for counts, n in zip(occurred, n_contexts, strict=True):
            counts[everyone, context % n] += 1
        rows = [
            counts[everyone, context % n] for counts, n in zip(followed, n_contexts, strict=True)
        ]
        totals = [
            counts[everyone, context % n] for counts, n in zip(occurred, n_contexts, strict=True)
        ]
        predicted[:, step] = _back_off(rows, totals)
    predicted[inputs == PAD] = 0.0
    return predicted


def _back_off(rows: Sequence[np.ndarray], totals: Sequence[np.ndarray]) -> np.ndarray:
    """Distribution from the counts of each order, lowest first.

    Args:
        rows: how often each token followed the present context, (sequences, tokens) an order.
        totals: how often the present context occurred, (sequences,) an order.

    Returns:
        (sequences, tokens).
    """
    lower = rows[0] / np.maximum(rows[0].sum(axis=-1, keepdims=True), 1)
    for row, total in zip(rows[1:], totals[1:], strict=True):
        unseen = np.where(row > 0, 0.0, lower)
        share = unseen.sum(axis=-1, keepdims=True)
        rest = 1.0 - row.sum(axis=-1, keepdims=True) / total[:, None]
        mixed = row / total[:, None] + unseen * rest / np.where(share > 0, share, 1.0)
        lower = mixed / np.maximum(mixed.sum(axis=-1, keepdims=True), 1e-300)
    return lower
