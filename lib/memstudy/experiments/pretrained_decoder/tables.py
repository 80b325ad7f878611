"""The tables of the notebook, and the fixed-format lines of its check cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.experiments.copy_tasks.config import FROZEN, NO_MEMORY, TRAINABLE
from memstudy.experiments.pretrained_decoder import readings
from memstudy.experiments.pretrained_decoder.config import (
    AFTER,
    BEFORE,
    GENERAL,
    MEMORIES,
    OWN,
    STARTS,
    arm_name,
)
from memstudy.records import brief, facts

if TYPE_CHECKING:
    from memstudy.study import Results

MEMORY_WORDS = {
    NO_MEMORY: "no memory",
    TRAINABLE: "trainable encoder",
    FROZEN: "frozen autoencoder",
}
START_WORDS = {"pretrained": "pretrained", "scratch": "from random weights"}
HEAD = ("decoder", "starts", "memories", "runs", "rate", "steps", "copy accuracy", "copy loss")
RATES_HEAD = ("decoder", "starts", "rate", "copy loss of the trial", "")
OWN_HEAD = ("decoder", "memories", "held-out text", "before", "after", "change")


def scores(results: Results) -> list[tuple[str, ...]]:
    """Rows of the table of final scores; see ``HEAD``."""
    rows = []
    for decoder in readings.decoders(results):
        for start in STARTS:
            for memory in MEMORIES:
                arm = arm_name(decoder.label, start, memory)
                known = facts(results, arm)
                rows.append(
                    (
                        decoder.title,
                        START_WORDS[start],
                        MEMORY_WORDS[memory],
                        str(len(results.seeds_of(arm))),
                        f"{known['learning_rate']:g}",
                        f"{known['steps']:,}",
                        brief(readings.score(results, arm, "accuracy"), ".3f"),
                        brief(readings.score(results, arm, "loss"), ".3f"),
                    )
                )
    return rows


def rates(results: Results) -> list[tuple[str, ...]]:
    """Rows of the table of learning rates that were tried; see ``RATES_HEAD``."""
    rows = []
    for decoder in readings.decoders(results):
        for start in STARTS:
            tried = readings.rates(results, decoder.label, start)
            arm = arm_name(decoder.label, start, TRAINABLE)
            chosen = facts(results, arm)["learning_rate"]
            for rate, loss in tried.items():
                mark = "chosen" if rate == chosen else ""
                words = (decoder.title, START_WORDS[start])
                rows.append((*words, f"{rate:g}", f"{loss:.3f}", mark))
    return rows


def edges(results: Results) -> list[str]:
    """A line for each start whose best learning rate is the smallest or largest of its grid."""
    return [
        f"{decoder.label}, {START_WORDS[start]}: the best learning rate is an edge of its grid"
        for decoder in readings.decoders(results)
        for start in STARTS
        if readings.at_an_edge(results, decoder.label, start)
    ]


def own_losses(results: Results) -> list[tuple[str, ...]]:
    """Rows of the table of what pretrained decoders know of the language; see ``OWN_HEAD``."""
    rows = []
    for decoder in readings.decoders(results):
        for memory in MEMORIES:
            arm = arm_name(decoder.label, "pretrained", memory)
            for text, told in ((OWN, "that of the training"), (GENERAL, "another")):
                before = readings.own_loss(results, arm, BEFORE, text)
                if len(before) == 0:
                    continue
                after = readings.own_loss(results, arm, AFTER, text)
                rows.append(
                    (
                        decoder.title,
                        MEMORY_WORDS[memory],
                        told,
                        brief(before, ".3f"),
                        brief(after, ".3f"),
                        brief(after - before, "+.3f"),
                    )
                )
    return rows


def check_lines(results: Results) -> list[str]:
    """Lines of the check cell beside those of the rules."""
    exact = readings.reconstruction(results)
    lines = [
        f"autoencoder of single chunks: token accuracy {exact.mean():.3f}, {len(exact)} runs",
        "arm | copy accuracy | gain over no memory | ahead of it from step | commonest token | rate"
        " | steps | runs",
    ]
    for decoder in readings.decoders(results):
        for start in STARTS:
            for memory in MEMORIES:
                arm = arm_name(decoder.label, start, memory)
                accuracy = readings.score(results, arm, "accuracy")
                gain = readings.gain(results, decoder.label, start, memory).mean()
                known = facts(results, arm)
                ahead = readings.ahead_from(results, decoder.label, start, memory)
                since = "never" if ahead is None else ahead
                lines.append(
                    f"{arm} | {accuracy.mean():.3f} | {gain:+.3f} | {since} | "
                    f"{known['chance']['accuracy']:.3f} | {known['learning_rate']:g} | "
                    f"{known['steps']} | {len(accuracy)}"
                )
    lines += edges(results)
    lines.append("pretrained decoder | held-out text | own loss before | after | change")
    for decoder in readings.decoders(results):
        for memory in MEMORIES:
            arm = arm_name(decoder.label, "pretrained", memory)
            for text in (OWN, GENERAL):
                before = readings.own_loss(results, arm, BEFORE, text)
                if len(before):
                    after = readings.own_loss(results, arm, AFTER, text)
                    change = brief(after - before, "+.3f")
                    lines.append(
                        f"{arm} | {text} | {before.mean():.3f} | {after.mean():.3f} | {change}"
                    )
    return lines
