"""Numbers of the comparison, read from the recorded table; torch is not needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.cross_paper import rates
from memstudy.experiments.cross_paper.retention.config import (
    AUTOENCODER,
    FAMILIES,
    LAST,
    UNTRAINED,
    causal_arm,
    causal_name,
    other_arm,
)
from memstudy.experiments.embedding_information.config import ENCODER, UNIGRAM, part_name
from memstudy.experiments.embedding_information.readings import by_position, values
from memstudy.records import facts

if TYPE_CHECKING:
    from memstudy.study import Results

CAUSAL = "causal"
KINDS = (UNTRAINED, CAUSAL, AUTOENCODER)  # what an encoder is trained for
LEFT_OUT = {"all tokens": 0, f"without the last {LAST}": LAST}  # tokens at the end, by measure


def arm(results: Results, family: str, kind: str) -> str:
    """Name of the arm of a kind of encoder that has every seed."""
    if kind == CAUSAL:
        return causal_arm(results.profile.retention, family)
    return other_arm(family, kind)


def seeds(results: Results) -> list[int]:
    """Seeds that all judged arms have."""
    judged = [arm(results, family, kind) for family in FAMILIES for kind in KINDS]
    return sorted(set.intersection(*(set(results.seeds_of(name)) for name in judged)))


def positions(results: Results, family: str, kind: str) -> np.ndarray:
    """(runs, positions) token accuracy of the probe, over the seeds that all arms have."""
    name = arm(results, family, kind)
    found = by_position(results, name, results.profile.retention.part)
    return found[np.isin(results.seeds_of(name), seeds(results))]


def accuracy(results: Results, family: str, kind: str, left_out: int = 0) -> np.ndarray:
    """(runs,) token accuracy of the probe without so many tokens at the end of each sequence."""
    found = positions(results, family, kind)
    return found[:, : found.shape[1] - left_out].mean(axis=1)


def lead(results: Results, left_out: int = 0) -> np.ndarray:
    """(runs,) accuracy on causal mosaics less that on causal transformers of the same seed."""
    mosaic, transformer = (accuracy(results, family, CAUSAL, left_out) for family in FAMILIES)
    return mosaic - transformer


def gain(results: Results, family: str, left_out: int = 0) -> np.ndarray:
    """(runs,) accuracy on causal encoders less that on the untrained ones of the same seed."""
    causal, untrained = (accuracy(results, family, kind, left_out) for kind in (CAUSAL, UNTRAINED))
    return causal - untrained


def control(results: Results, family: str, left_out: int = 0) -> np.ndarray:
    """(runs,) what the probe gets out of an autoencoder's vector beyond the commonest token."""
    return accuracy(results, family, AUTOENCODER, left_out) - commonest(results)


def commonest(results: Results) -> float:
    """Accuracy of always naming the commonest token: of the text alone, the same for every arm."""
    name = arm(results, FAMILIES[0], CAUSAL)
    part = part_name(UNIGRAM, results.profile.retention.length)
    return float(values(results, name, "accuracy", part)[0])


def entropy_ratio(results: Results, family: str, kind: str) -> np.ndarray:
    """(runs,) entropy ratio of the probe on all tokens."""
    part = results.profile.retention.part
    return values(results, arm(results, family, kind), "entropy_ratio", part)


def next_token_loss(results: Results, family: str) -> np.ndarray:
    """(runs,) held-out next-token loss in nats of a family's causal encoders."""
    return values(results, arm(results, family, CAUSAL), "own_loss", ENCODER)


def rate_losses(results: Results, family: str) -> dict[float, float]:
    """Held-out next-token loss in nats of the first seed, by learning rate."""
    first = results.profile.seeds[0]
    found = {}
    for rate in results.profile.retention.learning_rates:
        name = causal_name(family, rate)
        losses = values(results, name, "own_loss", ENCODER)
        found[rate] = float(losses[results.seeds_of(name).index(first)])
    return found


def rate_accuracies(results: Results, family: str) -> dict[float, float]:
    """Token accuracy of the probe on all tokens with the first seed, by learning rate."""
    part, first = results.profile.retention.part, results.profile.seeds[0]
    found = {}
    for rate in results.profile.retention.learning_rates:
        name = causal_name(family, rate)
        right = values(results, name, "accuracy", part)
        found[rate] = float(right[results.seeds_of(name).index(first)])
    return found


def misplaced(results: Results) -> list[str]:
    """Families whose rate with every seed is to be looked at; see ``rates.misplaced``."""
    best = results.profile.retention.best_rate
    return rates.misplaced(
        (family, rate_losses(results, family), best(family)) for family in FAMILIES
    )


def parameters(results: Results, family: str) -> int:
    """Parameters of a family's encoders, without a head."""
    return facts(results, arm(results, family, CAUSAL))["parameters"]
