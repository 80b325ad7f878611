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

import numpy as np

from memstudy.experiments.regbench.automata import PAD
from memstudy.nn.targets import IGNORED

EVERY_POSITION = "every position"
STRING_GOES_ON = "string goes on"
CONVENTIONS = (EVERY_POSITION, STRING_GOES_ON)


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
