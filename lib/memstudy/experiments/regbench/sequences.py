"""Sequences of strings, and their splits out of and in distribution.

One sequence is a row of random strings of one automaton, joined by the delimiter. Out of
distribution (Fig. 11), each training, validation and test sequence has an automaton, and thus a
language, of its own: the size of the training set is the number of environments. In distribution
(Table 4), validation and test hold new sequences of the training automata.

Every automaton and every sequence has a child seed of its own, named by split and index. Thus a
larger training set begins with the smaller one, and validation and test stay the same beside
training sets of all sizes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from memstudy.core import seeds
from memstudy.experiments.regbench.automata import (
    DELIMITER,
    N_TOKENS,
    PAD,
    Automaton,
    AutomatonRecipe,
    random_automaton,
)
from memstudy.nn.targets import IGNORED

MOST_REPEATS = (
    1000  # candidates in a row that are not new, until the search for new ones is given up
)


@dataclass(frozen=True)
class SequenceRecipe:
    """Distribution of the sequences; every range includes both ends."""

    strings: tuple[int, int] = (10, 19)  # in one sequence
    letters: tuple[int, int] = (1, 49)  # in one string

    def __post_init__(self) -> None:
        for name in ("strings", "letters"):
            low, high = getattr(self, name)
            if not 1 <= low <= high:
                raise ValueError(f"{name} ({low}, {high}): need 1 <= lowest <= highest")

    @property
    def longest(self) -> int:
        """Most tokens that a sequence can have (949 in the paper)."""
        return self.strings[1] * (self.letters[1] + 1) - 1


@dataclass(frozen=True, eq=False)
class Split:
    """Sequences of one split, padded at the right to its longest."""

    automata: tuple[Automaton, ...]  # all different
    owners: np.ndarray  # (sequences,) place in ``automata`` of each sequence's automaton
    tokens: np.ndarray  # (sequences, longest) uint8, PAD after the end
    states: np.ndarray  # (sequences, longest) int8, state of the automaton after each token

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def lengths(self) -> np.ndarray:
        """Number of tokens of every sequence: (sequences,)."""
        return (self.tokens != PAD).sum(axis=1)

    @property
    def inputs(self) -> np.ndarray:
        """What a model reads: all tokens but the last, (sequences, longest - 1).

        The last token of each sequence is a label only, so it is padding here.
        """
        return np.where(self.tokens[:, 1:] == PAD, PAD, self.tokens[:, :-1])

    @property
    def labels(self) -> np.ndarray:
        """What a model is trained to say: int64 (sequences, longest - 1).

        The next token, or ``IGNORED`` where that is the delimiter or padding: the end of a string
        is random, and is never asked for.
        """
        following = self.tokens[:, 1:].astype(np.int64)
        following[(following == DELIMITER) | (following == PAD)] = IGNORED
        return following

    def distributions(self, rows: slice | Sequence[int] = slice(None)) -> np.ndarray:
        """Exact distribution of the next letter after every input token of the sequences ``rows``.

        At the end of a string it is the distribution of the letter that would have followed.

        Args:
            rows: the sequences wanted. All of a large split need much memory (160 bytes a token).

        Returns:
            float64 array (rows, longest - 1, N_TOKENS); zero at padding.
        """
        used, owners = np.unique(self.owners[rows], return_inverse=True)
        automata = [self.automata[place] for place in used]
        tables = np.zeros((len(automata), max(a.n_states for a in automata), N_TOKENS))
        for table, automaton in zip(tables, automata, strict=True):
            table[: automaton.n_states] = automaton.state_distributions()
        exact = tables[owners[:, None], self.states[rows, :-1]]  # (rows, time, tokens)
        exact[self.tokens[rows, 1:] == PAD] = 0.0
        return exact


def facts_of(split: Split) -> dict[str, Any]:
    """Numbers that name a split in the record of a run, and the SHA-256 of its tokens."""
    return {
        "sequences": len(split),
        "automata": len(split.automata),
        "tokens": int(split.lengths.sum()),
        "longest": int(split.lengths.max()),
        "sha256": hashlib.sha256(np.ascontiguousarray(split.tokens)).hexdigest(),
    }


@dataclass(frozen=True)
class Splits:
    """What a model is trained, chosen and tested on."""

    train: Split
    validation: Split
    test: Split


def distinct_automata(
    count: int,
    base_seed: int,
    name: str,
    taken: set[Automaton],
    recipe: AutomatonRecipe | None = None,
) -> list[Automaton]:
    """The first ``count`` automata of the stream ``name`` that are new; adds them to ``taken``.

    Small languages such as a* are drawn again and again. Automata are compared in minimal form, so
    that one language never occurs twice, within a split or in two of them.

    Raises:
        ValueError: the recipe does not have so many languages.
    """
    found: list[Automaton] = []
    index = repeats = 0
    while len(found) < count:
        generator = seeds.numpy_generator(base_seed, f"regbench/{name}/automata", index)
        index += 1
        automaton = random_automaton(generator, recipe)
        if automaton not in taken:
            taken.add(automaton)
            found.append(automaton)
            repeats = 0
        elif (repeats := repeats + 1) == MOST_REPEATS:
            raise ValueError(
                f"found only {len(found)} of {count} different automata: ask for fewer, or allow "
                "more states or letters"
            )
    return found


def sample_sequence(
    automaton: Automaton, generator: np.random.Generator, recipe: SequenceRecipe
) -> tuple[list[int], list[int]]:
    """One sequence: tokens of random strings joined by the delimiter, and the state after each.

    There is no delimiter before the first string or after the last. After a delimiter the automaton
    is in its start state.
    """
    n_strings = int(generator.integers(*recipe.strings, endpoint=True))
    lengths = generator.integers(*recipe.letters, endpoint=True, size=n_strings).tolist()
    choices = generator.random(sum(lengths)).tolist()
    tokens: list[int] = []
    states: list[int] = []
    begin = 0
    for length in lengths:
        string, visited = automaton.walk(choices[begin : begin + length])
        begin += length
        tokens += [*string, DELIMITER]
        states += [*visited, 0]
    return tokens[:-1], states[:-1]


def sample_split(
    automata: Sequence[Automaton],
    owners: Sequence[int],
    base_seed: int,
    name: str,
    recipe: SequenceRecipe | None = None,
) -> Split:
    """Sequences of the stream ``name``, sequence i from the automaton ``automata[owners[i]]``."""
    recipe = recipe or SequenceRecipe()
    tokens = np.full((len(owners), recipe.longest), PAD, dtype=np.uint8)
    states = np.zeros((len(owners), recipe.longest), dtype=np.int8)
    longest = 0
    for row, owner in enumerate(owners):
        generator = seeds.numpy_generator(base_seed, f"regbench/{name}/sequences", row)
        sequence, visited = sample_sequence(automata[owner], generator, recipe)
        tokens[row, : len(sequence)] = sequence
        states[row, : len(sequence)] = visited
        longest = max(longest, len(sequence))
    return Split(
        tuple(automata),
        np.asarray(owners, dtype=np.int64),
        tokens[:, :longest].copy(),
        states[:, :longest].copy(),
    )


def out_of_distribution(
    n_train: int,
    n_validation: int,
    n_test: int,
    base_seed: int,
    automaton_recipe: AutomatonRecipe | None = None,
    sequence_recipe: SequenceRecipe | None = None,
) -> Splits:
    """Splits of Fig. 11: one sequence an automaton, no language in two splits or twice in one.

    Test and validation choose their automata first, so that they do not depend on ``n_train``. The
    paper's sizes are 100, 500, 1000, 2500 and 40,000 for training and 250 each for the others.
    """
    taken: set[Automaton] = set()
    splits = {}
    for name, count in (("test", n_test), ("validation", n_validation), ("train", n_train)):
        if count < 1:
            raise ValueError(f"{name} needs at least one sequence, not {count}")
        automata = distinct_automata(count, base_seed, name, taken, automaton_recipe)
        splits[name] = sample_split(automata, range(count), base_seed, name, sequence_recipe)
    return Splits(**splits)


def in_distribution(
    train: Split,
    n_validation: int,
    n_test: int,
    base_seed: int,
    sequence_recipe: SequenceRecipe | None = None,
) -> Splits:
    """Splits of Table 4: validation and test are new sequences of the training automata.

    The automata are taken in turn, so that 100 sequences of 100 automata hold each of them once.
    """
    splits = {}
    for name, count in (("validation", n_validation), ("test", n_test)):
        if count < 1:
            raise ValueError(f"{name} needs at least one sequence, not {count}")
        owners = [row % len(train.automata) for row in range(count)]
        stream = f"in-distribution/{name}"
        splits[name] = sample_split(train.automata, owners, base_seed, stream, sequence_recipe)
    return Splits(train=train, **splits)
