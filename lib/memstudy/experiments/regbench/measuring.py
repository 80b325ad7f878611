"""What is measured on a model, or on a predictor without training, that reads the test sequences.

Rows: ``accuracy`` and ``tvd`` of each split and scoring convention (``part``); the same by position
in the sequence and by number of finished strings, with the number of positions behind each; and the
predicted distributions of the first test sequence, to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from memstudy.experiments.regbench import metrics
from memstudy.experiments.regbench.automata import DELIMITER, PAD
from memstudy.experiments.regbench.sequences import Split

# Tokens (sequences, time), padded at the right, to predictions (sequences, time, tokens).
Predict = Callable[[np.ndarray], np.ndarray]

TEST = "test"  # sequences of unseen automata (Fig. 11)
TEST_IN = "test in distribution"  # new sequences of the training automata (Table 4)
POSITION, STRINGS = "position", "finished strings"  # by what the scores are split up
BIN = 16  # positions of a bin
SHOWN = 48  # positions of the first test sequence whose predictions are kept
AT_ONCE = 16  # sequences a forward pass

Row = dict[str, Any]


@dataclass(frozen=True)
class PositionScores:
    """Both measures at every input of a split, (sequences, time) each."""

    inputs: np.ndarray  # tokens that were read
    labels: np.ndarray  # next tokens, IGNORED at string ends and padding
    legal: np.ndarray  # bool: the likeliest token can follow
    ties: np.ndarray  # bool: more than one token is likeliest
    tvd: np.ndarray  # total variation distance to the exact distribution

    @property
    def finished_strings(self) -> np.ndarray:
        """How many strings have ended before each predicted letter: (sequences, time)."""
        return (self.inputs == DELIMITER).cumsum(axis=1)


def scores_of(split: Split, predict: Predict) -> PositionScores:
    """Both measures of a predictor at every position.

    Sequences of similar length are read together, without the padding to the longest of all.

    Args:
        split: the sequences.
        predict: the predictor.

    Raises:
        ValueError: a prediction is no distribution.
    """
    inputs, labels, lengths = split.inputs, split.labels, split.lengths
    legal, ties = np.zeros(inputs.shape, bool), np.zeros(inputs.shape, bool)
    tvd = np.zeros(inputs.shape)
    order = np.argsort(lengths, kind="stable")
    for first in range(0, len(order), AT_ONCE):
        rows = order[first : first + AT_ONCE]
        time = lengths[rows].max() - 1
        predicted, exact = predict(inputs[rows, :time]), split.distributions(rows)[:, :time]
        metrics.require_distributions(predicted[inputs[rows, :time] != PAD])
        legal[rows, :time] = metrics.likeliest_is_legal(predicted, exact)
        ties[rows, :time] = metrics.likeliest_tokens(predicted).sum(axis=-1) > 1
        tvd[rows, :time] = metrics.total_variation(predicted, exact)
    return PositionScores(inputs, labels, legal, ties, tvd)


def rows_of(scores: PositionScores, split: str, in_detail: bool = True) -> list[Row]:
    """Scores as long rows without model and seed.

    Args:
        scores: of every position.
        split: its name.
        in_detail: also by position and by finished strings, at every position that counts in the
            published figures.
    """
    rows: list[Row] = []
    for convention in metrics.CONVENTIONS:
        counts = metrics.scored_positions(scores.inputs, scores.labels, convention)
        said = {"split": split, "part": convention}
        rows += [
            {"metric": "accuracy", "value": float(scores.legal[counts].mean())} | said,
            {"metric": "tvd", "value": float(scores.tvd[counts].mean())} | said,
            {"metric": "ties", "value": float(scores.ties[counts].mean())} | said,
            {"metric": "positions", "value": float(counts.sum())} | said,
        ]
    if not in_detail:
        return rows
    bins = np.broadcast_to(np.arange(scores.inputs.shape[1]) // BIN * BIN, scores.inputs.shape)
    for by, groups in ((POSITION, bins), (STRINGS, scores.finished_strings)):
        rows += [row | {"split": split} for row in grouped(scores, by, groups)]
    return rows


def grouped(scores: PositionScores, by: str, groups: np.ndarray) -> list[Row]:
    """Mean scores of the positions of every group.

    Args:
        scores: of every position.
        by: what the groups are: ``POSITION`` or ``STRINGS``.
        groups: (sequences, time) number of the group of every position.
    """
    counts = metrics.scored_positions(scores.inputs, scores.labels, metrics.EVERY_POSITION)
    sizes = np.bincount(groups[counts])
    sums = {
        "accuracy": np.bincount(groups[counts], weights=scores.legal[counts]),
        "tvd": np.bincount(groups[counts], weights=scores.tvd[counts]),
    }
    rows: list[Row] = []
    for group in np.flatnonzero(sizes):
        said = {"part": by, "position": int(group)}
        rows.append({"metric": f"positions by {by}", "value": float(sizes[group])} | said)
        rows += [
            {"metric": f"{metric} by {by}", "value": float(total[group] / sizes[group])} | said
            for metric, total in sums.items()
        ]
    return rows


def shown_predictions(split: Split, predict: Predict) -> list[Row]:
    """Predicted distributions along the beginning of the first sequence, one row a token."""
    inputs = split.inputs[:1, : min(SHOWN, split.lengths[0] - 1)]
    predicted = predict(inputs)[0]  # (time, tokens)
    return [
        {"metric": "predicted", "part": str(token), "position": place, "value": float(value)}
        for place, distribution in enumerate(predicted)
        for token, value in enumerate(distribution)
    ]
