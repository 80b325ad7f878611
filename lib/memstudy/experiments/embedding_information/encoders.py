"""The encoders: built, trained for one of four objectives, kept.

One difference from the official code is deliberate throughout: a causal encoder is trained on
windows that have one more token than it reads, so that its last position predicts something like
every other. The official mixers' last row never had a target, and were read at the last but one.
"""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import Tensor, nn

from memstudy.batching import Batch, Batches, random_windows
from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.experiment import plain
from memstudy.corpora.packing import TokenStream, uniform_integers
from memstudy.evaluation import Objective, next_token_loss
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
from memstudy.experiments.embedding_information.stages import Finished, StageContext, finished
from memstudy.language_models.trained import weights_sha256
from memstudy.nn.autoencoder import Autoencoder, Encoder
from memstudy.nn.language_model import LanguageModel, TokenPredictor
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.mixer import MaskedMixer, MaskedMixerConfig
from memstudy.training import Schedule, TrainingConfig, train

EVALUATION_SEED = 0  # all decoders regenerate the same windows
CURVE_STEPS, CURVE_TOKENS = 8, 8_192  # a point of a learning curve: so many steps' tokens, at most
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
    context: Context,
) -> tuple[LanguageModel, Finished | None]:
    """The encoder that a configuration and a seed determine, on the CPU.

    Encoders of one seed, objective apart, start from the same weights and see the same windows.

    Args:
        config: text, shape, objective, recipe.
        contrast: further training; None: none.
        text: streams ``"train"`` and ``"validation"``.
        seed: base seed.
        context: of the unit.

    Returns:
        The language model, and what its last training left; None if there was none.
    """
    vocab_size = text["train"].header.vocab_size
    if config.objective == NOTHING:
        return untrained(config, vocab_size, seed).eval(), None
    described = {"encoder": plain(config), "seed": seed}
    found = finished(described, context, lambda stage: trained(config, text, seed, stage))
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
        found = finished(
            described, context, lambda stage: contrasted(before, contrast, text, seed, stage)
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
    """The encoder as it is before any training; with a head of its own where it predicts tokens."""
    generator = seeds.torch_generator(seed, "init")
    tied = config.objective != NEXT_TOKEN
    return build(config.network, vocab_size, config.length, generator, tied)


def holder(config: EncoderConfig, vocab_size: int, seed: int) -> nn.Module:
    """What is trained to get an encoder: an autoencoder, or the language model itself."""
    make = autoencoder if config.objective == REGENERATION else untrained
    return make(config, vocab_size, seed)


def trained(
    config: EncoderConfig,
    text: dict[str, TokenStream],
    seed: int,
    stage: StageContext,
) -> Finished:
    """Train an encoder for its objective; the weights are those of all that was trained."""
    vocab_size = text["train"].header.vocab_size
    model = holder(config, vocab_size, seed)
    length, recipe = config.length, config.recipe
    batches = random_windows(text["train"], length, seeds.child(seed, "batches"))
    tokens = curve_tokens(recipe)
    held_out = validation_windows(text["validation"], length, tokens)
    if config.random_tokens:
        batches = random_tokens(vocab_size, length, seeds.child(seed, "batches/random"))
        held_out = random_evaluation(vocab_size, length, tokens)
    if config.objective == REGENERATION:
        batches, held_out = to_regenerate(batches), regenerate(held_out)
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
) -> Finished:
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
    return Finished(weights, rows, facts)


class Retriever(Encoder):
    """An encoder that is trained by itself, to put a passage and words from it close together."""

    parameter_groups = TokenPredictor.parameter_groups

    @property
    def blocks(self) -> nn.ModuleList:
        """Its blocks: what a training compiles one by one."""
        return self.model.blocks


class InfoNce:
    """Loss of finding the passage of each query among those of the batch, in nats.

    -log softmax_j(cos(e(query_i), e(passage_j)) / temperature) at j = i. A passage that holds the
    words of another query too is no wrong answer to it, and is left out there.

    Args:
        temperature: divides the cosines.
    """

    def __init__(self, temperature: float) -> None:
        self.temperature = temperature

    def __call__(self, model: Encoder, batch: Batch) -> Tensor:
        """``batch``: passages (batch, length) and queries (batch, query_length)."""
        scores = self.scores(model, batch)
        return nn.functional.cross_entropy(scores, torch.arange(len(scores), device=scores.device))

    def scores(self, model: Encoder, batch: Batch) -> Tensor:
        """(queries, passages) cosine over temperature; -inf where a passage is left out."""
        passages, queries = batch
        vectors = [nn.functional.normalize(model(x).float(), dim=-1) for x in (queries, passages)]
        scores = vectors[0] @ vectors[1].T / self.temperature
        also = contains(passages, queries) & ~torch.eye(
            len(queries), dtype=torch.bool, device=queries.device
        )
        return scores.masked_fill(also, -torch.inf)


def contains(passages: Tensor, queries: Tensor) -> Tensor:
    """(queries, passages) whether a passage holds the tokens of a query in their order."""
    pieces = passages.unfold(1, queries.shape[1], 1)  # (passages, places, query_length)
    return (pieces[None] == queries[:, None, None]).all(-1).any(-1)


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


def contrasted(
    model: LanguageModel,
    config: ContrastConfig,
    text: dict[str, TokenStream],
    seed: int,
    stage: StageContext,
) -> Finished:
    """Train an encoder further to find passages; what it finds of a batch is a fact."""
    retriever = Retriever(model)
    loss = InfoNce(config.temperature)
    held_out = query_batches(text["validation"], config, EVALUATION_SEED)
    found = run(
        retriever,
        config.recipe,
        config.length,
        query_batches(text["train"], config, seed),
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


def curve_tokens(recipe: RecipeConfig) -> int:
    """Validation tokens of each point of a learning curve."""
    return min(CURVE_TOKENS, CURVE_STEPS * recipe.step_tokens)


def validation_windows(stream: TokenStream, length: int, tokens: int) -> Batch:
    """Fixed windows of a split, the same for every model and seed."""
    seed = seeds.child(EVALUATION_SEED, f"eval/{stream.header.split}")
    return random_windows(stream, length, seed)(0, max(1, tokens // length))


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


def sha256(batch: Batch) -> str:
    """SHA-256 of the tokens of some windows, by which runs can be seen to share them."""
    return hashlib.sha256(batch[0].numpy().tobytes()).hexdigest()
