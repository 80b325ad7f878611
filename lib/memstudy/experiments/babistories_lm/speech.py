"""Continuations of the 24 prompts, and whether they hold an expected word (Tables 1 and 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from memstudy.core import seeds
from memstudy.experiments.babistories_lm.config import PromptConfig
from memstudy.experiments.babistories_lm.prompts import PROMPTS
from memstudy.nn.generation import generate
from memstudy.scoring import mentions

if TYPE_CHECKING:
    from memstudy.corpora.tokenization import Tokenizer
    from memstudy.nn.language_model import LanguageModel


def measure(
    model: LanguageModel, tokenizer: Tokenizer, config: PromptConfig, seed: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """Let a model continue every prompt, once greedily and several times by sampling.

    A continuation ends at an end-of-text. It counts as a hit if it holds one of the prompt's
    expected words, wherever.

    Args:
        model: in evaluation mode.
        tokenizer: the model's.
        config: number and length of the continuations, temperature.
        seed: base seed of the run.

    Returns:
        Rows ``key_word_hit`` (0 or 1), part = ``"prompt 01"`` and so on, position = number of the
        sample; and the greedy continuations in the order of the prompts.
    """
    encoded = [tokenizer.encode(prompt.text).tolist() for prompt in PROMPTS]
    device = model.embedding.weight.device
    greedy = continued(model, tokenizer, encoded, config.max_new_tokens, temperature=0.0)
    sampled = continued(
        model,
        tokenizer,
        [prompt for prompt in encoded for _ in range(config.samples)],
        config.max_new_tokens,
        temperature=config.temperature,
        generator=seeds.torch_generator(seed, "prompts", device=device),
    )
    rows = []
    for index, prompt in enumerate(PROMPTS):
        own = sampled[index * config.samples : (index + 1) * config.samples]
        part = f"prompt {prompt.number:02}"
        said = [("greedy", -1, greedy[index]), *(("sampled", *one) for one in enumerate(own))]
        for split, sample, text in said:
            hit = float(mentions(text, prompt.key_words))
            rows.append(
                {
                    "metric": "key_word_hit",
                    "split": split,
                    "part": part,
                    "position": sample,
                    "value": hit,
                }
            )
    return rows, greedy


def continued(
    model: LanguageModel,
    tokenizer: Tokenizer,
    prompts: list[list[int]],
    max_new_tokens: int,
    *,
    temperature: float,
    generator: torch.Generator | None = None,
) -> list[str]:
    """Continuations as text, end-of-text left out; arguments as those of ``generate``."""
    found = generate(
        model,
        prompts,
        max_new_tokens,
        temperature=temperature,
        stop_token=tokenizer.end_of_text,
        generator=generator,
    )
    known = tokenizer.vocab_size - 1  # end-of-text, and the padding of the vocabulary above it
    return [tokenizer.decode([t for t in tokens if t < known]) for tokens in found]
