"""Finding references for a chunk of text: by shared tokens (BM25) or by vectors (cosine).

Both searches are exact, and of equal scores the smaller id comes first.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np


class LexicalIndex:
    """Okapi BM25 over token ids (Robertson and Zaragoza 2009), with idf = ln(1 + (N-n+½)/(n+½)).

    Args:
        references: tokens of each reference; its place in the sequence is its id.
        saturation: k₁, how soon repetitions of a token stop counting.
        length_penalty: b, from 0 (long references are not held back) to 1.

    Raises:
        ValueError: no references.
    """

    def __init__(
        self,
        references: Sequence[Sequence[int]],
        saturation: float = 1.5,
        length_penalty: float = 0.75,
    ):
        if not references:
            raise ValueError("there are no references to search")
        self.size = len(references)
        lengths = np.array([len(reference) for reference in references])
        room = saturation * (1 - length_penalty + length_penalty * lengths / lengths.mean())
        postings: dict[int, list[tuple[int, int]]] = {}
        for number, reference in enumerate(references):
            for token, count in Counter(reference).items():
                postings.setdefault(token, []).append((number, count))
        # For each token the references that have it, and what it adds to their score.
        self._postings: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        for token, found in postings.items():
            ids, counts = np.array(found).T
            rarity = math.log(1 + (self.size - len(ids) + 0.5) / (len(ids) + 0.5))
            weight = rarity * counts * (saturation + 1) / (counts + room[ids])
            self._postings[token] = (ids, weight)

    def scores(self, query: Sequence[int]) -> np.ndarray:
        """(references,) score of every reference; a repeated token of the query counts again."""
        found = [self._postings[token] for token in query if token in self._postings]
        if not found:
            return np.zeros(self.size)
        ids, weights = (np.concatenate(part) for part in zip(*found, strict=True))
        return np.bincount(ids, weights, minlength=self.size)

    def search(self, queries: Sequence[Sequence[int]], n: int) -> np.ndarray:
        """(queries, n) ids of the best references for each query, the best first."""
        return best(np.stack([self.scores(query) for query in queries]), n)


class CosineIndex:
    """References by the cosine between their vectors and the query's.

    Args:
        vectors: (references, width) embeddings; their lengths do not matter.
    """

    def __init__(self, vectors: np.ndarray):
        self._units = _unit(np.asarray(vectors))
        self.size = len(self._units)

    def scores(self, queries: np.ndarray) -> np.ndarray:
        """(queries, width) to (queries, references) cosines."""
        return _unit(np.asarray(queries)) @ self._units.T

    def search(self, queries: np.ndarray, n: int, batch: int = 1024) -> np.ndarray:
        """(queries, n) ids of the nearest references for each query, the nearest first.

        Args:
            queries: (queries, width).
            n: how many.
            batch: queries whose scores exist at one time.
        """
        starts = range(0, len(queries), batch)
        return np.concatenate([best(self.scores(queries[i : i + batch]), n) for i in starts])


def best(scores: np.ndarray, n: int) -> np.ndarray:
    """Columns of the ``n`` highest scores of each row, the highest first.

    Args:
        scores: (rows, columns).
        n: how many, at most columns.

    Returns:
        (rows, n) integers; of equal scores the earlier column comes first.

    Raises:
        ValueError: more asked than there is.
    """
    if n > scores.shape[1]:
        raise ValueError(f"{n} references asked, but there are {scores.shape[1]}")
    return np.argsort(-scores, axis=1, kind="stable")[:, :n]


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, np.finfo(vectors.dtype).tiny)
