"""Records of several experiments about one model are about the same weights."""

import re

import pytest

from memstudy.core import paths
from memstudy.core.store import Store, read_run
from memstudy.experiments.babistories_lm.config import STORIES, arm_name
from memstudy.language_models.config import MOSAIC, TRANSFORMER

TRAINED = "babistories_lm"
STORE = Store(paths.RESULTS)
PROFILES = ("cpu", "gpu", "paper")


def trained_arm(experiment, arm):
    """Arm of 02 whose model an arm of 03 or 05 looks at; None where it trained its own."""
    if experiment == "simple_wikipedia_ood":
        return arm.split("_on_")[0]
    families = {"mosaic": MOSAIC, "absolute": TRANSFORMER}
    return arm_name(STORIES, families[arm], 1) if arm in families else None


def records(experiment):
    for profile in PROFILES:
        for unit in STORE.unit_ids(experiment, profile):
            yield profile, read_run(STORE.folder(experiment, profile, unit))


@pytest.mark.parametrize("experiment", ["simple_wikipedia_ood", "attention_maps"])
def test_models_that_were_trained_in_02_are_the_ones_that_were_looked_at(experiment):
    compared = 0
    for profile, run in records(experiment):
        arm = trained_arm(experiment, run["arm"])
        if arm is None:
            continue
        source = read_run(STORE.folder(TRAINED, profile, f"{arm}-seed{run['seed']}"))
        assert run["facts"]["weights_sha256"] == source["facts"]["weights_sha256"], run["unit"]
        assert run["config"]["model"] == source["config"]["model"]
        compared += 1
    assert compared


def test_no_two_models_of_02_have_the_same_weights():
    found = [run["facts"].get("weights_sha256") for _, run in records(TRAINED)]
    known = [weights for weights in found if weights]
    assert known and len(set(known)) == len(known)


def test_the_recipes_are_what_the_recorded_search_chose():
    from memstudy import study
    from memstudy.experiments.babistories_lm import readings

    results = study.results(TRAINED, profile="cpu")
    for family in (MOSAIC, TRANSFORMER):
        assert readings.winner_is_used(results, family)


def test_what_is_said_of_the_rules_beside_them_is_what_was_recorded():
    from memstudy import study
    from memstudy.experiments.babistories_lm import tables

    results = study.results(TRAINED, profile="cpu")
    known = re.findall(r"\d+\.\d+", "\n".join(tables.check_lines(results)))
    said = [text for claim in results.experiment.claims for text in claim.corrections]
    numbers = re.findall(r"\d+\.\d+", " ".join(said))
    assert len(said) == 4 and numbers
    assert set(numbers) <= set(known)


def test_the_rule_on_foreign_text_would_hold_after_longer_training_as_is_said_beside_it():
    from memstudy import study
    from memstudy.experiments.simple_wikipedia_ood import claims, readings

    results = study.results("simple_wikipedia_ood", profile="cpu")
    found = claims.evidence(readings.paired(results, "stories", longer=True), "simplewiki")
    assert all(condition.holds for condition in found.conditions)


def test_what_is_said_of_longer_training_beside_the_rules_of_the_maps_is_what_was_recorded():
    from memstudy import study
    from memstudy.experiments.attention_maps.claims import RULES
    from memstudy.experiments.attention_maps.config import longer_arm

    results = study.results("attention_maps", profile="cpu")
    holds = {
        claim: [condition.holds for condition in rule(results, longer_arm).conditions]
        for claim, rule in RULES.items()
    }
    assert holds == {
        "MM-14": [False, True, True],  # no sink, but uneven
        "MM-15": [True, True, True, False, True],  # RoPE's loss rises enough, the mosaic's too far
        "MM-16": [True],
    }
