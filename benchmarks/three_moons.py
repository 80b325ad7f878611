"""Speed of the three-moons experiment against its plain formulation, as ratios from one run.

    python benchmarks/three_moons.py            # about two minutes on one core
    python benchmarks/three_moons.py --quick    # fewer rounds, smaller batches; a rough answer

Two questions, each answered on one CPU thread with the sides taking turns. Denormal numbers are
flushed to zero on both sides, as in every run of the study; --keep-denormals shows what that is
worth.

1. a training step of three units at batch 64 × 800, forward and backward, against the full score
   matrices in autograd;
2. the error after every context length of one model, against regenerating from every prefix with a
   cache, as the published script does, and against a lean form of it, which computes only the last
   prediction of each prefix. The slow sides are timed at every 32nd context and scaled up.

Seconds are CPU time of the one thread, which other work on the machine disturbs less than the
clock. The ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from memstudy.core import seeds
from memstudy.experiments.three_moons import data, model, reference, rollout, skies
from memstudy.experiments.three_moons.config import ModelConfig
from memstudy.experiments.three_moons.model import Weights

N_STEPS = 25
STRIDE = 32  # between the contexts at which the slow evaluation is timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller batches")
    parser.add_argument("--rounds", type=int, help="rounds of each comparison (3, or 2 if quick)")
    parser.add_argument(
        "--keep-denormals", action="store_true", help="do not flush denormal numbers to zero"
    )
    options = parser.parse_args()
    rounds = options.rounds if options.rounds is not None else 2 if options.quick else 3
    if rounds < 1:
        parser.error("--rounds must be at least 1")
    torch.set_num_threads(1)
    torch.set_flush_denormal(not options.keep_denormals)
    denormals = "kept" if options.keep_denormals else "flushed to zero"
    print(
        f"torch {torch.__version__}, one thread, denormals {denormals}, median of {rounds} rounds"
    )
    training_step(batch=8 if options.quick else 64, rounds=rounds)
    for n_heads in (3, 1):
        evaluation(n_heads, n_sequences=8 if options.quick else 16, rounds=rounds)


def training_step(batch: int, rounds: int) -> None:
    """Forward and backward of a converged model (the analytic one) on one batch."""
    generator = seeds.torch_generator(0, "batches")
    x, y = data.sample_batch(skies.TRAIN_TRIPLES, batch, skies.SEQUENCE_LENGTH, generator)

    def step(forward: Callable) -> Callable[[], object]:
        def run() -> object:
            weights = Weights(*(matrix.clone().requires_grad_() for matrix in model.analytic()))
            error = forward(ModelConfig(n_heads=3), weights, x.unsqueeze(0)) - y
            loss = error.clamp(-0.5, 0.5).square().mean()
            return torch.autograd.grad(loss, weights)

        return run

    sides = {"fast": step(model.forward), "full scores": step(reference.full_scores_forward)}
    report(f"training step, 3 units, batch {batch} x {skies.SEQUENCE_LENGTH}", sides, rounds)


def evaluation(n_heads: int, n_sequences: int, rounds: int) -> None:
    """Error after all 775 context lengths, 25 steps each."""
    config, weights = ModelConfig(n_heads=n_heads), model.analytic()
    generator = seeds.torch_generator(0, "eval")
    triple = skies.VALIDATION_TRIPLE
    x, _ = data.sample_batch([triple], n_sequences, skies.SEQUENCE_LENGTH, generator)
    n_contexts = skies.SEQUENCE_LENGTH - N_STEPS
    contexts = range(STRIDE // 2, n_contexts + 1, STRIDE)

    def regenerate(lean: bool) -> Callable[[], object]:
        return lambda: reference.regenerated_errors(
            config, weights, x, contexts, N_STEPS, lean=lean
        )

    sides = {
        "fast": lambda: rollout.context_errors(config, weights, x, n_steps=N_STEPS),
        "every prefix": regenerate(lean=False),
        "every prefix, lean": regenerate(lean=True),
    }
    scale = n_contexts / len(contexts)
    title = f"evaluation, {n_heads} unit(s), {n_sequences} sequences, {n_contexts} contexts"
    note = f" (timed at {len(contexts)} contexts, times {scale:.1f})"
    report(title + note, sides, rounds, {name: scale for name in sides if name != "fast"})


def report(
    title: str,
    sides: dict[str, Callable[[], object]],
    rounds: int,
    scale: dict[str, float] | None = None,
) -> None:
    """Time the sides in turns; print their medians and each slow side's ratio to the first."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for name in sides:
        sides[name]()  # warm up
    for _ in range(rounds):
        for name, run in sides.items():
            started = time.process_time()
            run()
            elapsed = time.process_time() - started
            seconds[name].append(elapsed * (scale or {}).get(name, 1.0))
    print(f"\n{title}")
    fast = next(iter(sides))
    for name, times in seconds.items():
        line = f"  {name:20} {statistics.median(times):9.3f} s"
        if name != fast:
            ratios = [slow / quick for slow, quick in zip(times, seconds[fast], strict=True)]
            line += f"   {statistics.median(ratios):7.1f} times the fast one"
        print(line, flush=True)


if __name__ == "__main__":
    main()
