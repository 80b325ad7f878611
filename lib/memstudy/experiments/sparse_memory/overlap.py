"""How much of a reference stands in a text, so that copies can be kept from it (eq. 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

# A retrieved reference is discarded when it overlaps the text that asks for it by more than this.
EVALUATION_THRESHOLD = 2 / 3
TRAINING_THRESHOLD = 0.9


def overlap(text: Sequence[int], reference: Sequence[int]) -> float:
    """Share of a reference that occurs in a text, in order, within a short span.

    The longest sequence of tokens that is a subsequence of both, where its first and last token in
    the text are at most twice the reference's length apart; divided by the reference's length.

    Args:
        text: tokens.
        reference: tokens; an empty one overlaps nothing.

    Returns:
        A number from 0 to 1, which is 1 for a text that contains the reference.
    """
    if not reference:
        return 0.0
    places: dict[int, int] = defaultdict(int)  # token: bits of its places in the reference
    for place, token in enumerate(reference):
        places[token] |= 1 << place
    # Tokens that the reference lacks never count, but they take up room in the span.
    shared = [(index, places[token]) for index, token in enumerate(text) if token in places]
    longest, span = 0, 2 * len(reference)
    for number, (begin, _) in enumerate(shared):
        within = [
            bits for index, bits in shared[number : number + span + 1] if index <= begin + span
        ]
        if len(within) > longest:
            longest = max(longest, _common_subsequence(within, len(reference)))
        if longest == len(reference):
            break
    return longest / len(reference)


def without_copies(
    text: Sequence[int],
    candidates: Iterable[int],
    references: Sequence[Sequence[int]],
    n: int,
    threshold: float = EVALUATION_THRESHOLD,
) -> tuple[list[int], int]:
    """The first ``n`` candidates that are no copies of the text.

    Args:
        text: tokens of the text that asks, all of it that may be scored.
        candidates: ids of retrieved references, the best first; more than ``n``, in case some go.
        references: tokens of every reference, by id.
        n: how many to take.
        threshold: an overlap above this discards a candidate.

    Returns:
        The ids, fewer than ``n`` if the candidates run out, and how many were discarded on the way.
    """
    taken: list[int] = []
    discarded = 0
    for candidate in candidates:
        if len(taken) == n:
            break
        if overlap(text, references[candidate]) > threshold:
            discarded += 1
        else:
            taken.append(candidate)
    return taken, discarded


def _common_subsequence(text: Iterable[int], length: int) -> int:
    """Length of the longest common subsequence, by bits (Hyyrö 2004).

    Args:
        text: for each token of the text the bits of its places in the other sequence.
        length: of the other sequence.
    """
    every = (1 << length) - 1
    open_ = every  # a bit is cleared where the common subsequence grows by one
    for bits in text:
        matched = open_ & bits
        open_ = ((open_ + matched) | (open_ - matched)) & every
    return length - open_.bit_count()
