"""What must be true of recorded runs whatever was found in them."""

from memstudy import study
from memstudy.experiments.copy_tasks import tables as copy_tables
from memstudy.experiments.embedding_information import arms, tables
from memstudy.experiments.embedding_information.config import CAUSAL, ENCODER
from memstudy.experiments.memory_hierarchy import readings, shapes


def facts_of(results, arm=None):
    return [one.run["facts"] for one in results.recorded if arm is None or one.run["arm"] == arm]


def test_frozen_encoders_of_memory_models_stayed_frozen():
    frozen = copy_tables.frozen_stays_frozen(study.results("copy_tasks", profile="cpu"))
    assert frozen and all(frozen.values())


def test_probes_of_one_length_read_the_same_windows_and_their_operations_add_up():
    results = study.results("embedding_information", profile="cpu")
    profile = results.profile
    judged = facts_of(results, CAUSAL)
    assert len(judged) == len(profile.seeds)
    for facts in judged:
        assert facts["flops"] == facts["encoder_flops"] + facts["probe_flops"]
        assert set(facts["stages"]) == {ENCODER, *tables.parts(arms.arms(profile)[CAUSAL])}
    for length in profile.lengths:
        windows = {
            (run.run["config"]["encoder"]["text"]["corpus"], facts[str(length)])
            for run in results.recorded
            for facts in [run.run["facts"].get("windows_sha256", {})]
            if str(length) in facts
        }
        assert len(windows) == len({corpus for corpus, _ in windows})


def test_counted_operations_of_the_cost_hierarchy_are_explained():
    results = study.results("memory_hierarchy", profile="cpu")
    counted = [count for shape in shapes.SHAPES for count in readings.counts(results, shape)]
    assert counted and all(count.unexplained == 0 for count in counted)
