"""Speed of the three-moons experiment against its plain formulation, as ratios from one run.

    python benchmarks/three_moons.py            # about two minutes on one core
    python benchmarks/three_moons.py --quick    # fewer rounds, smaller batches; a rough answer
    python benchmarks/three_moons.py --save     # keep it in benchmarks/results

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
from collections.abc import Callable

import torch

from memstudy.benchmarking.measuring import Race, main
from memstudy.core import seeds
from memstudy.experiments.three_moons import data, model, reference, rollout, skies
from memstudy.experiments.three_moons.config import ModelConfig
from memstudy.experiments.three_moons.model import Weights

N_STEPS = 25
STRIDE = 32  # between the contexts at which the slow evaluation is timed


def measure(race: Race, options: argparse.Namespace) -> None:
    """Both questions."""
    if options.keep_denormals:
        if options.save:
            raise SystemExit("--keep-denormals only shows what flushing is worth: leave out --save")
        torch.set_flush_denormal(False)
    training_step(race, batch=8 if race.quick else 64)
    for n_heads in (3, 1):
        evaluation(race, n_heads, n_sequences=8 if race.quick else 16)


def training_step(race: Race, batch: int) -> None:
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
    what = f"3 units, batch {batch} × {skies.SEQUENCE_LENGTH}"
    race.compare("A training step, forward and backward", what, sides)


def evaluation(race: Race, n_heads: int, n_sequences: int) -> None:
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
    what = f"{n_heads} unit{'s' * (n_heads > 1)}, {n_sequences} sequences, {n_contexts} contexts"
    note = f" (slow sides timed at {len(contexts)} of them, times {scale:.1f})"
    race.compare(
        "Errors after every context length",
        what + note,
        sides,
        scale={name: scale for name in sides if name != "fast"},
    )


if __name__ == "__main__":
    own = argparse.ArgumentParser()
    own.add_argument(
        "--keep-denormals", action="store_true", help="do not flush denormal numbers to zero"
    )
    main("three_moons", __doc__.splitlines()[0], measure, own)
