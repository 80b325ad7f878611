"""How near a predicted distribution is to the automaton's: accuracy and total variation distance.

The accuracy asks whether the likeliest token is a legal continuation of the current string: any
edge counts, not only the one that was sampled. The total variation distance (TVD) is half the L1
distance to the exact distribution; the official log holds the L1 distance without the half, both
published figures are halved. Both are means over positions, so that long sequences weigh more.

The official code scores in two ways, which differ at the ends of strings alone:

``EVERY_POSITION``
    Every input position, at string ends too, where the distribution is that of the letter which
    would have gone on. The plotting code of the published figures does this.
``STRING_GOES_ON``
    Only positions whose next token is a letter. The training script does this: those are the
    positions that a model is trained on.

Positions after a delimiter, where the first letter of a string is to be said, count in both. The
very first token of a sequence is an input only, and is predicted in neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memstudy.experiments.regbench.automata import PAD
from memstudy.nn.targets import IGNORED

EVERY_POSITION = "every position"
STRING_GOES_ON = "string goes on"
CONVENTIONS = (EVERY_POSITION, STRING_GOES_ON)


@dataclass(frozen=True)
class Scores:
    """Sums over scored positions; add those of batches, then read the means."""

    n_positions: int
    n_legal: int  # the likeliest token, the lowest of tied ones, is legal
    legal_by_chance: float  # the same sum, if ties are broken at random
    n_ties: int  # more than one token is likeliest
    variation: float  # sum of the total variation distances

    @property
    def accuracy(self) -> float:
        """Share of positions whose likeliest token is a legal continuation."""
        return self.n_legal / self.n_positions

    @property
    def accuracy_with_random_ties(self) -> float:
        """Expected accuracy when one of the tied likeliest tokens is chosen at random."""
        return self.legal_by_chance / self.n_positions

    @property
    def ties(self) -> float:
        """Share of positions where the likeliest token is not unique."""
        return self.n_ties / self.n_positions

    @property
    def tvd(self) -> float:
        """Mean total variation distance, in [0, 1]."""
        return self.variation / self.n_positions

    def __add__(self, other: Scores) -> Scores:
        return Scores(
            self.n_positions + other.n_positions,
            self.n_legal + other.n_legal,
            self.legal_by_chance + other.legal_by_chance,
            self.n_ties + other.n_ties,
            self.variation + other.variation,
        )


def scored_positions(inputs: np.ndarray, labels: np.ndarray, convention: str) -> np.ndarray:
    """Which positions count.

    Args:
        inputs: tokens that were read, (sequences, time).
        labels: next tokens with ``IGNORED`` at string ends and padding, (sequences, time).
        convention: ``EVERY_POSITION`` or ``STRING_GOES_ON``.

    Returns:
        bool array (sequences, time).
    """
    if convention == EVERY_POSITION:
        return inputs != PAD
    if convention == STRING_GOES_ON:
        return labels != IGNORED
    raise ValueError(f"convention {convention!r}: need one of {CONVENTIONS}")


def total_variation(predicted: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Half the L1 distance of distributions (..., tokens), at every position: array (...)."""
    return 0.5 * np.abs(predicted - exact).sum(axis=-1)


def likeliest_is_legal(predicted: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Whether the likeliest token (the lowest of tied ones) can follow: bool array (...).

    Args:
        predicted: probabilities or logits, (..., tokens).
        exact: distribution of the automaton, (..., tokens).
    """
    best = predicted.argmax(axis=-1)[..., None]
    return np.take_along_axis(exact, best, axis=-1)[..., 0] > 0


def likeliest_tokens(predicted: np.ndarray) -> np.ndarray:
    """All tokens that share the highest value, bit for bit: bool array (..., tokens)."""
    return predicted == predicted.max(axis=-1, keepdims=True)


def require_distributions(rows: np.ndarray, name: str = "predicted") -> None:
    """Raise ValueError unless every row of (..., tokens) is a distribution."""
    if not (np.allclose(rows.sum(axis=-1), 1.0, atol=1e-3) and (rows >= 0).all()):
        raise ValueError(f"{name}: every scored position needs probabilities that sum to 1")


def score(predicted: np.ndarray, exact: np.ndarray, scored: np.ndarray) -> Scores:
    """Scores of predicted distributions at the positions ``scored``.

    Args:
        predicted: probabilities over all tokens, (sequences, time, tokens).
        exact: distributions of the automata, same shape.
        scored: bool array (sequences, time), see :func:`scored_positions`.

    Raises:
        ValueError: shapes differ, or a scored row is no distribution (logits, or padding).
    """
    if predicted.shape != exact.shape or scored.shape != exact.shape[:-1]:
        raise ValueError(
            f"shapes differ: predicted {predicted.shape}, exact {exact.shape}, "
            f"scored {scored.shape}; need (sequences, time, tokens) twice and (sequences, time)"
        )
    predicted, exact = predicted[scored].astype(np.float64), exact[scored]  # (positions, tokens)
    require_distributions(predicted, "predicted")
    require_distributions(exact, "exact")
    tied = likeliest_tokens(predicted)
    n_tied = tied.sum(axis=-1)
    return Scores(
        n_positions=len(exact),
        n_legal=int(likeliest_is_legal(predicted, exact).sum()),
        legal_by_chance=float(((tied & (exact > 0)).sum(axis=-1) / n_tied).sum()),
        n_ties=int((n_tied > 1).sum()),
        variation=float(total_variation(predicted, exact).sum()),
    )
