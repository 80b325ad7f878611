"""Does one block suffice to look up what followed a symbol before? (Memory Mosaics, note 5.)

A sequence holds a few *bigrams*: a trigger symbol that is always followed by its output symbol.
Triggers and outputs are drawn anew for every sequence, so that nothing but the earlier occurrence
of the bigram tells the output (after Bietti et al., "Birth of a transformer", 2023). A *scored*
position is a trigger's second or later occurrence; what is predicted there is its output.

A transformer needs two blocks: one to tell each position which symbol stands before it, one to
find the position whose predecessor is the present symbol. A memory unit stores each value one step
late, with the symbol that follows the key, and so needs one.

Here are the sequences, and what can be said of them without a model; torch is not needed to import
this file. :mod:`~memstudy.experiments.babistories_lm.induction_training` trains on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memstudy.core import seeds
from memstudy.language_models.config import FAMILIES, MOSAIC, TRANSFORMER
from memstudy.nn.targets import IGNORED

if TYPE_CHECKING:
    from memstudy.batching import Batch, Batches

# Family and number of blocks of each arm.
ARMS = {
    "induction_mosaic_1": (MOSAIC, 1),
    "induction_transformer_1": (TRANSFORMER, 1),
    "induction_transformer_2": (TRANSFORMER, 2),
}

EVALUATION_SEED = 0  # all models are tested on the same sequences
SECOND = "second occurrence"
LATER = "later occurrences"  # the third, the fourth, ...


@dataclass(frozen=True, kw_only=True)
class InductionConfig:
    """Everything that determines a run, but the seed."""

    family: str  # "mosaic" or "transformer"; the transformer has learned absolute positions
    n_blocks: int  # blocks, two layers each
    d_model: int = 48  # width of the residual stream
    n_heads: int = 2  # heads of each layer
    vocabulary: int = 32  # symbols
    bigrams: int = 10  # fixed bigrams of a sequence
    bigram_share: float = 0.7  # probability that a bigram begins where none is under way
    length: int = 64  # symbols that a model reads
    batch_size: int = 64  # sequences a step, all new
    steps: int = 1200  # updates
    learning_rate: float = 5e-3  # of AdamW at the end of the warm-up
    warmup_steps: int = 50  # linear from 0; then a cosine down to 0
    weight_decay: float = 0.0  # every sequence is new: there is nothing to over-fit
    evaluate_every: int = 50  # steps between two tests; one before the first step, one at the end
    evaluation_sequences: int = 512  # sequences of a test, the same each time

    def __post_init__(self) -> None:
        """Refuse tasks that cannot be drawn (ValueError)."""
        if self.family not in FAMILIES:
            raise ValueError(f"unknown family {self.family!r}; choose one of {', '.join(FAMILIES)}")
        if not 1 <= self.bigrams <= self.vocabulary // 2:
            raise ValueError(
                f"{self.bigrams} bigrams need {2 * self.bigrams} different symbols, but the "
                f"vocabulary has {self.vocabulary}"
            )
        if not 0 < self.bigram_share <= 1:
            raise ValueError(f"bigram_share is {self.bigram_share}; it must lie in (0, 1]")


@dataclass(frozen=True)
class Sequences:
    """Some sequences of the task; one symbol more than a model reads, which is the last target."""

    tokens: np.ndarray  # (sequences, length + 1)
    bigram: np.ndarray  # (sequences, length + 1) which bigram's trigger stands there; -1: none
    earlier: np.ndarray  # (sequences, length + 1, bigrams) occurrences of each trigger before

    @property
    def occurrence(self) -> np.ndarray:
        """(sequences, length) 1 at a trigger's first occurrence, 2 at its second; 0: no trigger."""
        bigram = self.bigram[:, :-1]
        earlier = np.take_along_axis(self.earlier[:, :-1], np.maximum(bigram, 0)[..., None], -1)
        return np.where(bigram >= 0, earlier[..., 0] + 1, 0)

    @property
    def targets(self) -> np.ndarray:
        """(sequences, length) the symbol that follows each."""
        return self.tokens[:, 1:]


