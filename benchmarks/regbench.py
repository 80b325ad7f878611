"""Speed of RegBench's training against its plain formulation, as ratios from one run.

    python benchmarks/regbench.py            # some minutes on one core
    python benchmarks/regbench.py --quick    # one step instead of three

Steps of an epoch over 1,000 environments with the mosaic of the official example (width 128, 8
heads, 2 blocks, batch 32), forward and backward on one CPU thread, the sides taking turns:

1. as the study trains: sequences sorted within their batch, eight at a time, cut to their longest;
2. every batch padded to the longest sequence of the split, and score matrices in full
   (:mod:`memstudy.nn.plain`); also eight at a time, since 32 would need more memory than most
   machines have;
3. the study's model on batches padded to the longest of the split: what the cutting alone is worth;
4. the full score matrices on cut batches: what the units' form alone is worth.

Seconds are CPU time of the one thread; the ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from three_moons import report

from memstudy.batching import Batch, pieces, shuffled_epochs
from memstudy.core import device, seeds
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

Loss = Callable[[torch.nn.Module, Batch], torch.Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one step, two rounds")
    parser.add_argument("--rounds", type=int, help="rounds of the comparison (3, or 2 if quick)")
    options = parser.parse_args()
    rounds = options.rounds if options.rounds is not None else 2 if options.quick else 3
    if rounds < 1:
        parser.error("--rounds must be at least 1")
    device.select("cpu", threads=1)
    print(f"torch {torch.__version__}, one thread, median of {rounds} rounds")
    steps = 1 if options.quick else 3
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
    title = f"{steps} of {-(-ENVIRONMENTS // BATCH)} steps, {tokens:,} tokens, longest "
    report(f"{title}{data[0].shape[1]}", sides, rounds)


def training(model: torch.nn.Module, batches: list[Batch], loss: Loss) -> Callable[[], None]:
    """Forward and backward over some batches; the gradients are dropped."""

    def run() -> None:
        for batch in batches:
            for piece in pieces(batch, AT_ONCE):
                (loss(model, piece.batch) * piece.share).backward()
        model.zero_grad()

    return run


if __name__ == "__main__":
    main()
