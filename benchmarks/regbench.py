"""Speed of RegBench's training against its plain formulation, as ratios from one run.

    python benchmarks/regbench.py            # some minutes on one core
    python benchmarks/regbench.py --quick    # one step instead of three
    python benchmarks/regbench.py --save     # keep it in benchmarks/results

Steps of an epoch over 1,000 environments with the mosaic of the official example (width 128, 8
heads, 2 blocks, batch 32), forward and backward on one CPU thread, the sides taking turns:

1. as the study trains: sequences sorted within their batch, eight at a time, cut to their longest;
2. every batch padded to the longest sequence of the split, and score matrices in full
   (:mod:`memstudy.nn.plain`); also eight at a time, since 32 would need more memory than most
   machines have;
3. the study's model on batches padded to the longest of the split: what the cutting alone is worth;
4. the full score matrices on cut batches: what the units' form alone is worth.

Then, at the width of most runs of a sweep (64, 4 heads, 100 environments), how many sequences are
best read at a time. Two more ideas for many small models are not among the sides. Several runs
packed into one batched model: ``torch.func.vmap`` has no batching rule for the CPU's fused
attention, which it would take apart into one call a run, and none for what the units' backward
passes do in place. Compiled blocks: of lengths that change from piece to piece, PyTorch 2.13 cannot
compile the units' own backward passes (an internal error), and every length compiled by itself is
hundreds of compilations a run.

Seconds are CPU time of the one thread; the ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch

from memstudy.batching import Batch, pieces, shuffled_epochs
from memstudy.benchmarking.measuring import Race, main
from memstudy.core import seeds
from memstudy.evaluation import next_token_loss
from memstudy.experiments.regbench import learning
from memstudy.experiments.regbench.architecture_config import MOSAIC, ArchitectureConfig
from memstudy.experiments.regbench.architectures import new_model
from memstudy.experiments.regbench.automata import N_TOKENS
from memstudy.experiments.regbench.config import DataConfig
from memstudy.nn import plain

ENVIRONMENTS = 1000
BATCH, AT_ONCE = 32, 8
SHAPE = ArchitectureConfig(name=MOSAIC, d_model=128, n_heads=8, n_blocks=2)
SWEEP_ENVIRONMENTS = 100
SWEEP_SHAPE = ArchitectureConfig(name=MOSAIC, d_model=64, n_heads=4, n_blocks=2)

Loss = Callable[[torch.nn.Module, Batch], torch.Tensor]


def measure(race: Race, options: argparse.Namespace) -> None:
    """Both questions."""
    against_padding(race)
    of_a_sweep(race)


def against_padding(race: Race) -> None:
    """All four sides on the same sequences."""
    steps = 1 if race.quick else 3
    data = learning.as_batch(learning.splits_of(DataConfig(ENVIRONMENTS))[0].train)
    drawn = [shuffled_epochs(data, 0)(step, BATCH) for step in range(steps)]
    cut = [
        learning.sorted_by_length(lambda step, size: drawn[step])(s, BATCH) for s in range(steps)
    ]
    model = new_model(SHAPE, N_TOKENS, data[0].shape[1], seeds.torch_generator(0, "init"))

    def full_scores(model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        return plain.loss(model, *batch)

    def full_scores_cut(model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        return plain.loss(model, *learning.without_padding(batch))

    sides = {
        "fast": training(model, cut, learning.loss_without_padding),
        "padded, full scores": training(model, drawn, full_scores),
        "padded": training(model, drawn, next_token_loss),
        "full scores": training(model, cut, full_scores_cut),
    }
    tokens = sum(int((x != 0).sum()) for x, _ in drawn)
    what = f"{steps} of {-(-ENVIRONMENTS // BATCH)} steps, {tokens:,} tokens, longest "
    race.compare(
        "Training steps, forward and backward",
        f"{what}{data[0].shape[1]}",
        sides,
        tokens=tokens,
    )


def of_a_sweep(race: Race) -> None:
    """One step of a small model, more or fewer sequences at a time."""
    data = learning.as_batch(learning.splits_of(DataConfig(SWEEP_ENVIRONMENTS))[0].train)
    batches = [learning.sorted_by_length(shuffled_epochs(data, 0))(0, BATCH)]
    model = new_model(SWEEP_SHAPE, N_TOKENS, data[0].shape[1], seeds.torch_generator(0, "init"))
    loss = learning.loss_without_padding
    sides = {
        f"{count} at a time": training(model, batches, loss, count)
        for count in (AT_ONCE, 2, 4, 16, BATCH)
    }
    tokens = sum(int((x != 0).sum()) for x, _ in batches)
    what = f"one step of {SWEEP_ENVIRONMENTS} environments, width 64, {tokens:,} tokens"
    race.compare("Steps of a sweep", what, sides, tokens=tokens)


def training(
    model: torch.nn.Module, batches: list[Batch], loss: Loss, at_once: int = AT_ONCE
) -> Callable[[], None]:
    """Forward and backward over some batches; the gradients are dropped."""

    def run() -> None:
        for batch in batches:
            for piece in pieces(batch, at_once):
                (loss(model, piece.batch) * piece.share).backward()
        model.zero_grad()

    return run


if __name__ == "__main__":
    main("regbench", __doc__.splitlines()[0], measure)