def draw_sequences(
    config: InductionConfig, count: int, generator: np.random.Generator
) -> Sequences:
    """New sequences.

    Triggers and outputs of a sequence are all different. Elsewhere stand symbols drawn uniformly
    from all that are not triggers, outputs among them: a trigger is always followed by its output,
    an output may stand anywhere.

    Args:
        config: sizes of the task.
        count: sequences.
        generator: source of randomness.
    """
    shape = (count, config.length + 1)
    # Each row: first the triggers, then their outputs in the same order, then the others.
    symbols = generator.permuted(
        np.broadcast_to(np.arange(config.vocabulary), (count, config.vocabulary)), axis=1
    )
    which = generator.integers(config.bigrams, size=shape)
    other = generator.integers(config.bigrams, config.vocabulary, size=shape)
    begins = generator.random(shape) < config.bigram_share
    for place in range(1, shape[1]):
        begins[:, place] &= ~begins[:, place - 1]  # here stands the output of the bigram
    ends = np.roll(begins, 1, axis=1)
    ends[:, 0] = False
    output = config.bigrams + np.roll(which, 1, axis=1)
    tokens = np.take_along_axis(symbols, np.where(begins, which, np.where(ends, output, other)), 1)
    bigram = np.where(begins, which, -1)
    here = bigram[..., None] == np.arange(config.bigrams)
    return Sequences(tokens, bigram, here.cumsum(1) - here)


def batches(config: InductionConfig, seed: int) -> Batches:
    """Training batches, a pure function of seed and step.

    Only scored positions have a target. What can be learned at the others is which symbols are
    frequent; their noise would hide the signal of the few that need a look-up, and the claim is
    about what a model can represent, not about how soon it finds it under noise.
    """

    def batch(step: int, batch_size: int) -> Batch:
        generator = seeds.numpy_generator(seed, "batches", step)
        return scored(draw_sequences(config, batch_size, generator))

    return batch


def scored(sequences: Sequences) -> Batch:
    """Inputs and targets, (sequences, length) each; positions that are not scored are ignored."""
    import torch

    targets = np.where(sequences.occurrence >= 2, sequences.targets, IGNORED)
    return torch.from_numpy(sequences.tokens[:, :-1].copy()), torch.from_numpy(targets)


def evaluation_set(config: InductionConfig) -> Sequences:
    """The sequences that every model and seed is tested on."""
    generator = seeds.numpy_generator(EVALUATION_SEED, "eval/test")
    return draw_sequences(config, config.evaluation_sequences, generator)


def look_up(tokens: np.ndarray) -> np.ndarray:
    """The symbol that followed the last earlier occurrence of each symbol: what induction does.

    Args:
        tokens: (sequences, time).

    Returns:
        (sequences, time) predictions of the next symbol; -1 where the symbol is new.
    """
    found = np.full(tokens.shape, -1)
    for row, sequence in enumerate(tokens):
        follower: dict[int, int] = {}
        for place, symbol in enumerate(sequence):
            found[row, place] = follower.get(symbol, -1)
            if place + 1 < len(sequence):
                follower[symbol] = sequence[place + 1]
    return found


def counting(sequences: Sequences) -> np.ndarray:
    """Probability of a right guess without any look-up: (sequences, length), NaN if not scored.

    The guesser knows the outputs of the sequence and how often each trigger has occurred; it does
    not know which output belongs to which trigger. It guesses among the outputs that have followed
    as many triggers as the present trigger has earlier occurrences.
    """
    occurrence = sequences.occurrence
    candidates = (sequences.earlier[:, :-1] == occurrence[..., None] - 1).sum(-1)
    return np.where(occurrence >= 2, 1 / np.maximum(candidates, 1), np.nan)
