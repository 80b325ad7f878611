"""An encoder of either family, trained or found, and what a probe reads out of its vectors."""

from __future__ import annotations

from typing import Any

from memstudy.batching import random_windows, tokens_sha256
from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.experiment import Measured, Unit, plain
from memstudy.corpora.packing import TokenStream
from memstudy.experiments.copy_tasks.networks import new_network
from memstudy.experiments.cross_paper.retention.config import RetentionUnit, SourceConfig
from memstudy.experiments.embedding_information import encoders, sequences
from memstudy.experiments.embedding_information.config import (
    ENCODER,
    NEXT_TOKEN,
    NOTHING,
    REGENERATION,
    TEXT,
)
from memstudy.experiments.embedding_information.measuring import (
    evaluation_set,
    last_loss,
    scored,
    unigram_rows,
)
from memstudy.language_models.trained import stream_facts, streams
from memstudy.nn.autoencoder import Autoencoder, Encoder
from memstudy.nn.language_model import LanguageModel, count_parameters
from memstudy.records import long_table
from memstudy.stages import Kept, StageContext, Stages, weights_sha256

Text = dict[str, TokenStream]  # streams "train" and "validation"


def measure(unit: Unit, context: Context) -> Measured:
    """The encoder of a unit and what the strict probe regenerates from its vectors.

    Rows: ``loss`` in nats a token, ``accuracy`` and ``entropy_ratio`` of the probe;
    ``accuracy_by_position``; the same of the commonest token; learning curves of both trainings
    (``loss`` with a step); ``own_loss``, the next-token loss of a causal encoder. Facts: size of
    the encoder without its head, tokens of both trainings, hashes of weights and text.

    Raises:
        StopRequested: the context wants to stop; finished stages and a checkpoint are kept.
        TrainingDiverged: a loss was not finite.
    """
    config: RetentionUnit = unit.config
    text, stages = streams(config.source.text), Stages(context)
    model, left = encoder(config.source, text, unit.seed, stages)
    found = probed(model, config, text, unit.seed, stages)
    probe = new_probe(model, config, unit.seed)
    probe.load_state_dict(found.weights)
    probe.to(context.device.torch)
    batch = evaluation_set(text[TEXT], config.length, config.evaluation_tokens)
    rows = [row | {"part": config.part} for row in found.rows]
    rows += scored(probe, batch, context, config.part, TEXT)
    rows += unigram_rows(text, config.length, config.evaluation_tokens)
    parts: dict[str, Any] = {config.part: found.facts}
    if left is not None:
        rows += [row | {"part": ENCODER} for row in left.rows]
        parts[ENCODER] = left.facts
    if config.source.objective == NEXT_TOKEN:
        rows += [last_loss(left.rows)]
    told = {
        "parameters": count_parameters(probe.encoder),
        "vocab_size": text["train"].header.vocab_size,
        "tokens_seen": sum(part["tokens_seen"] for part in parts.values()),
        "weights_sha256": weights_sha256(probe.encoder.state_dict()),
        "stages": parts,
        "windows_sha256": tokens_sha256(batch),
        "data": {split: stream_facts(stream) for split, stream in text.items()},
    }
    return Measured(long_table(rows, unit), told)


def untrained(config: SourceConfig, vocab_size: int, seed: int) -> LanguageModel:
    """The encoder as it is before any training, with a head of its own.

    Those of one shape and seed start from the same weights, whatever they are trained for.
    """
    return new_network(config.shape, vocab_size, seeds.torch_generator(seed, "init"))


def trainee(config: SourceConfig, vocab_size: int, seed: int) -> LanguageModel | Autoencoder:
    """What is trained to get an encoder: the language model, or an autoencoder around it.

    An autoencoder's decoder starts from the same weights in both families.
    """
    model = untrained(config, vocab_size, seed)
    if config.objective != REGENERATION:
        return model
    generator = seeds.torch_generator(seed, "init/decoder")
    decoder = new_network(config.decoder, vocab_size, generator, tied=True)
    spread = seeds.torch_generator(seed, "init/spread")
    return Autoencoder(Encoder(model), decoder, "unroll", spread)


def encoder(
    config: SourceConfig, text: Text, seed: int, stages: Stages
) -> tuple[LanguageModel, Kept | None]:
    """The encoder that a configuration and a seed determine, on the CPU.

    Returns:
        The language model, and what its training left; None if there was none.
    """
    model = trainee(config, text["train"].header.vocab_size, seed)
    if config.objective == NOTHING:
        return model.eval(), None
    described = {"retention": plain(config), "seed": seed}
    found = stages.once(described, lambda stage: trained(config, text, seed, stage))
    model.load_state_dict(found.weights)
    return (model.encoder.model if isinstance(model, Autoencoder) else model).eval(), found


def trained(config: SourceConfig, text: Text, seed: int, stage: StageContext) -> Kept:
    """Train an encoder; those of one seed and objective see equal sequences in equal order."""
    batches = random_windows(text["train"], config.length, seeds.child(seed, "batches"))
    tokens = sequences.curve_tokens(config.recipe)
    held_out = sequences.validation_windows(text[TEXT], config.length, tokens)
    if config.objective == REGENERATION:
        batches, held_out = sequences.to_regenerate(batches), sequences.regenerate(held_out)
    model = trainee(config, text["train"].header.vocab_size, seed)
    return encoders.run(model, config.recipe, config.length, batches, held_out, seed, stage)


def new_probe(model: LanguageModel, config: RetentionUnit, seed: int) -> Autoencoder:
    """A frozen encoder with a fresh decoder; of one seed they start alike for all encoders."""
    generator = seeds.torch_generator(seed, "probe/decoder")
    decoder = new_network(config.decoder, model.config.vocab_size, generator, tied=True)
    spread = seeds.torch_generator(seed, "probe/spread")
    return Autoencoder(Encoder(model, "frozen"), decoder, "unroll", spread)


def probed(
    model: LanguageModel, config: RetentionUnit, text: Text, seed: int, stages: Stages
) -> Kept:
    """Train a probe, or find the one that an earlier call has trained."""
    length, recipe = config.length, config.probe

    def make(stage: StageContext) -> Kept:
        windows = random_windows(text["train"], length, seeds.child(seed, "probe/batches"))
        held_out = evaluation_set(text[TEXT], length, sequences.curve_tokens(recipe))
        probe, batches = new_probe(model, config, seed), sequences.to_regenerate(windows)
        return encoders.run(probe, recipe, length, batches, held_out, seed, stage)

    described = {
        "retention_probe": plain(recipe),
        "decoder": plain(config.decoder),
        "length": length,
        "of": weights_sha256(model.state_dict()),
        "text": plain(config.source.text),
        "seed": seed,
    }
    return stages.once(described, make)
