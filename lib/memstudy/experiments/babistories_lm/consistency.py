"""Consistency score: does a model know who has what, where and what somebody is (claim MM-9)?

A generated story is cut where a continuation follows from what stands before it. The right
continuation must be likelier than three wrong ones, of which at least one names something that the
story itself has named in the same role: remembering words is not enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from memstudy.core.errors import UsageError
from memstudy.corpora import story_world
from memstudy.experiments.babistories_lm.config import ConsistencyConfig
from memstudy.scoring import Cloze, cloze_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from memstudy.core.device import Device
    from memstudy.corpora.tokenization import Tokenizer
    from memstudy.nn.language_model import LanguageModel

MOST_WITHOUT = 1000  # stories one after the other without a question that fits: none will

# Feelings are asked for too seldom, wishes name nothing that the story has named.
KINDS = ("holder", "where", "kind", "said", "lies")


class Asked(NamedTuple):
    """One question."""

    kind: str  # one of KINDS
    cloze: Cloze


def questions(config: ConsistencyConfig, tokenizer: Tokenizer, length: int) -> list[Asked]:
    """The first questions on test stories that fit into a window.

    Args:
        config: how many, on which world.
        tokenizer: the model's.
        length: tokens of a window; prefix and continuation have one more at most.

    Returns:
        Questions in the order of the stories; the right option is always the first, which a
        comparison of probabilities cannot know.

    Raises:
        UsageError: the window is too short for any question.
    """
    found: list[Asked] = []
    index = fitted = 0
    while len(found) < config.questions:
        if index - fitted > MOST_WITHOUT:
            raise UsageError(
                f"no question of {MOST_WITHOUT} stories fits into a window of {length} tokens; "
                "give the models a longer context_length"
            )
        for asked in story_world.cloze(config.world_seed, index, "test"):
            if not asked.told or asked.kind not in KINDS:
                continue
            prefix = tokenizer.encode(asked.prefix).tolist()
            options = [
                tokenizer.encode(option).tolist() for option in (asked.correct, *asked.distractors)
            ]
            if len(prefix) + max(map(len, options)) <= length + 1:
                found.append(Asked(asked.kind, Cloze(prefix, options, 0)))
                fitted = index
        index += 1
    return found[: config.questions]


def measure(
    model: LanguageModel,
    asked: list[Asked],
    device: Device,
    on_batch: Callable[[], None],
) -> tuple[list[dict[str, Any]], float]:
    """Answers of a model.

    Args:
        model: on the device, in evaluation mode.
        asked: the questions.
        device: where to compute.
        on_batch: called after every forward pass.

    Returns:
        Rows ``cloze_correct`` (0 or 1) and ``cloze_margin`` (nats by which the right option is
        likelier than the best wrong one), position = number of the question; and the share of
        right answers of somebody who guesses.
    """
    scores = cloze_scores(model, [one.cloze for one in asked], device, on_batch=on_batch)
    rows = [
        {"metric": metric, "split": "test", "part": one.kind, "position": index, "value": value}
        for metric, values in (
            ("cloze_correct", scores.correct()),
            ("cloze_margin", scores.margins()),
        )
        for index, (one, value) in enumerate(zip(asked, values.astype(float), strict=True))
    ]
    return rows, scores.chance
