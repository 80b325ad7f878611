"""The arms: two decoders, each pretrained and from random weights, with and without memories.

All arms of a decoder have equally many steps of copy training; at equal seeds they see the same
texts in the same order and have the same encoder at the start. The stand-in is trained from a seed
of its own (:func:`stand_in_seed`): from the same one it would begin with the very weights of the
frozen encoder, and read vectors of its own sibling. Encoders come first, then the trials
of learning rates, so that what several arms need is there when they begin.
"""

from __future__ import annotations

from memstudy.core import seeds
from memstudy.core.experiment import Unit
from memstudy.experiments.copy_tasks.config import (
    COPY,
    FROZEN,
    TRAINABLE,
    MemoryStage,
    SourceStage,
    StageUnit,
)
from memstudy.experiments.pretrained_decoder.config import (
    AUTOENCODER,
    MEMORIES,
    NAME,
    RATE_SEED,
    STARTS,
    Config,
    DecoderUnit,
    PretrainedProfile,
    RatesUnit,
    Trials,
    arm_name,
    rates_name,
)


def stand_in_seed(seed: int) -> int:
    """Seed from which the language model in the place of a pretrained one is trained."""
    return seeds.child(seed, "stand-in")


def autoencoder(profile: PretrainedProfile) -> SourceStage:
    """The model whose encoder is frozen: trained on single chunks of the same text."""
    return SourceStage(
        objective="autoencoder",
        text=profile.text,
        shape=profile.encoder,
        chunk=profile.chunk,
        recipe=profile.autoencoder,
    )


def decoder_unit(
    profile: PretrainedProfile, trials: Trials, start: str, memory: str
) -> DecoderUnit:
    """The configuration of one arm."""
    stage = MemoryStage(
        task=COPY,
        memory=memory,
        text=profile.text,
        encoder_shape=profile.encoder,
        decoder_shape=trials.decoder.shape,
        chunk=profile.chunk,
        n_chunks=profile.n_chunks,
        recipe=trials.recipe,
        encoder=autoencoder(profile) if memory == FROZEN else None,
    )
    return DecoderUnit(
        decoder=trials.decoder,
        start=start,
        stage=stage,
        rates=trials.rates[start],
        windows=trials.windows,
        own_windows=trials.own_windows,
        own_length=trials.own_length,
        general=trials.general,
    )


def arms(profile: PretrainedProfile) -> dict[str, tuple[Config, tuple[int, ...]]]:
    """Configuration and seeds of every arm."""
    found: dict[str, tuple[Config, tuple[int, ...]]] = {}
    source = StageUnit(stage=autoencoder(profile), scoring=profile.scoring)
    found[AUTOENCODER] = (source, profile.seeds)
    for trials in profile.trials:
        training = trials.decoder.training
        if training is not None:
            unit = StageUnit(stage=training, scoring=profile.scoring)
            found[trials.decoder.label] = (unit, trials.seeds)
        for start in STARTS:
            searched = RatesUnit(unit=decoder_unit(profile, trials, start, TRAINABLE))
            found[rates_name(trials.decoder.label, start)] = (searched, (RATE_SEED,))
    for trials in profile.trials:
        for memory in MEMORIES:
            for start in STARTS:
                unit = decoder_unit(profile, trials, start, memory)
                found[arm_name(trials.decoder.label, start, memory)] = (unit, trials.seeds)
    return found


def units(profile: PretrainedProfile) -> list[Unit]:
    """All units in the order of the arms."""
    return [
        # Trials are made with one seed for all: they belong to every choice of seeds.
        Unit(NAME, arm, seed, config, random=not isinstance(config, RatesUnit))
        for arm, (config, chosen) in arms(profile).items()
        for seed in chosen
    ]
