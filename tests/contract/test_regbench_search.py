"""The settings that have all seeds are those that the search chose."""

from memstudy import study
from memstudy.experiments.regbench import readings
from memstudy.experiments.regbench.profiles import CPU_SETTINGS, CPU_WINNERS


def test_winners_have_the_lowest_validation_loss_of_the_first_seed():
    results = study.results("regbench", profile="cpu")
    assert set(CPU_WINNERS) == set(CPU_SETTINGS)
    for name, place in CPU_WINNERS.items():
        points = readings.tried(results, name, 100)
        assert len(points) == len(CPU_SETTINGS[name])
        assert points[0].setting == CPU_SETTINGS[name][place]
        assert results.seeds_of(points[0].arm) == list(results.profile.seeds)
        assert all(results.seeds_of(point.arm) == [0] for point in points[1:])


def test_all_models_were_tested_on_the_same_sequences():
    results = study.results("regbench", profile="cpu")
    for split in ("train", "validation", "test", "validation_in", "test_in"):
        hashes = {
            readings.facts(results, point.arm, seed)["data"][split]["sha256"]
            for point in results.profile.points
            for seed in results.seeds_of(point.arm)
        }
        assert len(hashes) == 1, split
