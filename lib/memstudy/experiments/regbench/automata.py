"""Random automata of RegBench: drawn, trimmed, minimised, asked and sampled from.

An automaton is an environment: a language over up to 18 letters that a model must infer from the
strings in its context. All states accept, so a string belongs to the language if and only if every
letter follows an edge; the probabilistic automaton leaves each state by one of its edges with equal
probability. An automaton here is always trimmed, minimal and numbered in one canonical order, so
that two automata are equal (``==``) exactly when their languages are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

PAD = 0
LETTERS = "abcdefghijklmnopqr"  # tokens 1..18
DELIMITER = 19
SYMBOLS = "." + LETTERS + "|"  # the token of a symbol is its place here
N_TOKENS = len(SYMBOLS)

Edges = Sequence[Mapping[int, int]]  # one mapping a state: token of the letter -> next state


@dataclass(frozen=True)
class AutomatonRecipe:
    """Distribution of the random automata; every range includes both ends."""

    states: tuple[int, int] = (4, 12)  # before trimming and minimising
    letters: tuple[int, int] = (4, 18)  # size of the automaton's alphabet
    edges: tuple[int, int] = (1, 3)  # leaving each state

    def __post_init__(self) -> None:
        most = min(self.states[0] - 1, self.letters[0])
        if not 1 <= self.edges[0] <= self.edges[1] <= most:
            raise ValueError(
                f"edges {self.edges}: a state has at least 1 edge and at most {most} (each edge "
                "has its own letter and its own target other than the state itself)"
            )
        if self.states[0] > self.states[1]:
            raise ValueError(f"states {self.states}: the range is empty")
        if not self.letters[0] <= self.letters[1] <= len(LETTERS):
            raise ValueError(f"letters {self.letters}: the range must lie within 1..{len(LETTERS)}")


@dataclass(frozen=True)
class Automaton:
    """Trimmed minimal automaton; state 0 is the start; make one with :func:`minimal`."""

    edges: tuple[tuple[tuple[int, int], ...], ...]  # per state: (token, next state), by token

    @property
    def n_states(self) -> int:
        return len(self.edges)

    @property
    def letters(self) -> tuple[int, ...]:
        """Tokens of the letters that occur on some edge, ascending."""
        return tuple(sorted({token for edges in self.edges for token, _ in edges}))

    def state_after(self, string: Sequence[int]) -> int | None:
        """State that a string (tokens of letters) leads to; None if it is not in the language."""
        state: int | None = 0
        for token in string:
            state = dict(self.edges[state]).get(token)
            if state is None:
                return None
        return state

    def accepts(self, string: Sequence[int]) -> bool:
        """Whether a string (tokens of letters) belongs to the language."""
        return self.state_after(string) is not None

    def state_distributions(self) -> np.ndarray:
        """Next-letter distribution in every state, uniform over its edges.

        Returns:
            float64 array (n_states, N_TOKENS); rows sum to 1, padding and delimiter have 0.
        """
        table = np.zeros((self.n_states, N_TOKENS))
        for state, edges in enumerate(self.edges):
            for token, _ in edges:
                table[state, token] = 1.0 / len(edges)
        return table

    def next_letter(self, prefix: Sequence[int]) -> np.ndarray:
        """Exact distribution of the letter after ``prefix``: array (N_TOKENS,).

        Raises:
            ValueError: the prefix is not in the language.
        """
        state = self.state_after(prefix)
        if state is None:
            raise ValueError(f"{decode(prefix)!r} is not in the language: nothing can follow it")
        return self.state_distributions()[state]

    def walk(self, choices: Sequence[float]) -> tuple[list[int], list[int]]:
        """String that uniform numbers choose: number ``u`` takes edge ``floor(u * n_edges)``.

        Args:
            choices: numbers in [0, 1), one a letter.

        Returns:
            Tokens of the string, and the state after each of them.
        """
        state = 0
        tokens, states = [], []
        for choice in choices:
            edges = self.edges[state]
            token, state = edges[int(choice * len(edges))]
            tokens.append(token)
            states.append(state)
        return tokens, states

    def sample(self, length: int, generator: np.random.Generator) -> list[int]:
        """A random string of ``length`` letters, as tokens."""
        return self.walk(generator.random(length).tolist())[0]


def encode(text: str) -> list[int]:
    """Tokens of a text such as ``"abc|da"``; ValueError for a character outside ``SYMBOLS``."""
    unknown = sorted(set(text) - set(SYMBOLS))
    if unknown:
        raise ValueError(f"no token for {unknown}; the symbols are {SYMBOLS!r}")
    return [SYMBOLS.index(symbol) for symbol in text]


def decode(tokens: Sequence[int]) -> str:
    """Text of tokens, the inverse of :func:`encode`."""
    return "".join(SYMBOLS[token] for token in tokens)


def draw_edges(generator: np.random.Generator, recipe: AutomatonRecipe) -> list[dict[int, int]]:
    """Edges of a random automaton before trimming and minimising.

    The numbers of states and letters are uniform. Each state gets a uniform number of edges with
    distinct letters of the alphabet and distinct targets, itself excluded.
    """
    n_states = int(generator.integers(*recipe.states, endpoint=True))
    n_letters = int(generator.integers(*recipe.letters, endpoint=True))
    alphabet = 1 + generator.permutation(len(LETTERS))[:n_letters]
    degrees = generator.integers(*recipe.edges, endpoint=True, size=n_states).tolist()
    # The ranks of random numbers are a random order: its first entries are a draw without repeats.
    letters = alphabet[generator.random((n_states, n_letters)).argsort(axis=1)].tolist()
    others = generator.random((n_states, n_states - 1)).argsort(axis=1)
    others += others >= np.arange(n_states)[:, None]  # skip the state itself
    return [
        dict(zip(tokens[:degree], targets[:degree], strict=True))
        for tokens, targets, degree in zip(letters, others.tolist(), degrees, strict=True)
    ]


def minimal(edges: Edges) -> Automaton:
    """Trimmed minimal automaton of the same language, in canonical numbering.

    Moore's partition refinement: states stay together while the same letters leave them towards
    the same blocks. All states accept, so trimming only drops states that cannot be reached from
    state 0. States are numbered in breadth-first order with letters ascending, which makes the
    result the same for every automaton of the language.

    Raises:
        ValueError: a state has no edge (no letter could follow), or a letter or target that does
            not exist.
    """
    for state, leaving in enumerate(edges):
        if not leaving:
            raise ValueError(f"state {state} has no edge: every string must be able to go on")
        if not all(0 < token <= len(LETTERS) for token in leaving):
            raise ValueError(f"state {state}: letters are the tokens 1..{len(LETTERS)}")
        if not all(0 <= target < len(edges) for target in leaving.values()):
            raise ValueError(f"state {state}: targets are the states 0..{len(edges) - 1}")
    ordered = [sorted(leaving.items()) for leaving in edges]
    blocks = _equivalent_states(ordered)
    order = [0]  # one state of every reachable block
    number = {blocks[0]: 0}
    table = []
    for state in order:  # grows while it is read
        for _, target in ordered[state]:
            if blocks[target] not in number:
                number[blocks[target]] = len(order)
                order.append(target)
        table.append(tuple((token, number[blocks[target]]) for token, target in ordered[state]))
    return Automaton(tuple(table))


def _equivalent_states(ordered: Sequence[Sequence[tuple[int, int]]]) -> list[int]:
    """Block of every state: equal for states from which the same strings can be read."""
    blocks = [0] * len(ordered)
    n_blocks = 1
    while True:
        names: dict[tuple, int] = {}
        blocks = [
            names.setdefault(tuple((token, blocks[target]) for token, target in edges), len(names))
            for edges in ordered
        ]
        if len(names) == n_blocks:
            return blocks
        n_blocks = len(names)


def random_automaton(
    generator: np.random.Generator, recipe: AutomatonRecipe | None = None
) -> Automaton:
    """A random automaton, trimmed and minimised (RegBench).

    Minimising can leave fewer states than were drawn, and can make loops where states merge.
    """
    return minimal(draw_edges(generator, recipe or AutomatonRecipe()))
