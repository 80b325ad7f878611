"""Numbers read from the recorded table of the embedding experiment; torch is not needed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.embedding_information.arms import arms
from memstudy.experiments.embedding_information.config import (
    AUTOENCODER,
    CAUSAL,
    CONTRASTIVE,
    ITSELF,
    OFFICIAL,
    STRICT,
    TEXT,
    UNIGRAM,
    UNTRAINED,
    autoencoder_arm,
    part_name,
    steps_arm,
    width_arm,
)
from memstudy.records import along, facts

if TYPE_CHECKING:
    from memstudy.study import Results

MAIN = (UNTRAINED, CAUSAL, CONTRASTIVE, AUTOENCODER)  # encoders that stand side by side
RESULT = -1  # step of what was measured after all training


def values(results: Results, arm: str, metric: str, part: str, split: str = TEXT) -> np.ndarray:
    """A number of every run of an arm, in the order of the seeds: (runs,)."""
    table = results.select(metric=metric, model=arm, part=part, split=split, step=RESULT)
    return table.sort_values("seed")["value"].to_numpy()


def probed(results: Results, arm: str, metric: str, length: int, table: str = STRICT) -> np.ndarray:
    """What a probe found: (runs,)."""
    return values(results, arm, metric, part_name(table, length))


def by_position(
    results: Results, arm: str, part: str, split: str = TEXT, metric: str = "accuracy_by_position"
) -> np.ndarray:
    """Accuracy at every position: (runs, positions)."""
    table = results.select(metric=metric, model=arm, part=part, split=split)
    return table.pivot(index="seed", columns="position", values="value").to_numpy()


def from_the_end(results: Results, arm: str, length: int) -> np.ndarray:
    """Accuracy of the strict probe of an encoder, the last token first: (runs, positions).

    Of ``autoencoder`` it is the one of that length.
    """
    read = autoencoders(results)[length] if arm == AUTOENCODER else arm
    return by_position(results, read, part_name(STRICT, length))[:, ::-1]


def curve(results: Results, arm: str, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Held-out loss during a training: steps, (points,), and losses, (runs, points)."""
    table = results.select(metric="loss", model=arm, part=part, split=TEXT)
    return along(table[table.step >= 0], "step")


def gap(results: Results, length: int, arm: str = CAUSAL, table: str = STRICT) -> np.ndarray:
    """Entropy ratio of an encoder minus that of the untrained one of the same seed: (runs,)."""
    ratio = [probed(results, name, "entropy_ratio", length, table) for name in (arm, UNTRAINED)]
    return ratio[0] - ratio[1]


def control(results: Results, length: int) -> np.ndarray:
    """What the strict probe finds in an autoencoder's vector beyond the commonest token: (runs,).

    The probe is that of all other encoders: what it is trained for decides what it can show.
    """
    arm = autoencoders(results)[length]
    floor = values(results, arm, "accuracy", part_name(UNIGRAM, length))
    return probed(results, arm, "accuracy", length) - floor


def found_passages(results: Results) -> np.ndarray:
    """Share of held-out passages that the contrastive encoder finds in its batch: (runs,)."""
    seeds = results.seeds_of(CONTRASTIVE)
    stages = [facts(results, CONTRASTIVE, seed)["stages"]["encoder"] for seed in seeds]
    return np.array([stage["retrieval_accuracy"] for stage in stages])


def passages_at_once(results: Results) -> int:
    """Passages of a batch, of which the contrastive encoder has to find one."""
    return arms(results.profile)[CONTRASTIVE].contrast.passages


def trained_for_less(results: Results) -> list[str]:
    """Arms of causal encoders of fewer steps than the first one, rising."""
    return [steps_arm(steps) for steps in results.profile.fewer_steps]


def data_sweep(results: Results) -> tuple[np.ndarray, np.ndarray]:
    """Tokens that causal encoders saw, (points,), and their strict token accuracy, (runs, points).

    At the length where BM-1 is judged.
    """
    profile = results.profile
    names = [*trained_for_less(results), CAUSAL]
    recipes = [arms(profile)[name].encoder.recipe for name in names]
    tokens = [
        recipe.steps * recipe.batch_size(profile.window) * profile.window for recipe in recipes
    ]
    return np.array(tokens), accuracies(results, names)


def width_sweep(results: Results, arm: str = CAUSAL) -> tuple[np.ndarray, np.ndarray]:
    """Widths, (points,), and strict token accuracy, (runs, points); as :func:`data_sweep`."""
    profile = results.profile
    names = [*(width_arm(arm, width) for width in profile.widths), arm]
    return np.array([*profile.widths, profile.network.d_model]), accuracies(results, names)


def accuracies(results: Results, names: Sequence[str]) -> np.ndarray:
    """Strict token accuracy of several arms where BM-1 is judged: (runs, arms)."""
    length = results.profile.judged_length
    return np.stack([probed(results, name, "accuracy", length) for name in names], axis=1)


def slopes(x: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """Slope of the straight line nearest to each run's points: (runs,).

    Args:
        x: (points,).
        curves: (runs, points).
    """
    centred = x - x.mean()
    return (curves @ centred) / (centred @ centred)


def length_sweep(results: Results, arm: str = CAUSAL) -> np.ndarray:
    """Strict token accuracy at each of the profile's lengths: (runs, lengths)."""
    return np.stack(
        [probed(results, arm, "accuracy", length) for length in results.profile.lengths], axis=1
    )


def tables(results: Results, arm: str, metric: str) -> dict[str, np.ndarray]:
    """What both probes of an encoder found at the profile's length, by table: (runs,) each."""
    length = results.profile.length
    return {table: probed(results, arm, metric, length, table) for table in (STRICT, OFFICIAL)}


def itself(results: Results, arm: str, metric: str, length: int, split: str = TEXT) -> np.ndarray:
    """What an autoencoder's own decoder regenerates: (runs,)."""
    return values(results, arm, metric, part_name(ITSELF, length), split)


def autoencoders(results: Results) -> dict[int, str]:
    """Arms of the transformer autoencoders by the length of their sequences."""
    profile = results.profile
    others = (profile.easy_length, *profile.hard_lengths)
    found = {length: autoencoder_arm(length) for length in others} | {profile.length: AUTOENCODER}
    return dict(sorted(found.items()))
