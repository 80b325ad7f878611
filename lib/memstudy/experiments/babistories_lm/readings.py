"""Numbers read from the recorded runs of the language models; torch is not needed here.

Differences between the families are always *transformer minus mosaic* of one seed: a positive
difference of losses speaks for the mosaic. Differences of ablations are *ablated minus full*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from memstudy.core.statistics import Interval, bootstrap
from memstudy.experiments.babistories_lm.config import (
    ABLATIONS,
    STORIES,
    WORLD,
    arm_name,
    copied_at,
    fan_in_at,
    fan_in_only_at,
    measured_unit,
    model_config,
    search_units,
)
from memstudy.experiments.babistories_lm.prompts import PROMPTS
from memstudy.language_models.config import FAMILIES, MOSAIC, TRANSFORMER
from memstudy.records import facts

if TYPE_CHECKING:
    from memstudy.study import Results

PAPER_CORPUS = "babistories"
FAMILY_NAMES = {MOSAIC: "mosaic", TRANSFORMER: "GPT2"}  # as they are shown
TEXT_NAMES = {
    PAPER_CORPUS: "BabiStories",
    "stories": "short stories",
    "story_world": "generated story world",
}
# MM-A1, MM-A2, MM-A3: what the mosaic does without.
ABLATION_IDS = {"mlp": "MM-A1", "no_leak": "MM-A2", "no_look_ahead": "MM-A3"}
ABLATION_NAMES = {
    "mlp": "a feed-forward network in place of persistent memory",
    "no_leak": "no leaky average of the keys",
    "no_look_ahead": "no look-ahead of the values",
}
NEVER_SHOWN = range(2, 8)  # depths that the paper leaves out (MM-A4)


def text_name(results: Results, text: str) -> str:
    """Name of a text of the profile for people; what stands in for BabiStories says so."""
    corpus = results.profile.texts[text].corpus
    name = TEXT_NAMES.get(corpus, corpus)
    stands_in = text == STORIES and corpus != PAPER_CORPUS
    return f"{name} (stand-in for BabiStories)" if stands_in else name


def text_title(results: Results, text: str) -> str:
    """The same on two lines where it is long."""
    return text_name(results, text).replace(" (", "\n(")


def texts(results: Results) -> list[str]:
    """Labels of the profile's texts."""
    return list(results.profile.texts)


def depths(results: Results) -> list[int]:
    """Numbers of blocks that the profile has, ascending."""
    return sorted(results.profile.depths)


def blocks(depth: int) -> str:
    """A depth in words: "1 block", "2 blocks"."""
    return f"{depth} block{'' if depth == 1 else 's'}"


def shown_depths(results: Results) -> list[int]:
    """Depth 1 and the greatest one, where the paper makes its claims."""
    return sorted({1, depths(results)[-1]} & set(depths(results)))


# --- losses ------------------------------------------------------------------------------------


def by_seed(results: Results, arm: str, **wanted: Any) -> np.ndarray:
    """One number a run, in the order of the arm's seeds: (runs,)."""
    found = results.select(model=arm, **wanted).set_index("seed")["value"]
    return found.reindex(results.seeds_of(arm)).to_numpy(dtype=np.float64)


def best_losses(
    results: Results, text: str, family: str, depth: int, *differences: str
) -> np.ndarray:
    """Lowest validation loss of every run, nats a token: (runs,)."""
    arm = arm_name(text, family, depth, *differences)
    return by_seed(results, arm, metric="best_loss", split="validation")


def loss_differences(results: Results, text: str, depth: int, *differences: str) -> np.ndarray:
    """Best validation loss of the transformer minus the mosaic's of the same seed: (runs,).

    Args:
        results: recorded runs.
        text: label of a text.
        depth: blocks.
        differences: of the mosaic's arm, such as ``COPIED``.
    """
    transformer = best_losses(results, text, TRANSFORMER, depth)
    return transformer - best_losses(results, text, MOSAIC, depth, *differences)


def copied_on(results: Results, text: str) -> tuple[int, ...]:
    """Depths of the text's mosaics that have the transformer's recipe, as the paper's have.

    None where both families have one recipe anyway.
    """
    return copied_at(results.profile) if text == results.profile.search_on else ()


