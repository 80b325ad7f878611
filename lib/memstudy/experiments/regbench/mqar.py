"""Multi-query associative recall (MQAR): which value stood beside this key? Torch not needed here.

A sequence of eight symbols with two pairs, keys 2 and 5, values 9 and 11, 0 a blank:

    inputs    2  9   5 11   5  0   2  0
    answers                11      9

Everything below is from the data generator of the zoology benchmark (Arora et al. 2023, "Zoology:
measuring and improving recall in efficient language models"), read in its public code:

- The pairs stand first, without gaps. Keys are drawn from the symbols 1 .. V/2 - 1 and values from
  V/2 .. V - 1, without repetition, anew for every sequence.
- After n pairs the rest of the sequence is cut into (length - 2n) / 2 slots of two symbols. Every
  key is asked for once, at the beginning of a slot; slots are drawn one after the other without
  repetition, the i-th with probability proportional to i^(power - 1). The power 0.01 crowds the
  queries behind the pairs (the *gap* of the benchmark counts slots from there); 1 spreads them.
- At a query the model has to predict the value; the value itself does not follow in the input, so
  no answer ever helps with another one. Nothing else is asked or trained.
- Sizes of its Fig. 2: 4, 8, 16, 64 pairs in 64, 128, 256, 512 symbols, V = 8,192, d_model 64 to
  512, two layers, 100,000 training and 3,000 test sequences of one size, 64 epochs, four learning
  rates from 1e-4 to 1e-2. Later settings mix sizes in training and report by number of pairs, as is
  done here.

Different here, and why:

- There the n-th pair takes the slot that was drawn n-th, so that early pairs tend to be asked for
  early: knowing only that, one guesses right in 29 % instead of 25 % of the cases at 4 pairs, 6.6 %
  instead of 3.1 % at 32 pairs in 128 symbols. Here pairs are assigned to slots at random, and
  1 / n is the best guess without looking up.
- Where nobody asks stand blanks, as in the settings of Fig. 2 that the public code has now, or
  random symbols (the generator's default). Which of them made the published figure could not be
  confirmed. There random symbols may be any of the V, keys of the sequence included; here never
  those, so that a key occurs twice: in its pair and in its query.
- Every training sequence is new; there is no training set to over-fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memstudy.core import seeds
from memstudy.experiments.regbench.architecture_config import NAMES

if TYPE_CHECKING:
    from memstudy.experiments.regbench.architecture_config import ArchitectureConfig

ARMS = {f"mqar_{name}": name for name in NAMES}  # architecture of each arm
BLANK = 0  # stands where nothing else does; never a key or a value
FILLERS = ("blank", "random")
EVALUATION_SEED = 0  # all models are tested on the same sequences
UNASKED = -1


@dataclass(frozen=True, kw_only=True)
class MqarConfig:
    """Everything that determines a run, but the seed."""

    architecture: ArchitectureConfig  # of the model
    vocabulary: int = 8192  # symbols: a blank, keys in the lower half, values in the upper half
    length: int = 256  # symbols of a sequence; even
    pairs: tuple[int, ...] = (4, 8, 16, 32, 64)  # in training, in equal shares of every batch
    evaluation_pairs: tuple[int, ...] = (4, 8, 16, 32, 64)  # one test set for each
    power: float = 0.01  # of the law of the slots; 1: uniform
    filler: str = "blank"  # where nobody asks: "blank" or "random" symbols
    batch_size: int = 64  # sequences a step, all new
    steps: int = 10_000  # updates
    learning_rate: float = 1e-3  # of AdamW at the end of the warm-up
    warmup_steps: int = 100  # linear from 0; then a cosine down to 0
    weight_decay: float = 0.0  # every sequence is new: there is nothing to over-fit
    evaluate_every: int = 500  # steps between two tests; one before the first step, one at the end
    evaluation_sequences: int = 512  # sequences of each test set

    def __post_init__(self) -> None:
        """Refuse tasks that cannot be drawn (ValueError)."""
        if self.length % 2 or self.length < 4:
            raise ValueError(f"length is {self.length}; it must be even and at least 4")
        if self.filler not in FILLERS:
            raise ValueError(f"unknown filler {self.filler!r}; choose one of {', '.join(FILLERS)}")
        if not self.power > 0:
            raise ValueError(f"power is {self.power}; it must be positive")
        if not (self.pairs and self.evaluation_pairs):
            raise ValueError("pairs and evaluation_pairs need at least one number each")
        for pairs in (*self.pairs, *self.evaluation_pairs):
            self._check(pairs)
        if self.batch_size < len(self.pairs):
            raise ValueError(
                f"a batch of {self.batch_size} has no room for {len(self.pairs)} numbers of pairs"
            )

    def _check(self, pairs: int) -> None:
        if not 1 <= pairs <= self.length // 4:
            raise ValueError(
                f"{pairs} pairs and as many queries do not fit {self.length} symbols; "
                f"from 1 to {self.length // 4} do"
            )
        if pairs >= self.vocabulary // 2:
            raise ValueError(
                f"{pairs} pairs need more than the {self.vocabulary // 2 - 1} keys that a "
                f"vocabulary of {self.vocabulary} has"
            )


@dataclass(frozen=True)
class Sequences:
    """Some sequences with equal numbers of pairs; pair i stands at 2i (key) and 2i + 1 (value)."""

    tokens: np.ndarray  # (sequences, length)
    asked: np.ndarray  # (sequences, length) pair whose key is asked for there; UNASKED: none

    @property
    def answers(self) -> np.ndarray:
        """(sequences, length) the value to predict; UNASKED where nobody asks."""
        value_places = 2 * np.maximum(self.asked, 0) + 1
        values = np.take_along_axis(self.tokens, value_places, 1)
        return np.where(self.asked == UNASKED, UNASKED, values)


def draw_sequences(
    config: MqarConfig, pairs: int, count: int, generator: np.random.Generator
) -> Sequences:
    """New sequences.

    Args:
        config: sizes of the task.
        pairs: key-value pairs of each.
        count: sequences.
        generator: source of randomness.
    """
    half = config.vocabulary // 2
    keys = 1 + draw_distinct(half - 1, pairs, count, generator)  # (count, pairs)
    values = half + draw_distinct(config.vocabulary - half, pairs, count, generator)
    slots = draw_slots(config, pairs, count, generator)

    tokens = np.full((count, config.length), BLANK)
    if config.filler == "random":
        tokens = draw_others(config.vocabulary, keys, tokens.shape, generator)
    tokens[:, 0 : 2 * pairs : 2] = keys
    tokens[:, 1 : 2 * pairs : 2] = values
    places = 2 * pairs + 2 * slots  # of the queries
    np.put_along_axis(tokens, places, keys, 1)
    asked = np.full(tokens.shape, UNASKED)
    np.put_along_axis(asked, places, np.broadcast_to(np.arange(pairs), places.shape), 1)
    return Sequences(tokens, asked)


def draw_distinct(
    symbols: int, wanted: int, count: int, generator: np.random.Generator
) -> np.ndarray:
    """(count, wanted) integers below ``symbols``, different within a row."""
    rows = np.broadcast_to(np.arange(symbols), (count, symbols))
    return generator.permuted(rows, axis=1)[:, :wanted]


def draw_slots(
    config: MqarConfig, pairs: int, count: int, generator: np.random.Generator
) -> np.ndarray:
    """(count, pairs) slot of each pair's query, different within a row, counted from 0.

    Adding Gumbel noise to log-probabilities and taking the largest sums draws without repetition,
    one after the other, in proportion to what is left.
    """
    slots = (config.length - 2 * pairs) // 2
    log_weights = (config.power - 1) * np.log(np.arange(1, slots + 1))
    noisy = log_weights + generator.gumbel(size=(count, slots))
    drawn = np.argsort(-noisy, axis=1)[:, :pairs]
    return generator.permuted(drawn, axis=1)  # the order of drawing must not tell the pair


def draw_others(
    vocabulary: int, keys: np.ndarray, shape: tuple[int, int], generator: np.random.Generator
) -> np.ndarray:
    """Symbols of the whole vocabulary but a row's own keys, uniformly; of the given shape."""
    own = np.zeros((len(keys), vocabulary), dtype=bool)
    np.put_along_axis(own, keys, True, 1)
    # Each row: first the symbols that are free, in their order, then the row's keys.
    free = np.argsort(own, axis=1, kind="stable")
    return np.take_along_axis(free, generator.integers(vocabulary - keys.shape[1], size=shape), 1)


