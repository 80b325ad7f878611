"""Tables and fixed lines of notebook 09, made from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory import readings
from memstudy.experiments.sparse_memory.config import (
    CONTROL,
    LABELS,
    MAIN,
    PLANTED_COPIES,
    RAG,
    REAL_MAIN,
)
from memstudy.experiments.sparse_memory.modes import MODES
from memstudy.experiments.sparse_memory.side_figures import codecs
from memstudy.records import brief, facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from memstudy.study import Results


def arms(results: Results) -> list[dict[str, Any]]:
    """One row an arm: its size, what it was trained on, and its main scores."""
    rows = []
    for name in results.profile.arms:
        found = facts(results, name)
        reads = not name.startswith(CONTROL)
        part = m.ON if reads else m.OFF
        row = {
            "arm": LABELS[name],
            "parameters": found["non_embedding_parameters"],
            "tokens": found["tokens_seen"],
            "kept": found["kept_tokens"] if reads and name != RAG else "",
        }
        for split in (m.USED, m.HELD_OUT):
            row[f"{split}, reads"] = mean(results, name, m.ACCURACY, split, m.ON) if reads else ""
            row[f"{split}, nothing"] = mean(results, name, m.ACCURACY, split, m.OFF)
        row["copying"] = mean(results, name, m.COPYING, m.HELD_OUT, part)
        rows.append(row)
    return rows


def mean(results: Results, *which: str) -> float:
    """A score's mean over seeds as a table shows it; arguments as those of ``readings.scores``."""
    return round(float(readings.scores(results, *which).mean()), 3)


def arm_lines(results: Results) -> list[str]:
    """Accuracy, loss and coverage of every arm on held-out entities."""
    lines = []
    for name in results.profile.arms:
        reads = not name.startswith(CONTROL)
        for part in (m.ON, m.OFF, m.SWAPPED) if reads else (m.OFF,):
            told = [
                f"{metric} {brief(readings.scores(results, name, metric, m.HELD_OUT, part), '.3f')}"
                for metric in (m.ACCURACY, m.NLL, m.COPYING)
            ]
            lines.append(f"{LABELS[name]}, {part}: {'; '.join(told)}")
    return lines


def used_lines(results: Results) -> list[str]:
    """Accuracy of every arm on training entities, drawn as often as they are used."""
    lines = []
    for name in results.profile.arms:
        parts = (m.OFF,) if name.startswith(CONTROL) else (m.ON, m.OFF)
        told = [
            f"{part} {brief(readings.scores(results, name, m.ACCURACY, m.USED, part), '.3f')}"
            for part in parts
        ]
        lines.append(f"{LABELS[name]}, training entities: {'; '.join(told)}")
    return lines


def by_position(
    results: Results, title: str, metric: str, split: str, part: str, arm: str = MAIN
) -> str:
    """A line of scores by position."""
    places, found = readings.by_position(results, metric, split, part, arm)
    told = [f"{place}: {brief(v, '.3f')}" for place, v in zip(places, found.T, strict=True)]
    return f"{title}: {', '.join(told)}"


def sweep_lines(results: Results) -> list[str]:
    """Coverage and accuracy by kept tokens and rule."""
    return [
        by_position(results, f"{rule}, {metric} by kept tokens", metric, m.HELD_OUT, rule)
        for rule in results.profile.test.selections
        for metric in (m.COVERAGE, m.ACCURACY)
    ]


def copies_lines(results: Results) -> list[str]:
    """By threshold of the overlap filter: accuracy, and what a search has found.

    What is found depends on no weights, and is the same for every seed.
    """

    def by_filter(metric: str, part: str) -> dict[int, float]:
        places, found = readings.by_position(results, metric, m.PLANTED, part, PLANTED_COPIES)
        return dict(zip(places, found[0], strict=True))

    title, place = "accuracy by filter", (m.ACCURACY, m.PLANTED, m.FILTERED)
    lines = [by_position(results, title, *place, PLANTED_COPIES)]
    for part, words in ((m.FILTERED, "words that cards have"), (m.EVERY_WORD, "every word")):
        own, other, right = (by_filter(name, part) for name in (m.COPIES, m.OTHER_COPIES, m.RECALL))
        told = [f"{p}: {own[p]:.0f}, {other[p]:.0f}, {right[p]:.2f}" for p in own]
        what = "copies of the text, of others, share with the own card"
        lines.append(f"read by filter, search by {words} ({what}): {'; '.join(told)}")
    return lines


def side_lines(results: Results) -> list[str]:
    """Distractors, look-ahead, filter, examples, forms of storage, popularity."""
    late, own = (
        readings.scores(results, MAIN, m.ACCURACY, m.HELD_OUT, part) for part in (m.LAGGED, m.ON)
    )
    lines = [
        by_position(results, "accuracy by cards read", m.ACCURACY, m.HELD_OUT, m.AMONG),
        f"without look-ahead: {brief(late, '.3f')}, with: {brief(own, '.3f')}",
        *copies_lines(results),
        by_position(results, "accuracy by examples, own card", m.ACCURACY, m.SHOTS, m.ON),
        by_position(results, "accuracy by examples, nothing", m.ACCURACY, m.SHOTS, m.OFF),
        by_position(results, "accuracy by bucket, own card", m.ACCURACY, m.RANKED, m.ON),
        by_position(results, "accuracy by bucket, nothing", m.ACCURACY, m.RANKED, m.OFF),
        by_position(results, "control's accuracy by bucket", m.ACCURACY, m.RANKED, m.OFF, CONTROL),
    ]
    for name in codecs(results):
        found = readings.scores(results, MAIN, m.ACCURACY, m.HELD_OUT, name)
        size = readings.scores(results, MAIN, m.VECTOR_BYTES, m.HELD_OUT, name)[0]
        lines.append(f"stored as {name}, {size:g} bytes a vector: {brief(found, '.3f')}")
    return lines


def found_lines(results: Results) -> list[str]:
    """Cards that a search finds: how often the right one, and what is made of them."""
    searches = {(arm, m.RETRIEVED) for arm in (MAIN, RAG, REAL_MAIN)} | {(REAL_MAIN, m.EMBEDDED)}
    lines = []
    for arm, part in sorted(searches):
        if arm not in results.profile.arms:
            continue
        for split in (m.HELD_OUT, m.NEW):
            told = [
                f"{metric} {brief(readings.scores(results, arm, metric, split, part), '.3f')}"
                for metric in (m.RECALL, m.ACCURACY)
            ]
            lines.append(f"{part}, {LABELS[arm]}, {split}: {'; '.join(told)}")
    return lines


def speed_lines(results: Results) -> list[str]:
    """Tokens a second by mode."""
    return [f"{mode}: {brief(readings.speeds(results, mode), '.1f')} tokens/s" for mode in MODES]


CHECKED: tuple[Callable[[Results], list[str]], ...] = (
    arm_lines,
    used_lines,
    sweep_lines,
    side_lines,
    found_lines,
    speed_lines,
)
