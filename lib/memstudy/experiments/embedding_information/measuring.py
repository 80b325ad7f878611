"""What is measured of an encoder's vectors: decoders are trained to regenerate texts from them."""

from __future__ import annotations

from typing import Any

import torch

from memstudy.batching import Batch, random_windows, tokens_sha256
from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.experiment import Measured, Unit, plain
from memstudy.corpora.packing import TokenStream
from memstudy.experiments.embedding_information import encoders, sequences
from memstudy.experiments.embedding_information.config import (
    ENCODER,
    ITSELF,
    NEXT_TOKEN,
    RANDOM,
    REGENERATION,
    STRICT,
    TEXT,
    UNIGRAM,
    EncoderConfig,
    InformationUnit,
    ProbeConfig,
    part_name,
    probe_flops,
    training_flops,
)
from memstudy.experiments.embedding_information.metrics import (
    TokenScores,
    token_scores,
    unigram_level,
)
from memstudy.language_models.trained import stream_facts, streams
from memstudy.nn.autoencoder import Autoencoder, Encoder
from memstudy.nn.language_model import LanguageModel, TokenPredictor, count_parameters
from memstudy.records import long_table
from memstudy.stages import Kept, StageContext, Stages, weights_sha256

Rows = list[dict[str, Any]]

TESTED_TOKENS = 4_096  # tokens a forward pass of a test


def measure(unit: Unit, context: Context) -> Measured:
    """The encoder of a unit, trained or found, and what decoders get out of its vectors.

    Rows: ``loss`` in nats a token, ``accuracy`` and ``entropy_ratio`` by part (which decoder, how
    long sequences) and split; ``accuracy_by_position``; learning curves of every training (``loss``
    with a step). Facts: sizes, tokens and operations of all trainings, hashes of weights and text.

    Raises:
        StopRequested: the context wants to stop; finished stages and a checkpoint are kept.
        TrainingDiverged: a loss was not finite.
    """
    config: InformationUnit = unit.config
    text, stages = streams(config.encoder.text), Stages(context)
    model, left = encoders.trained_encoder(config.encoder, config.contrast, text, unit.seed, stages)
    rows = [row | {"part": ENCODER} for row in left.rows] if left else []
    parts: dict[str, Any] = {ENCODER: left.facts} if left else {}
    if config.encoder.objective == NEXT_TOKEN and config.contrast is None:
        rows += [last_loss(left.rows)]
    if config.encoder.objective == REGENERATION:
        rows += own_decoder(config, left, text, unit.seed, context)
    for probe in config.probes:
        found = probed(model, probe, config.encoder, text, unit.seed, stages)
        decoder = new_probe(model, probe, config.encoder, unit.seed)
        decoder.load_state_dict(found.weights)
        decoder.to(context.device.torch)
        batch = evaluation_set(text[TEXT], probe.length, config.evaluation_tokens)
        rows += [row | {"part": probe.part} for row in found.rows]
        rows += scored(decoder, batch, context, probe.part, TEXT)
        parts[probe.part] = found.facts
    for length in lengths(config):
        rows += unigram_rows(text, length, config.evaluation_tokens)
    return Measured(long_table(rows, unit), facts(config, model, text, parts))


def last_loss(rows: Rows) -> dict[str, Any]:
    """Loss of the encoder on its own task at the end of its training, as a row without step."""
    curve = [row for row in rows if row["split"] == TEXT]
    return {"metric": "own_loss", "split": TEXT, "part": ENCODER, "value": curve[-1]["value"]}


def own_decoder(
    config: InformationUnit,
    left: Kept,
    text: dict[str, TokenStream],
    seed: int,
    context: Context,
) -> Rows:
    """What an autoencoder's own decoder regenerates, of the text and of random tokens."""
    made = config.encoder
    vocab_size = text["train"].header.vocab_size
    model = encoders.autoencoder(made, vocab_size, seed)
    model.load_state_dict(left.weights)
    model.to(context.device.torch)
    part, tokens = part_name(ITSELF, made.length), config.evaluation_tokens
    drawn = sequences.random_evaluation(vocab_size, made.length, tokens)
    sets = {TEXT: evaluation_set(text[TEXT], made.length, tokens), RANDOM: drawn}
    rows: Rows = []
    for split, batch in sets.items():
        rows += scored(model, batch, context, part, split)
    return rows


def new_probe(
    model: LanguageModel, probe: ProbeConfig, made: EncoderConfig, seed: int
) -> Autoencoder:
    """A frozen encoder with a fresh decoder of its own shape, which unrolls the vector.

    Decoders of one seed start from the same weights, whatever the encoder.
    """
    frozen = "frozen" if probe.table == STRICT else "frozen_new_table"
    encoder = Encoder(model, frozen, generator=seeds.torch_generator(seed, "probe/table"))
    vocab_size = model.embedding.weight.shape[0]
    decoder = encoders.build(
        made.network, vocab_size, probe.length, seeds.torch_generator(seed, "probe/decoder")
    )
    return Autoencoder(encoder, decoder, "unroll", seeds.torch_generator(seed, "probe/spread"))