def fan_in_depths(results: Results) -> tuple[int, ...]:
    """Depths with a transformer that starts and is trained as the mosaic; config.fan_in_model."""
    return fan_in_at(results.profile)


def fan_in_only_depths(results: Results) -> tuple[int, ...]:
    """Depths with a transformer that starts as the mosaic and is trained as a transformer."""
    return fan_in_only_at(results.profile)


@dataclass(frozen=True)
class Curves:
    """Learning curves of all runs of an arm."""

    tokens: np.ndarray  # (points,) seen so far
    values: np.ndarray  # (runs, points) nats a token


def curves(results: Results, text: str, family: str, depth: int, split: str) -> Curves:
    """Losses of the evaluations of an arm; ``split`` is ``"train"`` or ``"validation"``."""
    table = results.select(metric="loss", split=split, model=arm_name(text, family, depth))
    wide = table.pivot(index="seed", columns="step", values="value").sort_index(axis=1)
    a_step = tokens_seen(results) / results.profile.recipe.steps
    return Curves(wide.columns.to_numpy(dtype=np.float64) * a_step, wide.to_numpy())


def tokens_seen(results: Results) -> int:
    """Tokens that the training of a model reads, but for those of the search."""
    recipe, shape = results.profile.recipe, results.profile.shape
    return recipe.steps * recipe.batch_size * shape.context_length


def nats_a_character(results: Results, arm: str, loss: float) -> float:
    """A loss per token as one per character of the validation text: its tokeniser divided out."""
    text = facts(results, arm)["data"]["validation"]
    return loss * text["tokens"] / text["characters"]


# --- answers and continuations -----------------------------------------------------------------


def measures(results: Results, text: str) -> str:
    """What the models of a text are asked: ``"consistency"`` or ``"prompts"``."""
    model = model_config(results.profile, text, MOSAIC, 1)
    asked = measured_unit(results.profile, text, model)
    return "consistency" if asked.consistency is not None else "prompts"


def texts_with(results: Results, measure: str) -> list[str]:
    """Texts whose models are asked that."""
    return [text for text in texts(results) if measures(results, text) == measure]


def correct_answers(results: Results, arm: str) -> np.ndarray:
    """Share of runs that answer each question rightly, mean over seeds: (questions,)."""
    table = results.select(metric="cloze_correct", split="test", model=arm)
    return table.groupby(["part", "position"])["value"].mean().sort_index().to_numpy()


def chance(results: Results, arm: str) -> float:
    """Share of right answers of somebody who guesses."""
    return float(facts(results, arm)["cloze_chance"])


def scores(results: Results, text: str, arm: str, kind: str | None = None) -> np.ndarray:
    """What a text's models are asked for, right answers or key words, of every run: (runs,)."""
    read = consistency if measures(results, text) == "consistency" else key_word_hits
    return read(results, arm, kind)


def consistency(results: Results, arm: str, kind: str | None = None) -> np.ndarray:
    """Consistency score of every run, over all questions or those of one kind: (runs,)."""
    table = results.select(metric="cloze_correct", split="test", model=arm)
    if kind is not None:
        table = table[table["part"] == kind]
    return _mean_of_each_run(results, arm, table)


def question_kinds(results: Results, arm: str) -> list[str]:
    """Kinds of questions, in the order of their names."""
    return sorted(results.select(metric="cloze_correct", model=arm)["part"].unique())


def key_word_shares(results: Results, arm: str, split: str = "sampled") -> np.ndarray:
    """Share of continuations of each prompt with a key word, over samples and seeds: (prompts,)."""
    table = results.select(metric="key_word_hit", split=split, model=arm)
    runs = table.groupby(["part", "seed"])["value"].mean()
    return runs.groupby("part").mean().sort_index().to_numpy()


def key_word_hits(results: Results, arm: str, kind: str | None = None) -> np.ndarray:
    """Share of sampled continuations with a key word, of each run: (runs,)."""
    table = results.select(metric="key_word_hit", split="sampled", model=arm)
    if kind is not None:
        parts = [f"prompt {prompt.number:02}" for prompt in PROMPTS if prompt.kind == kind]
        table = table[table["part"].isin(parts)]
    return _mean_of_each_run(results, arm, table)


