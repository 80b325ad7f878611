"""Tables and fixed lines of notebook 04, made from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memstudy.experiments.regbench import published, readings
from memstudy.experiments.regbench.architecture_config import LABELS
from memstudy.experiments.regbench.measuring import STRINGS, TEST, TEST_IN
from memstudy.experiments.regbench.metrics import CONVENTIONS
from memstudy.experiments.regbench.mqar import ARMS as MQAR_ARMS
from memstudy.experiments.regbench.mqar_figure import accuracies, course
from memstudy.records import brief, facts

if TYPE_CHECKING:
    from memstudy.experiments.regbench.config import Point
    from memstudy.study import Results

SOLVED = 0.99  # accuracy from which recall counts as learned


def settings(results: Results) -> list[dict[str, Any]]:
    """One row a setting: size, seeds, validation loss of the first run, when it was lowest."""
    rows = []
    for size in results.profile.environments:
        for name in readings.architectures(results, size):
            for place, point in enumerate(readings.tried(results, name, size)):
                rows.append(setting_row(results, point) | {"stands": "yes" if not place else ""})
    return rows


def setting_row(results: Results, point: Point) -> dict[str, Any]:
    """What a setting is, what it costs and how it does on validation sequences."""
    found = facts(results, point.arm)
    best = found["best"]["validation"]
    epoch = found["steps"] // point.setting.recipe.epochs
    return {
        "architecture": LABELS[point.setting.architecture.name],
        "environments": point.environments,
        "setting": point.setting.name,
        "seeds": len(results.seeds_of(point.arm)),
        "parameters": found["parameters"],
        "state": found["state_size"],
        "validation loss": best["loss"],
        "best epoch": best["step"] // epoch,
    }


def setting_lines(results: Results) -> list[str]:
    """Every setting that was tried: validation loss of the first run, scores over its seeds."""
    lines = []
    for size in results.profile.environments:
        asked = [("accuracy", TEST, ""), ("tvd", TEST, "")]
        if size == results.profile.in_distribution_at:
            asked.append(("accuracy", TEST_IN, " in distribution"))
        for name in readings.architectures(results, size):
            for point in readings.tried(results, name, size):
                loss = readings.validation_loss(results, point)
                told = [
                    f"{metric}{where} "
                    f"{readings.scores_of_arm(results, point.arm, metric, split).mean():.3f}"
                    for metric, split, where in asked
                ]
                lines.append(f"tried {point.arm}: validation loss {loss:.3f}, {', '.join(told)}")
    return lines


def oracle_lines(results: Results) -> list[str]:
    """Accuracy and TVD of the predictors without training."""
    return [
        f"{name:16} accuracy {readings.oracle(results, name, 'accuracy'):.3f}, "
        f"TVD {readings.oracle(results, name, 'tvd'):.3f}"
        for name in readings.oracle_names(results)
    ]


def convention_lines(results: Results) -> list[str]:
    """Both measures of every chosen setting, under both conventions, beside the paper's."""
    lines = []
    for size in results.profile.environments:
        for name in readings.architectures(results, size):
            for metric in ("accuracy", "tvd"):
                told = [
                    f"{convention} "
                    + brief(readings.scores(results, name, size, metric, TEST, convention), ".3f")
                    for convention in CONVENTIONS
                ]
                paper = published.curve(metric, name).get(size)
                lines.append(
                    f"{name}, {size} environments, {metric}: {'; '.join(told)}; "
                    f"the paper {'–' if paper is None else f'{paper:.3f}'}"
                )
    return lines + control_lines(results) + defect_lines(results)


def defect_lines(results: Results) -> list[str]:
    """What it does to a baseline that every layer reads the embeddings."""
    lines = []
    for point in readings.defective(results):
        name = point.setting.architecture.name
        for split in (TEST, TEST_IN):
            own = readings.scores(results, name, point.environments, "accuracy", split)
            flat = readings.scores_of_arm(results, point.arm, "accuracy", split)
            lines.append(
                f"{name}, published defect, accuracy, {split}: {brief(flat, '.3f')}; built "
                f"properly {brief(own, '.3f')}"
            )
    return lines


def control_lines(results: Results) -> list[str]:
    """TVD and accuracy in distribution (Table 4), of the settings that stand for architectures.

    Then of those that a choice in distribution would have taken, over the seeds that they have.
    """
    size = results.profile.in_distribution_at
    named = readings.architectures(results, size)
    lines = [
        f"{name}, in distribution: "
        + told_in_distribution(results, readings.chosen(results, name, size).arm)
        for name in named
    ]
    for name in named:
        arm = readings.best_in_distribution(results, name).arm
        foreign = readings.scores_of_arm(results, arm, "accuracy", TEST)
        lines.append(
            f"{name}, chosen in distribution ({arm}): {told_in_distribution(results, arm)}; "
            f"unseen automata {brief(foreign, '.3f')}"
        )
    return lines


def told_in_distribution(results: Results, arm: str) -> str:
    """Accuracy and TVD of an arm in distribution."""
    return ", ".join(
        f"{metric} {brief(readings.scores_of_arm(results, arm, metric, TEST_IN), '.3f')}"
        for metric in ("accuracy", "tvd")
    )


def string_lines(results: Results) -> list[str]:
    """Accuracy after 0, 1, 4 and 9 finished strings at every size, beside the 3-gram's."""
    models = {
        f"{name}, {size} environments": readings.chosen(results, name, size).arm
        for size in results.profile.environments
        for name in readings.architectures(results, size)
    }
    lines = []
    for label, model in {**models, "3-gram": "3-gram"}.items():
        places, found, _ = readings.along(results, model, "accuracy", STRINGS)
        told = [
            f"{value:.3f} after {place}"
            for place, value in zip(places, found.mean(axis=0), strict=True)
            if place in (0, 1, 4, 9)
        ]
        lines.append(f"{label}, finished strings, accuracy: {', '.join(told)}")
    return lines


def mqar_lines(results: Results) -> list[str]:
    """Accuracy of recall by number of pairs."""
    lines = []
    for arm, name in MQAR_ARMS.items():
        if (results.table.model == arm).any():
            pairs, found = accuracies(results, arm)
            told = [
                f"{brief(values, '.3f')} with {count}"
                for count, values in zip(pairs, found.T, strict=True)
            ]
            steps, by_step = course(results, arm, int(pairs[-1]))
            solved = steps[by_step.mean(axis=0) >= SOLVED]
            when = f"from step {solved[0]} on" if len(solved) else f"never in {steps[-1]} steps"
            lines.append(
                f"recall, {name}: {', '.join(told)} pairs (n = {len(found)}); "
                f"{SOLVED} of {pairs[-1]} pairs {when}"
            )
    return lines
