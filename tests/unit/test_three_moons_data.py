"""The skies of the three moons: which there are, and how they move."""

import itertools
import math

import numpy as np
import pytest
import torch

from memstudy.core import seeds
from memstudy.experiments.three_moons import data, skies

ALL_TRIPLES = [skies.VALIDATION_TRIPLE, *skies.TRAIN_TRIPLES]


def test_the_nine_skies_have_the_smallest_common_periods_of_all_thirty_five():
    every = list(itertools.combinations([0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5], 3))
    smallest = sorted(skies.common_period(triple) for triple in every)[:9]
    assert sorted(skies.common_period(triple) for triple in ALL_TRIPLES) == smallest
    assert set(ALL_TRIPLES) <= set(every)
    assert len(set(ALL_TRIPLES)) == 9
    below_the_tie = {triple for triple in every if skies.common_period(triple) < 6}
    assert below_the_tie <= set(skies.TRAIN_TRIPLES)


def test_training_skies_are_sorted_and_the_sixth_is_the_one_shown():
    periods = [skies.common_period(triple) for triple in skies.TRAIN_TRIPLES]
    assert periods == sorted(periods)
    assert skies.SHOWN_TRAIN_TRIPLE == (0.5, 1.0, 2.5)
    assert skies.VALIDATION_TRIPLE == (1.0, 2.0, 3.0)


def test_periods_in_points():
    shown = [skies.period_in_points(period) for period in skies.SHOWN_TRAIN_TRIPLE]
    assert shown == pytest.approx([22.2222, 44.4444, 111.1111], abs=1e-4)
    common = skies.period_in_points(skies.common_period(skies.SHOWN_TRAIN_TRIPLE))
    assert common == pytest.approx(222.2222, abs=1e-4)


@pytest.mark.parametrize(
    ("triple", "common"),
    [((0.5, 1.0, 2.0), 2.0), ((0.5, 1.5, 3.0), 3.0), ((1.5, 2.0, 3.0), 6.0), ((1.0, 2.5, 3.5), 35)],
)
def test_common_period(triple, common):
    assert skies.common_period(triple) == common


def test_trajectory_is_sine_and_cosine_of_each_moon_in_order():
    points = data.trajectory((0.5, 1.0, 2.5), start=7, length=30)
    assert points.shape == (30, 6)
    assert points.dtype == torch.float32
    for point in (0, 29):
        for moon, period in enumerate((0.5, 1.0, 2.5)):
            angle = 2 * math.pi * (7 + point) * 18 / 800 / period + 0.3
            assert points[point, 2 * moon] == pytest.approx(math.sin(angle), abs=1e-6)
            assert points[point, 2 * moon + 1] == pytest.approx(math.cos(angle), abs=1e-6)


def test_far_from_the_origin_angles_are_still_exact():
    points = data.trajectory((0.5, 1.0, 2.5), start=9_990, length=10)
    time = np.arange(9_990, 10_000) * 18 / 800
    exact = np.sin(2 * np.pi * time / 0.5 + 0.3)
    assert np.abs(points[:, 0].double().numpy() - exact).max() < 6e-8


def test_trajectories_of_many_skies_at_once():
    starts = torch.tensor([0, 5000, 123])
    together = data.trajectory(torch.tensor(skies.TRAIN_TRIPLES[:3]), starts, 20)
    for index, start in enumerate(starts.tolist()):
        alone = data.trajectory(skies.TRAIN_TRIPLES[index], start, 20)
        assert torch.equal(together[index], alone)


def test_moons_return_after_whole_turns_and_the_sky_after_three_common_periods():
    # 400 points are 9 units of time, 800 points are 18: the first whole numbers of both.
    points = data.trajectory((1.0, 2.0, 3.0), start=0, length=2000)
    for moon, returns in enumerate((True, False, True)):  # 9, 4.5 and 3 turns
        own = points[:, 2 * moon : 2 * moon + 2]
        sign = 1 if returns else -1  # half a turn is the opposite side
        assert (own[400:] - sign * own[:-400]).abs().max() < 1e-6
    assert (points[800:] - points[:-800]).abs().max() < 1e-6


def test_batch_is_a_sequence_and_the_same_shifted_by_one():
    x, y = data.sample_batch(skies.TRAIN_TRIPLES, 5, 50, torch.Generator().manual_seed(0))
    assert x.shape == y.shape == (5, 50, 6)
    assert x.dtype == torch.float32
    assert torch.equal(x[:, 1:], y[:, :-1])


def test_batch_follows_its_generator():
    draws = [
        data.sample_batch(skies.TRAIN_TRIPLES, 4, 10, seeds.torch_generator(seed, "batches"))[0]
        for seed in (3, 3, 4)
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def periods_seen(x: torch.Tensor) -> torch.Tensor:
    """Period of each moon (batch, 3), from how far it turns between the first two points."""
    angle = torch.atan2(x[..., 0::2].double(), x[..., 1::2].double())  # (batch, time, 3)
    turn = (angle[:, 1] - angle[:, 0]) % (2 * math.pi)
    return 2 * math.pi / turn / skies.SAMPLES_PER_UNIT


def test_batches_draw_every_training_sky_equally_often_and_never_the_unseen_one():
    x, _ = data.sample_batch(skies.TRAIN_TRIPLES, 8_000, 2, torch.Generator().manual_seed(1))
    seen = periods_seen(x)
    known = torch.tensor(ALL_TRIPLES, dtype=torch.float64)
    distance = (seen[:, None] - known).abs().amax(-1)  # (batch, skies)
    assert distance.min(dim=1).values.max() < 0.01
    counts = distance.argmin(dim=1).bincount(minlength=9)
    assert counts[0] == 0
    assert (counts[1:] - 1000).abs().max() < 120  # four standard deviations


def test_starts_cover_the_axis_and_leave_room_for_two_sequences():
    length, n_starts = 4950, 10_000 - 2 * 4950 - 1
    triple = (1.0, 2.0, 3.5)
    generator = torch.Generator().manual_seed(2)
    x = torch.cat([data.sample_batch([triple], 100, length, generator)[0][:, 0] for _ in range(10)])
    # The first observation tells the start, because no period returns so soon.
    distance = torch.cdist(x, data.trajectory(triple, 0, n_starts))
    assert distance.min(dim=1).values.max() < 1e-3
    assert set(distance.argmin(dim=1).tolist()) == set(range(n_starts))


@pytest.mark.parametrize("length", [0, 5000])
def test_impossible_lengths_are_refused(length):
    with pytest.raises(ValueError, match="allowed are 1 to 4999"):
        data.sample_batch(skies.TRAIN_TRIPLES, 1, length, torch.Generator())


def test_the_longest_length_is_allowed():
    x, _ = data.sample_batch(skies.TRAIN_TRIPLES, 1, 4999, torch.Generator().manual_seed(0))
    assert x.shape == (1, 4999, 6)


def test_no_sky_is_refused():
    with pytest.raises(ValueError, match="no triple"):
        data.sample_batch([], 1, 10, torch.Generator())