def probed(
    model: LanguageModel,
    probe: ProbeConfig,
    made: EncoderConfig,
    text: dict[str, TokenStream],
    seed: int,
    stages: Stages,
) -> Kept:
    """Train a probe, or find the one that an earlier call has trained."""

    def make(stage: StageContext) -> Kept:
        windows = random_windows(text["train"], probe.length, seeds.child(seed, "probe/batches"))
        return encoders.run(
            new_probe(model, probe, made, seed),
            probe.recipe,
            probe.length,
            sequences.to_regenerate(windows),
            evaluation_set(text[TEXT], probe.length, sequences.curve_tokens(probe.recipe)),
            seed,
            stage,
        )

    described = {
        "probe": plain(probe),
        "decoder": plain(made.network),
        "of": weights_sha256(model.state_dict()),
        "text": plain(made.text),
        "seed": seed,
    }
    return stages.once(described, make)


def evaluation_set(stream: TokenStream, length: int, tokens: int) -> Batch:
    """Fixed windows to regenerate."""
    return sequences.regenerate(sequences.validation_windows(stream, length, tokens))


def scored(model: TokenPredictor, batch: Batch, context: Context, part: str, split: str) -> Rows:
    """Rows of what a decoder regenerates."""
    length = batch[1].shape[1]
    size = max(1, TESTED_TOKENS // length)
    found: TokenScores = token_scores(model, batch, context.device, batch_size=size)
    vocab_size = model.head_weight.shape[0]
    named = {"part": part, "split": split}
    values = {
        "loss": found.loss,
        "accuracy": found.accuracy,
        "entropy_ratio": found.entropy_ratio(vocab_size),
    }
    rows = [named | {"metric": metric, "value": value} for metric, value in values.items()]
    return rows + [
        named | {"metric": "accuracy_by_position", "position": position, "value": float(value)}
        for position, value in enumerate(found.accuracy_by_position())
    ]


def lengths(config: InformationUnit) -> list[int]:
    """Lengths of the sequences that are regenerated."""
    found = {probe.length for probe in config.probes}
    if config.encoder.objective == REGENERATION:
        found.add(config.encoder.length)
    return sorted(found)


def unigram_rows(text: dict[str, TokenStream], length: int, tokens: int) -> Rows:
    """What the frequencies of tokens alone give on the evaluation's windows."""
    _, targets = evaluation_set(text[TEXT], length, tokens)
    training = torch.from_numpy(text["train"].tokens.astype("int64"))
    level = unigram_level(training, targets, text["train"].header.vocab_size)
    named = {"part": part_name(UNIGRAM, length), "split": TEXT}
    return [
        named | {"metric": "accuracy", "value": level.accuracy},
        named | {"metric": "loss", "value": level.loss},
    ]


def facts(
    config: InformationUnit,
    model: LanguageModel,
    text: dict[str, TokenStream],
    parts: dict[str, Any],
) -> dict[str, Any]:
    """What a record says beside its table."""
    vocab_size = text["train"].header.vocab_size
    windows = {
        str(length): tokens_sha256(evaluation_set(text[TEXT], length, config.evaluation_tokens))
        for length in lengths(config)
    }
    return {
        "parameters": count_parameters(model),
        "vocab_size": vocab_size,
        "tokens_seen": sum(found["tokens_seen"] for found in parts.values()),
        **flops(config, vocab_size, parts),
        "weights_sha256": weights_sha256(model.state_dict()),
        "stages": parts,
        "windows_sha256": windows,
        "data": {split: stream_facts(stream) for split, stream in text.items()},
    }


def flops(config: InformationUnit, vocab_size: int, parts: dict[str, Any]) -> dict[str, int]:
    """Operations of the encoder's last training and of the probes."""
    made, contrast = config.encoder, config.contrast
    each = training_flops(made, vocab_size)
    if contrast is not None:  # passages and queries, without a head
        each = 3 * made.network.stack_flops(contrast.length)
        each = round(each * (1 + contrast.query_length / contrast.length))
    spent = {"encoder_flops": each * parts[ENCODER]["tokens_seen"] if parts.get(ENCODER) else 0}
    spent["probe_flops"] = sum(
        probe_flops(probe, made.network, vocab_size) * parts[probe.part]["tokens_seen"]
        for probe in config.probes
    )
    return spent | {"flops": sum(spent.values())}