def draw_mixed(config: MqarConfig, count: int, generator: np.random.Generator) -> list[Sequences]:
    """``count`` new sequences, shared out as equally as possible to the numbers of pairs."""
    shares = np.array_split(np.arange(count), len(config.pairs))
    return [
        draw_sequences(config, pairs, len(share), generator)
        for pairs, share in zip(config.pairs, shares, strict=True)
    ]


def evaluation_sets(config: MqarConfig) -> dict[int, Sequences]:
    """By number of pairs, the sequences that every model and seed is tested on."""
    return {
        pairs: draw_sequences(
            config,
            pairs,
            config.evaluation_sequences,
            seeds.numpy_generator(EVALUATION_SEED, "eval/mqar", pairs),
        )
        for pairs in config.evaluation_pairs
    }


def look_up(tokens: np.ndarray) -> np.ndarray:
    """The symbol after the first occurrence of each: what solves the task.

    Args:
        tokens: (sequences, length).

    Returns:
        (sequences, length) predictions; UNASKED where the symbol is new.
    """
    found = np.full(tokens.shape, UNASKED)
    for row, sequence in enumerate(tokens):
        first: dict[int, int] = {}
        for place, symbol in enumerate(sequence):
            if symbol in first:
                found[row, place] = sequence[first[symbol] + 1]
            first.setdefault(symbol, place)
    return found


def chance(pairs: int) -> float:
    """Accuracy of the best guess that knows a sequence's values but not which key has which."""
    return 1 / pairs


def part(pairs: int) -> str:
    """Name of a number of pairs in the column ``part`` of the records."""
    return f"{pairs} pairs"


def pairs_of(part: str) -> int:
    """Inverse of :func:`part`."""
    return int(part.removesuffix(" pairs"))
