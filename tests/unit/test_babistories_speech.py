"""Prompts and questions: what is asked, and what counts as an answer."""

import numpy as np
import pytest
import torch

from memstudy.core.device import Device
from memstudy.core.errors import UsageError
from memstudy.corpora import story_world
from memstudy.experiments.babistories_lm import consistency, speech
from memstudy.experiments.babistories_lm.config import ConsistencyConfig, PromptConfig
from memstudy.experiments.babistories_lm.prompts import FACTUAL, PROMPTS, REASONING, TRACKING
from memstudy.nn.transformer import Transformer, TransformerConfig
from memstudy.scoring import mentions

CPU = Device("cpu", "test", 1, "float32")
LENGTH = 1500


class Bytes:
    """A tokeniser for tests: a byte is a token, 256 is end-of-text."""

    vocab_size, end_of_text = 257, 256

    def encode(self, text):
        return np.frombuffer(text.encode(), np.uint8).astype(np.uint16)

    def decode(self, tokens):
        assert all(token < 256 for token in tokens)
        return bytes(tokens).decode(errors="replace")


def model(seed=0):
    config = TransformerConfig(
        vocab_size=320, d_model=16, n_heads=2, n_blocks=1, context_length=LENGTH, position="none"
    )
    return Transformer(config, torch.Generator().manual_seed(seed)).eval()


@pytest.fixture(scope="module")
def asked():
    return consistency.questions(ConsistencyConfig(questions=60), Bytes(), LENGTH)


def test_questions_come_in_order_and_fit_into_a_window(asked):
    assert len(asked) == 60
    assert asked[:20] == consistency.questions(ConsistencyConfig(questions=20), Bytes(), LENGTH)
    for question in asked:
        longest = max(map(len, question.cloze.options))
        assert len(question.cloze.prefix) + longest <= LENGTH + 1
        assert question.kind in consistency.KINDS and question.cloze.answer == 0


def test_questions_that_do_not_fit_are_left_out(asked):
    short = consistency.questions(ConsistencyConfig(questions=10), Bytes(), 400)
    assert all(len(one.cloze.prefix) + max(map(len, one.cloze.options)) <= 401 for one in short)
    assert short != asked[:10]


def test_a_window_that_no_question_fits_into_is_refused(monkeypatch):
    monkeypatch.setattr(consistency, "MOST_WITHOUT", 20)
    with pytest.raises(UsageError, match="fits into a window of 10 tokens; give the models"):
        consistency.questions(ConsistencyConfig(questions=1), Bytes(), 10)


def test_every_question_has_a_wrong_option_that_the_story_has_named(asked):
    known = {
        (cloze.kind, cloze.prefix): cloze
        for index in range(60)
        for cloze in story_world.cloze(0, index, "test")
    }
    for question in asked:
        source = known[question.kind, Bytes().decode(question.cloze.prefix)]
        assert source.told > 0
        options = [Bytes().decode(option) for option in question.cloze.options]
        assert options == [source.correct, *source.distractors]


def test_answers_have_a_row_each_and_follow_from_margins(asked):
    calls = []
    rows, chance = consistency.measure(model(), asked[:8], CPU, lambda: calls.append(1))
    correct = [row for row in rows if row["metric"] == "cloze_correct"]
    margins = [row for row in rows if row["metric"] == "cloze_margin"]
    assert [row["position"] for row in correct] == list(range(8))
    assert [row["part"] for row in correct] == [question.kind for question in asked[:8]]
    for right, margin in zip(correct, margins, strict=True):
        assert right["value"] == float(margin["value"] > 0)
    assert chance == pytest.approx(0.25, abs=0.05) and calls


def test_prompts_are_twenty_four_in_three_kinds():
    kinds = [prompt.kind for prompt in PROMPTS]
    assert kinds == [FACTUAL] * 9 + [REASONING] * 9 + [TRACKING] * 6
    assert [prompt.number for prompt in PROMPTS] == list(range(1, 25))
    assert len({prompt.text for prompt in PROMPTS}) == 24
    assert all(prompt.text == prompt.text.strip() and prompt.key_words for prompt in PROMPTS)


EXPECTED = [
    "to bed",
    "many colors",
    "thin",
    "the library.",
    "No, they cannot.",
    "worms",
    "French",
    "fall down",
    "wear a warm coat",
    "her dad",
    "gave her his apple",
    "his grandmother",
    "ice cream is better",
    "I want to go to the pool",
    "his father",
    "No, I am scared",
    "shared it",
    "but no one answered",
    "helped him look",
    "two dogs",
    "It is candy",
    "the carrot",
    "I'm Alice and this is Jack",
    "to have some sugar",
]


@pytest.mark.parametrize("prompt, said", list(zip(PROMPTS, EXPECTED, strict=True)))
def test_the_expected_continuation_counts_and_another_does_not(prompt, said):
    assert mentions(f" {said}.", prompt.key_words)
    assert not mentions(" and the purple elephants played chess until Monday.", prompt.key_words)


def test_every_prompt_is_continued_greedily_and_by_sampling():
    config = PromptConfig(samples=2, max_new_tokens=3)
    rows, greedy = speech.measure(model(), Bytes(), config, seed=0)
    assert len(greedy) == 24
    assert len(rows) == 24 * (1 + 2) and {row["value"] for row in rows} <= {0.0, 1.0}
    sampled = [row for row in rows if row["split"] == "sampled"]
    assert [row["position"] for row in sampled] == [0, 1] * 24
    assert rows == speech.measure(model(), Bytes(), config, seed=0)[0]


def test_a_hit_is_what_the_continuation_mentions(monkeypatch):
    def continued(model, tokenizer, prompts, max_new_tokens, *, temperature, generator=None):
        return [" to the library" if temperature == 0 else " nowhere" for _ in prompts]

    monkeypatch.setattr(speech, "continued", continued)
    rows, _ = speech.measure(model(), Bytes(), PromptConfig(samples=2), seed=0)
    hits = {(row["part"], row["split"]) for row in rows if row["value"]}
    assert hits == {("prompt 04", "greedy")}


def test_continuations_end_before_the_end_of_text(monkeypatch):
    monkeypatch.setattr(speech, "generate", lambda *_, **__: [[97, 98, 256], [99, 300, 100]])
    said = speech.continued(model(), Bytes(), [[1], [2]], 5, temperature=0.0)
    assert said == ["ab", "cd"]
