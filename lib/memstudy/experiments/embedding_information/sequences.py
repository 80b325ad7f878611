"""What encoders and decoders read: windows of a text, random tokens, queries and passages."""

from __future__ import annotations

import torch

from memstudy.batching import Batch, Batches, random_windows
from memstudy.core import seeds
from memstudy.corpora.packing import TokenStream, uniform_integers
from memstudy.experiments.embedding_information.config import ContrastConfig, RecipeConfig
from memstudy.language_models.trained import EVALUATION_SEED, evaluation_windows

CURVE_STEPS, CURVE_TOKENS = 8, 8_192  # a point of a learning curve: so many steps' tokens, at most


def curve_tokens(recipe: RecipeConfig) -> int:
    """Validation tokens of each point of a learning curve."""
    return min(CURVE_TOKENS, CURVE_STEPS * recipe.step_tokens)


def validation_windows(stream: TokenStream, length: int, tokens: int) -> Batch:
    """Fixed windows of a split, the same for every model and seed."""
    return evaluation_windows(stream, length, max(1, tokens // length))


def random_tokens(vocab_size: int, length: int, seed: int) -> Batches:
    """Tokens drawn uniformly from the vocabulary, as inputs and as targets."""

    def batch(step: int, batch_size: int) -> Batch:
        drawn = uniform_integers(seed, step, batch_size * length, vocab_size)
        tokens = torch.from_numpy(drawn).view(batch_size, length)
        return tokens, tokens

    return batch


def random_evaluation(vocab_size: int, length: int, tokens: int) -> Batch:
    """Fixed random tokens, the same for every model and seed."""
    seed = seeds.child(EVALUATION_SEED, "eval/random")
    return random_tokens(vocab_size, length, seed)(0, max(1, tokens // length))


def regenerate(batch: Batch) -> Batch:
    """Windows with their own tokens as targets, each at its own position."""
    return batch[0], batch[0]


def to_regenerate(batches: Batches) -> Batches:
    """:func:`regenerate` of every batch."""
    return lambda step, batch_size: regenerate(batches(step, batch_size))


def query_batches(stream: TokenStream, config: ContrastConfig, seed: int) -> Batches:
    """Passages (batch, length) and queries (batch, query_length) that are cut out of them."""
    windows = random_windows(stream, config.length, seeds.child(seed, "passages"))
    places = config.length - config.query_length + 1

    def batch(step: int, batch_size: int) -> Batch:
        passages, _ = windows(step, batch_size)
        first = uniform_integers(seeds.child(seed, "queries"), step, batch_size, places)
        index = torch.from_numpy(first)[:, None] + torch.arange(config.query_length)
        return passages, passages.gather(1, index)

    return batch
