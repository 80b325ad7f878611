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


def test_all_models_were_tested_on_the_same_sequences_whatever_they_were_trained_on():
    results = study.results("regbench", profile="cpu")
    hashes = {}
    for point in results.profile.points:
        for seed in results.seeds_of(point.arm):
            for split, found in readings.facts(results, point.arm, seed)["data"].items():
                size = None if split in ("validation", "test") else point.environments
                hashes.setdefault((split, size), set()).add(found["sha256"])
    assert {split for split, size in hashes if size == 100} == {"train", "validation_in", "test_in"}
    assert {size for split, size in hashes if split == "train"} == {100, 500}
    assert all(len(found) == 1 for found in hashes.values()), hashes
    assert hashes["train", 100] != hashes["train", 500]