def continuations(results: Results, arm: str) -> list[str]:
    """Greedy continuations of the prompts by the arm's first run."""
    return facts(results, arm)["continuations"]


def _mean_of_each_run(results: Results, arm: str, table: Any) -> np.ndarray:
    means = table.groupby("seed")["value"].mean()
    return means.reindex(results.seeds_of(arm)).to_numpy(dtype=np.float64)


@dataclass(frozen=True)
class Paired:
    """Two families on the same questions or prompts."""

    mosaic: float  # mean score
    transformer: float
    difference: Interval  # transformer minus mosaic, resampled over questions or prompts

    @property
    def equal(self) -> bool:
        """Whether the interval of the difference contains 0."""
        return self.difference.low <= 0 <= self.difference.high

    @property
    def width(self) -> float:
        """Width of that interval: a difference smaller than half of it would not be seen."""
        return self.difference.high - self.difference.low


def paired(results: Results, text: str, depth: int) -> Paired:
    """Scores of both families at one depth, compared question by question.

    The mean over seeds (and samples) is taken first, so that the interval is about other questions
    or prompts, not about other trainings.
    """
    return paired_arms(results, text, *(arm_name(text, family, depth) for family in FAMILIES))


def paired_arms(results: Results, text: str, mosaic: str, transformer: str) -> Paired:
    """The same of any two arms of a text."""
    read = correct_answers if measures(results, text) == "consistency" else key_word_shares
    scores = [read(results, arm) for arm in (mosaic, transformer)]
    difference = bootstrap(scores[1] - scores[0])
    return Paired(float(scores[0].mean()), float(scores[1].mean()), difference)


# --- ablations and the search -------------------------------------------------------------------


@dataclass(frozen=True)
class Ablation:
    """What a mosaic of one block loses without one of its mechanisms, run by run."""

    name: str  # suffix of the arm
    loss: np.ndarray  # (runs,) best validation loss, ablated minus full, nats a token
    consistency: np.ndarray | None  # (runs,) the same of the score; None: nobody asked


def ablations(results: Results) -> list[Ablation]:
    """MM-A1, MM-A2, MM-A3, in this order."""
    text = results.profile.ablated_on
    full = best_losses(results, text, MOSAIC, 1)
    found = []
    for name in ABLATIONS:
        score = None
        if text == WORLD:
            ablated, whole = (
                consistency(results, arm_name(text, MOSAIC, 1, *differences))
                for differences in ((name,), ())
            )
            score = ablated - whole
        loss = best_losses(results, text, MOSAIC, 1, name) - full
        found.append(Ablation(name, loss, score))
    return found


@dataclass(frozen=True)
class Searched:
    """One run of the search."""

    family: str
    learning_rate: float
    dropout: float
    weight_decay: float
    loss: float  # best validation loss, nats a token


def searched(results: Results, family: str) -> list[Searched]:
    """Runs of the search for a family, the best first; none where the profile has no search."""
    found = []
    for unit in search_units(results.profile):
        shape, recipe = unit.config.model.shape, unit.config.model.recipe
        if shape.family == family:
            (loss,) = by_seed(results, unit.arm, metric="best_loss", split="validation")
            setting = (recipe.learning_rate, shape.dropout, recipe.weight_decay)
            found.append(Searched(family, *setting, float(loss)))
    return sorted(found, key=lambda run: run.loss)


def winner_is_used(results: Results, family: str) -> bool:
    """Whether the models of a family have the best setting of the family's own search."""
    model = model_config(results.profile, results.profile.search_on, family, 1)
    used = (model.recipe.learning_rate, model.shape.dropout, model.recipe.weight_decay)
    best = searched(results, family)[0]
    return used == (best.learning_rate, best.dropout, best.weight_decay)


def rates_searched(results: Results) -> list[float]:
    """Learning rates of the search, ascending."""
    return sorted({run.learning_rate for run in searched(results, TRANSFORMER)})


def on_the_edge(results: Results, run: Searched) -> bool:
    """Whether a learning rate is the lowest or highest that was tried, of several."""
    rates = rates_searched(results)
    return len(rates) > 1 and run.learning_rate in (rates[0], rates[-1])
