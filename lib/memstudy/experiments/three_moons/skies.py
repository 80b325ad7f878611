"""The nine skies of the study: triples of orbital periods (Memory Mosaics, section 3).

Kept apart from the sampling, so that what only reads recorded runs need not load torch. The paper
takes the nine triples of smallest common period among all 35 triples of {0.5, 1, ..., 3.5}: eight
to train on, one never seen in training. The list is fixed here, because the published sort breaks
ties differently on different machines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

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
# number of points: a moon stands exactly where it stood after three or nine turns only, so that
# until then a memory must interpolate.
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
