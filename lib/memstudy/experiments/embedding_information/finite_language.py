"""A finite language with many inputs and few continuations (BM-16); torch is not needed here.

A sentence is ``length`` letters and one continuation, which agrees with the first letter as a verb
does with its subject, whatever stands between them. All ``letters ** length`` inputs occur, each
equally often. A start symbol stands before the first letter: without it, transformers with rotary
positions could not tell where in "aaa" they are. The least possible loss of both objectives is
known:

- next token: the letters are independent of each other, ln ``letters`` nats each, and the
  continuation follows from the input, 0 nats. What the vector of the last letter has to tell is the
  continuation and nothing else.
- regeneration: 0 nats, for which the vectors of any two inputs must differ.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from memstudy.study import Results

ARM = "finite_language"
ENCODERS = ("untrained", "causal", "autoencoder")


@dataclass(frozen=True)
class FiniteConfig:
    """Everything that determines a run, but the seed."""

    letters: int = 4  # symbols an input is made of
    length: int = 3  # letters of an input
    continuations: int = 4  # symbols that can follow an input; letter i takes i modulo their number
    d_model: int = 32  # width of encoder and decoder, which are transformers (Llama)
    n_heads: int = 2
    n_blocks: int = 2  # of each
    steps: int = 4000  # updates, each on all inputs
    learning_rate: float = 3e-3  # of AdamW at the end of the warm-up; then linearly to 0
    warmup_steps: int = 50
    weight_decay: float = 0.1  # of AdamW: what is not needed fades

    def __post_init__(self) -> None:
        """Refuse languages in which continuations cannot be equally frequent (ValueError)."""
        if self.letters % self.continuations:
            raise ValueError(
                f"{self.letters} letters cannot be shared out equally to {self.continuations} "
                "continuations; choose a divisor"
            )

    @property
    def inputs(self) -> int:
        """Number of different inputs."""
        return self.letters**self.length

    @property
    def symbols(self) -> int:
        """Letters, continuations, and the start."""
        return self.letters + self.continuations + 1

    @property
    def ambiguity(self) -> float:
        """Nats that the continuation leaves open of its input: ln(inputs / continuations)."""
        return math.log(self.inputs / self.continuations)


def language(config: FiniteConfig) -> tuple[np.ndarray, np.ndarray]:
    """All inputs, (inputs, length), and the continuation of each, (inputs,), from 0 on."""
    inputs = np.array(list(itertools.product(range(config.letters), repeat=config.length)))
    return inputs, inputs[:, 0] % config.continuations


def class_means(vectors: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Each vector replaced by the mean of those of its class: (inputs, d)."""
    return np.stack([vectors[classes == found].mean(0) for found in classes])


def spread_within(vectors: np.ndarray, classes: np.ndarray) -> float:
    """Share of the vectors' variance that lies within the classes.

    0: inputs with equal continuations have equal vectors. With classes that mean nothing it is
    about (N - K) / (N - 1) for N inputs and K classes.
    """
    within = np.square(vectors - class_means(vectors, classes)).sum()
    return float(within / np.square(vectors - vectors.mean(0)).sum())


def least_distance(vectors: np.ndarray) -> float:
    """Distance of the two closest vectors in units of the root-mean-square distance of all pairs.

    0 where two inputs have one vector: then no decoder can tell them apart.
    """
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)  # (inputs, inputs)
    pairs = apart[np.triu_indices(len(vectors), 1)]
    return float(pairs.min() / np.sqrt(np.square(pairs).mean()))


def measured(results: Results, metric: str, encoder: str) -> np.ndarray:
    """A recorded number of every run: (runs,)."""
    table = results.select(metric=metric, model=ARM, part=encoder)
    return table.sort_values("seed")["value"].to_numpy()


def shown_vectors(results: Results, encoder: str) -> tuple[np.ndarray, np.ndarray]:
    """The first run's vectors on their two main axes, (inputs, 2), and the continuations."""
    seed = results.seeds_of(ARM)[0]
    axes = [
        results.select(metric=f"axis_{axis}", model=ARM, part=encoder, seed=seed)
        .sort_values("position")["value"]
        .to_numpy()
        for axis in (1, 2)
    ]
    return np.stack(axes, axis=1), language(results.profile.finite)[1]
