"""Tables and fixed-format lines of the notebook; torch is not needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memstudy.experiments.embedding_information import finite_language, readings
from memstudy.experiments.embedding_information.arms import arms
from memstudy.experiments.embedding_information.config import (
    ENCODER,
    ITSELF,
    NEXT_TOKEN,
    RANDOM,
    REGENERATION,
    UNIGRAM,
    InformationUnit,
    part_name,
)
from memstudy.records import brief, facts

if TYPE_CHECKING:
    from memstudy.study import Results

LAST = 5  # tokens that are told one by one


def parts(config: InformationUnit) -> list[str]:
    """What an arm's vectors were read by: its own decoder first, then the probes by length."""
    own = [part_name(ITSELF, config.encoder.length)]
    probes = sorted(config.probes, key=lambda probe: (probe.length, probe.table))
    return (own if config.encoder.objective == REGENERATION else []) + [p.part for p in probes]


def encoders(results: Results) -> list[dict[str, Any]]:
    """One row an arm: what it was trained on and for, what that cost, how well it does its own."""
    rows = []
    for arm, config in arms(results.profile).items():
        found, made = facts(results, arm), config.encoder
        stage = found["stages"].get(ENCODER, {})
        rows.append(
            {
                "arm": arm,
                "runs": len(results.seeds_of(arm)),
                "objective": made.objective if config.contrast is None else "find the passage",
                "family": made.network.family,
                "d": made.network.d_model,
                "n": made.length,
                "parameters": found["parameters"],
                "tokens": stage.get("tokens_seen", 0),
                "10¹² operations": round(found["encoder_flops"] / 1e12, 2),
                "own loss": own_loss(results, arm, config),
            }
        )
    return rows


def own_loss(results: Results, arm: str, config: InformationUnit) -> float | None:
    """Held-out loss of a causal encoder on the next token; None for others."""
    if config.encoder.objective != NEXT_TOKEN or config.contrast is not None:
        return None
    return round(float(readings.values(results, arm, "own_loss", ENCODER).mean()), 3)


def decoder_lines(results: Results) -> list[str]:
    """Token accuracy, entropy ratio and loss of every decoder of every encoder."""
    lines = []
    for arm, config in arms(results.profile).items():
        for part in parts(config):
            told = [
                f"{name} {brief(readings.values(results, arm, metric, part), '.3f')}"
                for metric, name in (
                    ("accuracy", "accuracy"),
                    ("entropy_ratio", "entropy ratio"),
                    ("loss", "loss"),
                )
            ]
            lines.append(f"{arm}, {part}: {', '.join(told)}")
    return lines


def unigram_lines(results: Results) -> list[str]:
    """What the frequencies of tokens give, by text and length of the sequences."""
    lines = {}
    for arm, config in arms(results.profile).items():
        for part in parts(config):
            length = part.split()[1]
            level = [
                readings.values(results, arm, metric, part_name(UNIGRAM, int(length))).mean()
                for metric in ("accuracy", "loss")
            ]
            text = config.encoder.text.corpus
            lines[text, int(length)] = (
                f"frequencies alone, {text}, n = {length}: accuracy {level[0]:.3f}, "
                f"loss {level[1]:.3f}"
            )
    return [lines[key] for key in sorted(lines)]


def position_lines(results: Results) -> list[str]:
    """The strict probe's accuracy at the last tokens, mean over runs."""
    lines = []
    for length, more in {
        results.profile.length: [],
        results.profile.judged_length: readings.trained_for_less(results),
    }.items():
        for arm in (*readings.MAIN, *more):
            found = readings.from_the_end(results, arm, length).mean(0)
            last = " ".join(f"{value:.2f}" for value in found[:LAST])
            before = f", before them {found[LAST:].mean():.2f}" if length > LAST else ""
            lines.append(f"{arm}, strict {length}, from the last token back: {last}{before}")
    return lines


def random_lines(results: Results) -> list[str]:
    """What autoencoders make of uniformly drawn tokens."""
    return [
        f"{arm}, random tokens: accuracy "
        + " and loss ".join(
            brief(readings.values(results, arm, metric, part, RANDOM), ".3f")
            for metric in ("accuracy", "loss")
        )
        for arm, config in arms(results.profile).items()
        if config.encoder.objective == REGENERATION
        for part in [part_name(ITSELF, config.encoder.length)]
    ]


def finite_lines(results: Results) -> list[str]:
    """The finite language: excess losses, costs of merging, least distances."""
    lines = []
    for encoder in finite_language.ENCODERS:
        within = finite_language.measured(results, "spread_within", encoder)
        least = finite_language.measured(results, "least_distance", encoder)
        told = f"within groups {brief(within, '.3f')}, least distance {brief(least, '.3f')}"
        if encoder != "untrained":
            excess = finite_language.measured(results, "excess_loss", encoder)
            cost = finite_language.measured(results, "merging_cost", encoder)
            told += f", excess loss {brief(excess, '.4f')}, merging costs {brief(cost, '.3f')}"
        lines.append(f"finite language, {encoder}: {told}")
    return lines


def check_lines(results: Results) -> list[str]:
    """All lines of the notebook's check."""
    return [
        *decoder_lines(results),
        *unigram_lines(results),
        *position_lines(results),
        *random_lines(results),
        *finite_lines(results),
    ]
