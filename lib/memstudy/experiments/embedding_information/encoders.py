"""The encoders: built, then left as they are or trained for one or two objectives, and kept.

One difference from the official code is deliberate throughout: a causal encoder is trained on
windows that have one more token than it reads, so that its last position predicts something like
every other. The official mixers' last row never had a target, and were read at the last but one.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from memstudy.batching import Batch, Batches, random_windows
from memstudy.core import seeds
from memstudy.core.experiment import plain
from memstudy.corpora.packing import TokenStream
from memstudy.evaluation import Objective, next_token_loss
from memstudy.experiments.embedding_information import sequences
from memstudy.experiments.embedding_information.config import (
    MIXER,
    NEXT_TOKEN,
    NOTHING,
    REGENERATION,
    ContrastConfig,
    EncoderConfig,
    NetworkConfig,
    RecipeConfig,
)
from memstudy.experiments.embedding_information.contrastive import InfoNce, Retriever
from memstudy.language_models.trained import EVALUATION_SEED
from memstudy.nn.autoencoder import Autoencoder, Encoder
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.mixer import MaskedMixer, MaskedMixerConfig
from memstudy.stages import Kept, StageContext, Stages, weights_sha256
from memstudy.training import Schedule, TrainingConfig, train

LOG_POINTS = 50  # points of a training's own losses that are kept
ADAM = {"betas": (0.9, 0.999), "weight_decay": 0.0}  # the paper's


def build(
    network: NetworkConfig,
    vocab_size: int,
    length: int,
    generator: torch.Generator | None = None,
    tied: bool = True,
) -> LanguageModel:
    """A new encoder or decoder.

    Args:
        network: its shape.
        vocab_size: symbols of the tokeniser.
        length: most tokens that it will read; a limit for mixers alone.
        generator: source of the initial weights.
        tied: False gives the head weights of its own, as a language model of the paper has. A
            decoder never reads its table of tokens: tied to the head, it is the head.
    """
    shape: dict[str, Any] = {
        "vocab_size": vocab_size,
        "d_model": network.d_model,
        "n_heads": network.n_heads,
        "n_blocks": network.n_blocks,
        "context_length": length,
        "init": network.init,
        "tied": tied,
    }
    if network.family == MIXER:
        return MaskedMixer(MaskedMixerConfig(**shape, kernel=network.kernel), generator)
    return Llama(LlamaConfig(**shape), generator)


def trained_encoder(
    config: EncoderConfig,
    contrast: ContrastConfig | None,
    text: dict[str, TokenStream],
    seed: int,
    stages: Stages,
) -> tuple[LanguageModel, Kept | None]:
    """The encoder that a configuration and a seed determine, on the CPU.

    Encoders of one seed, objective apart, start from the same weights and see the same windows.

    Args:
        config: text, shape, objective, recipe.
        contrast: further training; None: none.
        text: streams ``"train"`` and ``"validation"``.
        seed: base seed.
        stages: of the unit.

    Returns:
        The language model, and what its last training left; None if there was none.
    """
    vocab_size = text["train"].header.vocab_size
    if config.objective == NOTHING:
        return untrained(config, vocab_size, seed).eval(), None
    described = {"encoder": plain(config), "seed": seed}
    found = stages.once(described, lambda stage: trained(config, text, seed, stage))
    model = holder(config, vocab_size, seed)
    model.load_state_dict(found.weights)
    model = model.encoder.model if isinstance(model, Autoencoder) else model
    if contrast is not None:
        before = model
        described = {
            "contrast": plain(contrast),
            "of": found.facts["weights_sha256"],
            "text": plain(config.text),
            "seed": seed,
        }
        found = stages.once(
            described, lambda stage: contrasted(before, contrast, text, seed, stage)
        )
        retriever = Retriever(before)
        retriever.load_state_dict(found.weights)
        model = retriever.model
    return model.eval(), found


def autoencoder(config: EncoderConfig, vocab_size: int, seed: int) -> Autoencoder:
    """A new autoencoder: encoder and decoder of one shape."""
    decoder = build(
        config.network, vocab_size, config.length, seeds.torch_generator(seed, "init/decoder")
    )
    maps = seeds.torch_generator(seed, "init/spread")
    return Autoencoder(Encoder(untrained(config, vocab_size, seed)), decoder, config.spread, maps)


def untrained(config: EncoderConfig, vocab_size: int, seed: int) -> LanguageModel:
    """The encoder as it is before any training; with a head of its own where it predicts tokens.

    All are drawn as a model with such a head, since the embeddings may depend on it (see
    ``nn.initial_weights``). It is drawn last and dropped where nothing reads it.
    """
    generator = seeds.torch_generator(seed, "init")
    model = build(config.network, vocab_size, config.length, generator, tied=False)
    if config.objective != NEXT_TOKEN:
        model.head = None
    return model


def holder(config: EncoderConfig, vocab_size: int, seed: int) -> nn.Module:
    """What is trained to get an encoder: an autoencoder, or the language model itself."""
    make = autoencoder if config.objective == REGENERATION else untrained
    return make(config, vocab_size, seed)


def trained(
    config: EncoderConfig,
    text: dict[str, TokenStream],
    seed: int,
    stage: StageContext,
) -> Kept:
    """Train an encoder for its objective; the weights are those of all that was trained."""
    vocab_size = text["train"].header.vocab_size
    model = holder(config, vocab_size, seed)
    length, recipe = config.length, config.recipe
    batches = random_windows(text["train"], length, seeds.child(seed, "batches"))
    tokens = sequences.curve_tokens(recipe)
    held_out = sequences.validation_windows(text["validation"], length, tokens)
    if config.random_tokens:
        batches = sequences.random_tokens(vocab_size, length, seeds.child(seed, "batches/random"))
        held_out = sequences.random_evaluation(vocab_size, length, tokens)
    if config.objective == REGENERATION:
        batches, held_out = sequences.to_regenerate(batches), sequences.regenerate(held_out)
    return run(model, recipe, length, batches, held_out, seed, stage)


def run(
    model: nn.Module,
    recipe: RecipeConfig,
    length: int,
    batches: Batches,
    held_out: Batch,
    seed: int,
    stage: StageContext,
    objective: Objective = next_token_loss,
) -> Kept:
    """One training with its learning curve; the last weights count, whatever the curve does."""
    config = TrainingConfig(
        steps=recipe.steps,
        batch_size=recipe.batch_size(length),
        schedule=Schedule(
            peak=recipe.learning_rate,
            final=0.0,
            warmup_steps=recipe.warmup_steps,
            fall_until=recipe.steps,
            shape="linear",
        ),
        evaluate_every=max(1, -(-recipe.steps // recipe.evaluations)),
        keep_best=(),
        compile=recipe.compile,
        **ADAM,
    )
    result = train(
        model,
        config,
        batches,
        stage,
        seed=seeds.child(seed, "dropout"),
        evaluation_sets={"validation": held_out},
        objective=objective,
    )
    weights = {name: value.detach().cpu() for name, value in model.state_dict().items()}
    rows = [
        row for row in result.rows(max(1, recipe.steps // LOG_POINTS)) if row["metric"] == "loss"
    ]
    facts = {
        "weights_sha256": weights_sha256(weights),
        "tokens_seen": result.positions,
        "tokens_per_second": round(result.positions_per_second, 1),
    }
    return Kept(weights, rows, facts, stage.made_by)


def contrasted(
    model: LanguageModel,
    config: ContrastConfig,
    text: dict[str, TokenStream],
    seed: int,
    stage: StageContext,
) -> Kept:
    """Train an encoder further to find passages; what it finds of a batch is a fact."""
    retriever = Retriever(model)
    loss = InfoNce(config.temperature)
    held_out = sequences.query_batches(text["validation"], config, EVALUATION_SEED)
    found = run(
        retriever,
        config.recipe,
        config.length,
        sequences.query_batches(text["train"], config, seed),
        held_out(0, config.passages),
        seed,
        stage,
        loss,
    )
    device = stage.device.torch
    hits = []
    with torch.no_grad():
        for step in range(16):
            batch = tuple(x.to(device) for x in held_out(1 + step, config.passages))
            best = loss.scores(retriever.eval(), batch).argmax(1).cpu()
            hits.append((best == torch.arange(len(best))).double().mean().item())
    found.facts["retrieval_accuracy"] = sum(hits) / len(hits)
    return found
