"""Positions of three moons on circular orbits (Memory Mosaics, section 3).

A sky is a triple of orbital periods in units of time. Every moon of period p stands at the angle
2πt/p + 0.3 at time t; an observation is (sin, cos) of each moon's angle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from memstudy.experiments.three_moons.skies import (
    AXIS_POINTS,
    PHASE,
    SAMPLES_PER_UNIT,
    Triple,
)


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
