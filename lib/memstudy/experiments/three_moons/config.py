"""Models, trainings, arms and profiles of the three-moons experiment; torch is not needed here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from memstudy.core.experiment import Cost, Profile, Unit
from memstudy.experiments.three_moons import parity
from memstudy.experiments.three_moons.skies import (
    N_FEATURES,
    SEQUENCE_LENGTH,
    TRAIN_TRIPLES,
    Triple,
)

NAME = "three_moons"

ONE_UNIT = "one_unit"
THREE_UNITS = "three_units"
REAL_MATRICES = "three_units_real_matrices"  # without the first trick: complex structure
PLAIN_LOSS = "three_units_plain_loss"  # without the second trick: clipped loss
ONE_IDENTITY = "one_unit_identity"  # nothing trained: all three matrices are the identity
THREE_IDENTITY = "three_units_identity"

TRAINED_ARMS = (THREE_UNITS, ONE_UNIT, REAL_MATRICES, PLAIN_LOSS)


@dataclass(frozen=True)
class ModelConfig:
    """Shape of one model."""

    n_heads: int = 3  # memory units; each has keys and values of width 6 / n_heads
    complex_structure: bool = True  # constrain the matrices to act on ℂ³ (one of the two tricks)
    beta: float = 50.0  # inverse temperature β of the retrieval

    def __post_init__(self) -> None:
        if self.n_heads < 1 or N_FEATURES % self.n_heads:
            raise ValueError(f"n_heads is {self.n_heads}; allowed are the divisors of {N_FEATURES}")

    @property
    def head_dim(self) -> int:
        """Width of the keys and values of one unit."""
        return N_FEATURES // self.n_heads


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained; defaults are the paper's."""

    model: ModelConfig = field(default_factory=ModelConfig)  # shape of the models
    triples: tuple[Triple, ...] = TRAIN_TRIPLES  # skies to draw from, in units of time
    iterations: int = 500  # optimiser steps
    batch: int = 64  # sequences a step and model
    length: int = SEQUENCE_LENGTH  # points a sequence
    clip: float | None = 0.5  # errors are clipped at ±clip in the loss; None: plain squared error
    learning_rate: float = 1e-2  # of the first step
    final_learning_rate: float = 5e-6  # linearly approached, reached one step after the last
    betas: tuple[float, float] = (0.9, 0.999)  # decay of Adam's two moments
    epsilon: float = 1e-8  # added to the root of Adam's second moment
    # Adam's division of both moments by 1 - beta^step. The published runs did without, which makes
    # the first steps about three times longer.
    bias_correction: bool = False


@dataclass(frozen=True)
class EvaluationConfig:
    """How the error after every context length is measured."""

    sequences: int = 512  # roll-outs a triple and context length, as in the paper
    length: int = 800  # points a sequence; contexts run from 1 to length - steps
    steps: int = 25  # autoregressive steps that the error is averaged over
    other_sequences: int = 64  # roll-outs with the two other memories, shown once for comparison
    data_seed: int = 0  # all models predict the same sequences


@dataclass(frozen=True)
class MoonsUnit:
    """Everything that determines one model and its measurements, but the seed."""

    train: TrainConfig  # with no iterations: the identity matrices
    evaluation: EvaluationConfig | None  # None: only the losses and matrices are of interest


@dataclass(frozen=True)
class MoonsProfile(Profile):
    """A complete way of running the experiment."""

    train: TrainConfig = field(default_factory=TrainConfig)  # of the arm with three units
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)


def arms(profile: MoonsProfile) -> dict[str, MoonsUnit]:
    """Configuration of each arm, the most informative first."""
    train, evaluation = profile.train, profile.evaluation
    one = ModelConfig(n_heads=1)
    return {
        THREE_UNITS: MoonsUnit(train, evaluation),
        ONE_UNIT: MoonsUnit(replace(train, model=one), evaluation),
        REAL_MATRICES: MoonsUnit(replace(train, model=ModelConfig(complex_structure=False)), None),
        PLAIN_LOSS: MoonsUnit(replace(train, clip=None), None),
        THREE_IDENTITY: MoonsUnit(replace(train, iterations=0), evaluation),
        ONE_IDENTITY: MoonsUnit(replace(train, model=one, iterations=0), evaluation),
    }


def units(profile: MoonsProfile) -> list[Unit]:
    """All units: every trained arm with every seed; once, what involves no randomness."""
    configs = arms(profile)
    found = [
        Unit(NAME, arm, seed, configs[arm], pack_key=arm)
        for arm in TRAINED_ARMS
        for seed in profile.seeds
    ]
    found += [
        Unit(NAME, arm, 0, configs[arm], random=False) for arm in (THREE_IDENTITY, ONE_IDENTITY)
    ]
    found.append(Unit(NAME, parity.ARM, 0, parity.ParityUnit(), random=False))
    return found


PROFILES = {
    "smoke": MoonsProfile(
        name="smoke",
        seeds=(0, 1),
        cost=Cost(0.3, "one CPU core", "a few seconds"),
        recorded=False,
        at_paper_scale=False,
        scale="a few steps on short sequences; no scientific meaning",
        pack_size=2,
        train=TrainConfig(iterations=4, batch=2, length=64),
        evaluation=EvaluationConfig(sequences=2, length=320, other_sequences=1),
    ),
    "cpu": MoonsProfile(
        name="cpu",
        seeds=tuple(range(10)),
        cost=Cost(250.0, "one CPU core", "under two hours on 2 cores"),
        recorded=True,
        at_paper_scale=True,
        scale="the paper's own scale, 10 seeds where the paper shows one run",
        pack_size=5,
    ),
    "gpu": MoonsProfile(
        name="gpu",
        seeds=tuple(range(30)),
        cost=Cost(10.0, "one modern GPU", "under half an hour on one GPU"),
        recorded=True,
        at_paper_scale=True,
        scale="the paper's own scale, 30 seeds where the paper shows one run",
        pack_size=10,
    ),
    "paper": MoonsProfile(
        name="paper",
        seeds=tuple(range(100, 110)),
        cost=Cost(250.0, "one CPU core", "under two hours on 2 cores"),
        recorded=True,
        at_paper_scale=True,
        scale="the published setting: its seed number and the nine that follow",
        pack_size=5,
    ),
}
