"""Trained language models: trained now, or found where an earlier unit left them.

Several experiments look at the same models; :mod:`memstudy.stages` sees to it that each is trained
once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from memstudy.batching import Batch, random_windows
from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.experiment import plain
from memstudy.corpora.packing import TokenStream
from memstudy.corpora.streams import token_stream
from memstudy.language_models.config import (
    MOSAIC,
    ConventionShapeConfig,
    ModelConfig,
    ShapeConfig,
    TextConfig,
)
from memstudy.monitoring import training_flops
from memstudy.nn.language_model import LanguageModel, count_parameters
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.nn.transformer import Transformer, TransformerConfig
from memstudy.stages import Kept, trained_once, weights_sha256
from memstudy.training import Best, Schedule, TrainingConfig, TrainingResult, train

EVALUATION_SEED = 0  # all models are evaluated on the same windows
LOG_POINTS = 100  # points of the logged batch losses that are kept
VOCABULARY_MULTIPLE = 64  # the vocabulary is padded to it, as 50,257 to 50,304 in the paper


@dataclass(frozen=True)
class TrainedModel:
    """A model with its best weights, in evaluation mode, and how it came to them."""

    model: LanguageModel
    rows: list[dict[str, Any]]  # learning curves in long form: metric, split, step, value
    facts: dict[str, Any]  # parameters, tokens_seen, flops, data, weights_sha256, speed


def build(shape: ShapeConfig, vocab_size: int, generator: torch.Generator) -> LanguageModel:
    """A new model.

    Args:
        shape: its shape.
        vocab_size: symbols of the tokeniser.
        generator: source of the initial weights.
    """
    common: dict[str, Any] = {
        "vocab_size": -(-vocab_size // VOCABULARY_MULTIPLE) * VOCABULARY_MULTIPLE,
        "d_model": shape.d_model,
        "n_heads": shape.n_heads,
        "n_blocks": shape.n_blocks,
        "context_length": shape.context_length,
        "attention_dropout": shape.attention_dropout,
        "residual_dropout": shape.dropout,
    }
    if isinstance(shape, ConventionShapeConfig):
        common["init"] = shape.init
    if shape.family == MOSAIC:
        config = MosaicConfig(
            **common,
            token_layer=shape.token_layer,
            leaky=shape.leaky,
            look_ahead=shape.look_ahead,
        )
        return MemoryMosaic(config, generator)
    transformer = TransformerConfig(
        **common, position=shape.position, embedding_dropout=shape.dropout
    )
    return Transformer(transformer, generator)


def streams(text: TextConfig) -> dict[str, TokenStream]:
    """The packed streams ``"train"`` and ``"validation"`` of a text."""
    limits = {"train": text.train_documents, "validation": text.validation_documents}
    return {
        split: token_stream(text.corpus, split, text.tokenizer, limit)
        for split, limit in limits.items()
    }


def evaluation_windows(stream: TokenStream, length: int, count: int) -> Batch:
    """Fixed windows of a split, the same for every model and seed: (count, length) each."""
    seed = seeds.child(EVALUATION_SEED, f"eval/{stream.header.split}")
    return random_windows(stream, length, seed)(0, count)


def trained(
    config: ModelConfig,
    seed: int,
    context: Context,
    *,
    anyones: bool = False,
    folder: Path | None = None,
) -> TrainedModel:
    """The model that a configuration and a seed determine.

    Args:
        config: text, shape and recipe.
        seed: base seed; initial weights, order of the windows and dropout descend from it. Models
            of one seed see the same windows in the same order.
        context: device, checkpoints, progress.
        anyones: take a model that other code, or another device, has trained from the same
            configuration. For experiments that look at a model rather than at its training; their
            facts name whose it is.
        folder: where models are left; by default ``data/cache/models``.

    Raises:
        StopRequested: the training has been interrupted; a checkpoint is saved.
        TrainingDiverged: a loss was not finite.
        MissingCorpus: the text is not at hand, nor its packed stream.
    """
    described = {"model": plain(config), "seed": seed}
    found = trained_once(
        described, context, lambda: _train(config, seed, context), anyones=anyones, folder=folder
    )
    model = build(config.shape, found.facts["vocab_size"], torch.Generator())
    model.load_state_dict(found.weights)
    model.to(context.device.torch).eval()
    facts = found.facts | {"weights_made_by": found.made_by}
    return TrainedModel(model, found.rows, facts)


def _train(config: ModelConfig, seed: int, context: Context) -> Kept:
    shape, recipe = config.shape, config.recipe
    text = streams(config.text)
    vocab_size = text["train"].header.vocab_size
    model = build(shape, vocab_size, seeds.torch_generator(seed, "init"))
    flops = training_flops(model, shape.context_length)
    result = train(
        model,
        training_config(config),
        random_windows(text["train"], shape.context_length, seeds.child(seed, "batches")),
        context,
        seed=seeds.child(seed, "dropout"),
        evaluation_sets={
            split: evaluation_windows(stream, shape.context_length, recipe.evaluation_windows)
            for split, stream in text.items()
        },
    )
    best = chosen(result)
    weights = {name: value.cpu() for name, value in best.weights.items()}
    facts = {
        "parameters": count_parameters(model),
        "vocab_size": vocab_size,
        "tokens_seen": config.tokens_seen,
        "flops": round(flops * config.tokens_seen),
        "tokens_per_second": round(result.positions_per_second, 1),
        "best_step": best.step,
        "best_loss": best.loss,
        "weights_sha256": weights_sha256(weights),
        "data": {split: stream_facts(stream) for split, stream in text.items()},
    }
    rows = result.rows(max(1, recipe.steps // LOG_POINTS))
    return Kept(weights, rows, facts, context.made_by)


def chosen(result: TrainingResult) -> Best:
    """The weights with the lowest validation loss."""
    if "validation" not in result.best:
        raise ValueError("the training kept no best weights; it needs a validation split")
    return result.best["validation"]


def stream_facts(stream: TokenStream) -> dict[str, Any]:
    """What a record says of the text it was made with."""
    header = stream.header
    return {
        "corpus": header.corpus,
        "documents": header.documents,
        "tokens": header.tokens,
        "characters": header.characters,
        "tokenizer": header.tokenizer,
        "tokenizer_sha256": header.tokenizer_sha256,
        "text_sha256": header.text_sha256,
        "sha256": header.data_sha256,
    }


def training_config(config: ModelConfig) -> TrainingConfig:
    """The recipe in the words of the training loop."""
    recipe = config.recipe
    return TrainingConfig(
        steps=recipe.steps,
        batch_size=recipe.batch_size,
        micro_batch_size=recipe.micro_batch_size,
        weight_decay=recipe.weight_decay,
        evaluate_every=recipe.evaluate_every,
        compile=recipe.compile,
        schedule=Schedule(
            peak=recipe.learning_rate,
            final=recipe.final_learning_rate,
            warmup_steps=recipe.warmup_steps,
            fall_until=recipe.steps,
        ),
    )
