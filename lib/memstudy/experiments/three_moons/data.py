"""Positions of three moons on circular orbits (Memory Mosaics, section 3).

A sky is a triple of orbital periods in units of time. Every moon of period p stands at the angle
2πt/p + 0.3 at time t; an observation is (sin, cos) of each moon's angle. The paper takes the nine
triples of smallest common period among all 35 triples of {0.5, 1, ..., 3.5}: eight to train on,
one never seen in training. The list is fixed here, because the published sort breaks ties
differently on different machines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import torch
from torch import Tensor

Triple = tuple[float, float, float]

# Sorted by common period: 2, then 3 four times, 5, and 6 twice.
TRAIN_TRIPLES: tuple[Triple, ...] = (
    (0.5, 1.0, 2.0),
    (0.5, 1.0, 1.5),
    (0.5, 1.0, 3.0),
    (0.5, 1.5, 3.0),
    (1.0, 1.5, 3.0),
    (0.5, 1.0, 2.5),
    (0.5, 1.5, 2.0),
    (1.5, 2.0, 3.0),
)
VALIDATION_TRIPLE: Triple = (1.0, 2.0, 3.0)
SHOWN_TRAIN_TRIPLE: Triple = TRAIN_TRIPLES[5]  # the one whose curve the paper draws

N_FEATURES = 6  # sin and cos of three moons
SEQUENCE_LENGTH = 800  # points of one training sequence
# A sky with common period 6 makes exactly three full cycles in one sequence. No period is a whole
# number of points, so that observations never repeat exactly and a memory must interpolate.
SAMPLES_PER_UNIT = 800 / 18
PHASE = 0.3  # angle of every moon at time 0, in radians
AXIS_POINTS = 10_000  # length of the time axis that sequences are cut from


def period_in_points(period: float) -> float:
    """Length of an orbital period (in units of time) in sampled points."""
    return period * SAMPLES_PER_UNIT


def common_period(triple: Sequence[float]) -> float:
    """Least common multiple of the periods, in units of time: when the whole sky repeats."""
    fractions = [Fraction(period) for period in triple]
    numerator = math.lcm(*(fraction.numerator for fraction in fractions))
    denominator = math.gcd(*(fraction.denominator for fraction in fractions))
    return numerator / denominator


def trajectory(periods: Tensor | Sequence[float], start: Tensor | int, length: int) -> Tensor:
    """Observations of one or many skies at consecutive points.

    Args:
        periods: orbital periods in units of time, shape (..., 3).
        start: first point on the time axis, shape (...).
        length: number of points.

    Returns:
        float32 tensor (..., length, 6): sin and cos of moon 1, of moon 2, of moon 3. Angles are
        computed in float64, because point 10,000 lies thousands of radians from point 0.
    """
    periods = torch.as_tensor(periods, dtype=torch.float64)
    start = torch.as_tensor(start, dtype=torch.float64)
    points = start[..., None] + torch.arange(length, dtype=torch.float64)  # (..., length)
    turns = points[..., None] / (periods[..., None, :] * SAMPLES_PER_UNIT)  # (..., length, 3)
    angles = 2 * math.pi * turns + PHASE
    observations = torch.stack((angles.sin(), angles.cos()), dim=-1)  # (..., length, 3, 2)
    return observations.flatten(-2).float()


def sample_batch(
    triples: Sequence[Triple], batch: int, length: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Sequences of uniformly drawn skies from uniformly drawn starts, and their next points.

    Args:
        triples: the skies to draw from, each with the same probability.
        batch: number of sequences.
        length: points in a sequence; starts lie in [0, 10000 - 2 length - 1).
        generator: source of all randomness.

    Returns:
        x and y, both float32 (batch, length, 6), with y[:, t] = x at the point after t.

    Raises:
        ValueError: the time axis is too short for this length, or there is no triple.
    """
    n_starts = AXIS_POINTS - 2 * length - 1
    if length < 1 or n_starts < 1:
        raise ValueError(f"length is {length}; allowed are 1 to {(AXIS_POINTS - 2) // 2}")
    if not triples:
        raise ValueError("no triple of periods to draw from")
    choice = torch.randint(len(triples), (batch,), generator=generator)
    start = torch.randint(n_starts, (batch,), generator=generator)
    periods = torch.tensor(triples, dtype=torch.float64)[choice]  # (batch, 3)
    points = trajectory(periods, start, length + 1)  # (batch, length + 1, 6)
    return points[:, :-1], points[:, 1:]
