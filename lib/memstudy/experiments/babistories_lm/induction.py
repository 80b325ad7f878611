"""Does one block suffice to look up what followed a symbol before? (Memory Mosaics, note 5.)

A sequence holds a few *bigrams*: a trigger symbol that is always followed by its output symbol.
Triggers and outputs are drawn anew for every sequence, so that nothing but the earlier occurrence
of the bigram tells the output (after Bietti et al., "Birth of a transformer", 2023). A *scored*
position is a trigger's second or later occurrence; what is predicted there is its output.

A transformer needs two blocks: one to tell each position which symbol stands before it, one to
find the position whose predecessor is the present symbol. A memory unit stores each value one step
late, with the symbol that follows the key, and so needs one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from memstudy.core import seeds
from memstudy.core.experiment import Measured, Unit
from memstudy.language_models.config import FAMILIES, MOSAIC, TRANSFORMER

if TYPE_CHECKING:
    import torch

    from memstudy.batching import Batch, Batches
    from memstudy.core.context import Context
    from memstudy.core.device import Device
    from memstudy.nn.language_model import LanguageModel
    from memstudy.training import TrainingConfig

# Family and number of blocks of each arm.
ARMS = {
    "induction_mosaic_1": (MOSAIC, 1),
    "induction_transformer_1": (TRANSFORMER, 1),
    "induction_transformer_2": (TRANSFORMER, 2),
}

EVALUATION_SEED = 0  # all models are tested on the same sequences
SECOND = "second occurrence"
LATER = "later occurrences"  # the third, the fourth, ...
LOG_POINTS = 100  # points of the training loss that are kept


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

    from memstudy.batching import IGNORED

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


def measure(unit: Unit, context: Context) -> Measured:
    """Train the model of a unit; its accuracy on new sequences during training and at the end.

    Rows: ``induction_accuracy`` by step, split ``"test"``, part ``"second occurrence"`` or
    ``"later occurrences"``; ``loss`` in nats at scored positions, by step, splits ``"test"`` and
    ``"batch"``. The last step is the result: no weights are chosen by looking at the test.

    Args:
        unit: its configuration is an :class:`InductionConfig`.
        context: device, checkpoints, progress.

    Raises:
        StopRequested: the context wants to stop; a checkpoint is saved.
        TrainingDiverged: a loss was not finite.
    """
    from memstudy.experiments.babistories_lm.run import long_table
    from memstudy.nn.language_model import count_parameters
    from memstudy.training import train

    config: InductionConfig = unit.config
    model = new_model(config, seeds.torch_generator(unit.seed, "init"))
    model.to(context.device.torch)
    test = evaluation_set(config)
    watched = Watched(context, config, lambda: tested(model, test, context.device))
    result = train(
        model,
        training_config(config),
        batches(config, unit.seed),
        watched,
        seed=seeds.child(unit.seed, "dropout"),
    )
    losses = result.rows(max(1, config.steps // LOG_POINTS))
    rows = watched.rows + [row for row in losses if row["metric"] == "loss"]
    chance = counting(test)
    facts = {
        "parameters": count_parameters(model),
        "sequences_seen": config.steps * config.batch_size,
        "tokens_per_second": round(result.positions_per_second, 1),
        "counting_accuracy": {
            SECOND: float(chance[test.occurrence == 2].mean()),
            LATER: float(chance[test.occurrence > 2].mean()),
        },
        "scored_positions": {
            SECOND: int((test.occurrence == 2).sum()),
            LATER: int((test.occurrence > 2).sum()),
        },
    }
    return Measured(long_table(rows, unit), facts)


def new_model(config: InductionConfig, generator: torch.Generator) -> LanguageModel:
    """A new model.

    Both families start in the convention ``fan_in``: at these small widths GPT2's weights of
    standard deviation 0.02 would be so close to zero that they would have to grow first.

    Args:
        config: its shape.
        generator: source of the initial weights.
    """
    from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
    from memstudy.nn.transformer import Transformer, TransformerConfig

    shape: dict[str, Any] = {
        "vocab_size": config.vocabulary,
        "d_model": config.d_model,
        "n_heads": config.n_heads,
        "n_blocks": config.n_blocks,
        "context_length": config.length,
        "init": "fan_in",
    }
    if config.family == MOSAIC:
        return MemoryMosaic(MosaicConfig(**shape), generator)
    return Transformer(TransformerConfig(**shape), generator)


def training_config(config: InductionConfig) -> TrainingConfig:
    """The recipe in the words of the training loop."""
    from memstudy.training import Schedule, TrainingConfig

    return TrainingConfig(
        steps=config.steps,
        batch_size=config.batch_size,
        weight_decay=config.weight_decay,
        evaluate_every=config.steps,  # nothing: Watched does it
        keep_best=(),
        schedule=Schedule(
            peak=config.learning_rate,
            final=0.0,
            warmup_steps=config.warmup_steps,
            fall_until=config.steps,
        ),
    )


class Watched:
    """A context that tests the model now and then, and keeps the findings in the checkpoint.

    Args:
        context: the unit's own.
        config: says when.
        test: rows of a test, without step.
    """

    def __init__(
        self, context: Context, config: InductionConfig, test: Callable[[], list[dict[str, Any]]]
    ) -> None:
        self.device: Device = context.device
        self.rows: list[dict[str, Any]] = []
        self._context, self._config, self._test = context, config, test

    def restored(self) -> dict[str, Any] | None:
        """State of the training, if an earlier call left one; else the first test is due."""
        saved = self._context.restored()
        if saved is None:
            self._note(0)
            return None
        self.rows = saved["rows"]
        return saved["training"]

    def advance(
        self, done: int, total: int, state: Callable[[], dict[str, Any]], **shown: float
    ) -> None:
        """Test if it is due, then tell the context."""
        if done == total or done % self._config.evaluate_every == 0:
            self._note(done)
        self._context.advance(
            done, total, lambda: {"training": state(), "rows": self.rows}, **shown
        )

    def _note(self, step: int) -> None:
        if not self.rows or self.rows[-1]["step"] < step:
            self.rows += [row | {"step": step} for row in self._test()]


def tested(model: LanguageModel, sequences: Sequences, device: Device) -> list[dict[str, Any]]:
    """Accuracy and loss of a model at the scored positions, as rows without step.

    Args:
        model: on the device.
        sequences: the test.
        device: where to compute.
    """
    import torch

    from memstudy.evaluation import autocast, in_mode

    inputs, targets = (tensor.to(device.torch) for tensor in scored(sequences))
    which = torch.from_numpy(sequences.occurrence).to(device.torch)
    with torch.no_grad(), in_mode(model, training=False), autocast(device):
        logits = model(inputs)[which >= 2].float()  # (scored positions, vocabulary)
    targets, which = targets[which >= 2], which[which >= 2]
    right = logits.argmax(-1) == targets
    loss = torch.nn.functional.cross_entropy(logits, targets)
    accuracy = {SECOND: right[which == 2], LATER: right[which > 2]}
    rows: list[dict[str, Any]] = [
        {
            "metric": "induction_accuracy",
            "split": "test",
            "part": part,
            "value": float(hits.double().mean()),
        }
        for part, hits in accuracy.items()
    ]
    return [*rows, {"metric": "loss", "split": "test", "value": float(loss)}]
