"""Arms and units of the embedding experiment; torch is not needed here.

What several units need (the causal encoder, from which the contrastive one starts) is trained once
and found again by its hash, see :mod:`memstudy.stages`.
"""

from __future__ import annotations

from dataclasses import replace

from memstudy.core.experiment import Unit
from memstudy.experiments.embedding_information.config import (
    AUTOENCODER,
    CAUSAL,
    CONTRASTIVE,
    MIXER_AUTOENCODER,
    MIXER_CAUSAL,
    MIXER_REPEAT,
    MIXER_UNTRAINED,
    NAME,
    NEXT_TOKEN,
    NOTHING,
    OFFICIAL,
    ON_RANDOM,
    REGENERATION,
    REPEAT,
    STORIES,
    STORIES_AUTOENCODER,
    STORIES_CAUSAL,
    STORIES_UNTRAINED,
    STRICT,
    UNTRAINED,
    ContrastConfig,
    EncoderConfig,
    InformationProfile,
    InformationUnit,
    NetworkConfig,
    ProbeConfig,
    RecipeConfig,
    autoencoder_arm,
    autoencoder_flops,
    steps_arm,
    width_arm,
)
from memstudy.experiments.embedding_information.finite_language import ARM as FINITE


def encoder(profile: InformationProfile, objective: str, **changes: object) -> EncoderConfig:
    """An encoder of the profile on its first text; ``changes`` are fields that differ."""
    recipes = {NOTHING: None, NEXT_TOKEN: profile.causal, REGENERATION: profile.regeneration}
    found = EncoderConfig(
        objective=objective,
        text=next(iter(profile.texts.values())),
        network=profile.network,
        length=profile.length if objective == REGENERATION else profile.window,
        recipe=recipes[objective],
    )
    return replace(found, **changes)


def probes(profile: InformationProfile, *parts: tuple[str, int]) -> tuple[ProbeConfig, ...]:
    """Probes given by table and length, all with the profile's recipe, none twice."""
    return tuple(
        ProbeConfig(table=table, length=length, recipe=profile.probe)
        for table, length in dict.fromkeys(parts)
    )


def unit(
    profile: InformationProfile, made: EncoderConfig, *parts: tuple[str, int], **more: object
) -> InformationUnit:
    """An encoder with its probes."""
    return InformationUnit(
        encoder=made,
        probes=probes(profile, *parts),
        evaluation_tokens=profile.evaluation_tokens,
        **more,
    )


def main_arms(profile: InformationProfile) -> dict[str, InformationUnit]:
    """The four encoders, each with both probes at the profile's length, and other lengths.

    The autoencoder of the judged length is the control of the rules on what vectors do not hold.
    """
    n, judged = profile.length, profile.judged_length
    both = ((STRICT, n), (OFFICIAL, n))
    causal = encoder(profile, NEXT_TOKEN)
    contrast = ContrastConfig(recipe=profile.contrast, length=judged)
    every = tuple((STRICT, length) for length in profile.lengths)
    control = {}
    if judged in profile.hard_lengths:
        control[autoencoder_arm(judged)] = unit(profile, hard(profile, judged), (STRICT, judged))
    return control | {
        AUTOENCODER: unit(profile, encoder(profile, REGENERATION), *both),
        CAUSAL: unit(profile, causal, *both, (STRICT, judged), *every),
        UNTRAINED: unit(profile, encoder(profile, NOTHING), *both, (STRICT, judged)),
        autoencoder_arm(profile.easy_length): unit(
            profile,
            encoder(
                profile,
                REGENERATION,
                length=profile.easy_length,
                recipe=profile.easy or profile.regeneration,
            ),
        ),
        CONTRASTIVE: unit(profile, causal, *both, (STRICT, judged), contrast=contrast),
    }


def hard(profile: InformationProfile, length: int) -> EncoderConfig:
    """The autoencoder of a length at which the vector has little room a token."""
    recipe = profile.hard or profile.regeneration
    return encoder(profile, REGENERATION, length=length, recipe=recipe)


def decoder_arms(profile: InformationProfile) -> dict[str, InformationUnit]:
    """Autoencoders that differ in decoder or family from the first."""
    mixer = encoder(profile, REGENERATION, network=profile.mixer, recipe=mixer_recipe(profile))
    return {
        REPEAT: unit(profile, encoder(profile, REGENERATION, spread="repeat")),
        MIXER_AUTOENCODER: unit(profile, mixer),
    }


def size_arms(profile: InformationProfile) -> dict[str, InformationUnit]:
    """Causal encoders with less training and of other widths (BM-3).

    The decoder of a probe is as wide as the encoder, so that no narrow map stands between them; a
    wider encoder is therefore read by a better decoder. What that alone does, the untrained
    encoder of each width shows.
    """
    at = (STRICT, profile.judged_length)
    found = {}
    for steps in profile.fewer_steps:
        warmup = min(profile.causal.warmup_steps, steps // 5)
        recipe = replace(profile.causal, steps=steps, warmup_steps=warmup)
        found[steps_arm(steps)] = unit(profile, encoder(profile, NEXT_TOKEN, recipe=recipe), at)
    for d_model in profile.widths:
        network = with_width(profile.network, d_model)
        for arm, objective in ((CAUSAL, NEXT_TOKEN), (UNTRAINED, NOTHING)):
            made = encoder(profile, objective, network=network)
            found[width_arm(arm, d_model)] = unit(profile, made, at)
    return found


def beside_arms(profile: InformationProfile) -> dict[str, InformationUnit]:
    """What stands beside the judged arms: random tokens, longer sequences, another text, mixers."""
    at = (STRICT, profile.length)
    found = {ON_RANDOM: unit(profile, encoder(profile, REGENERATION, random_tokens=True))}
    for length in profile.hard_lengths:
        if length != profile.judged_length:
            found[autoencoder_arm(length)] = unit(profile, hard(profile, length))
    if STORIES in profile.texts:
        text = {"text": profile.texts[STORIES]}
        found |= {
            STORIES_AUTOENCODER: unit(profile, encoder(profile, REGENERATION, **text)),
            STORIES_CAUSAL: unit(profile, encoder(profile, NEXT_TOKEN, **text), at),
            STORIES_UNTRAINED: unit(profile, encoder(profile, NOTHING, **text), at),
        }
    shape = {"network": profile.mixer, "length": profile.length}
    found |= {
        MIXER_CAUSAL: unit(profile, encoder(profile, NEXT_TOKEN, **shape), at),
        MIXER_UNTRAINED: unit(profile, encoder(profile, NOTHING, **shape), at),
    }
    if profile.mixer_extras:
        recipe = mixer_recipe(profile)
        made = encoder(profile, REGENERATION, network=profile.mixer, recipe=recipe, spread="repeat")
        found[MIXER_REPEAT] = unit(profile, made)
    return found


def with_width(network: NetworkConfig, d_model: int) -> NetworkConfig:
    """The same network at another width, with heads of the same width."""
    head = network.d_model // network.n_heads
    return replace(network, d_model=d_model, n_heads=max(1, d_model // head))


def mixer_recipe(profile: InformationProfile) -> RecipeConfig:
    """The recipe with which a mixer spends as many operations as the transformer (BM-6).

    Width, blocks and sequences are equal, a step of the mixer is cheaper, so it makes more of them.
    """
    text = next(iter(profile.texts.values()))
    vocab_size = int(text.tokenizer.removeprefix("bpe-").split("@")[0])
    spent = [
        autoencoder_flops(network, profile.length, vocab_size)
        for network in (profile.network, profile.mixer)
    ]
    recipe = profile.regeneration
    return replace(recipe, steps=round(recipe.steps * spent[0] / spent[1]))


JUDGED = (main_arms, decoder_arms, size_arms)


def arms(profile: InformationProfile) -> dict[str, InformationUnit]:
    """Configuration of each arm, the most informative first."""
    groups = (*JUDGED, beside_arms)
    return {arm: config for group in groups for arm, config in group(profile).items()}


def units(profile: InformationProfile) -> list[Unit]:
    """All units: the finite language first, which takes seconds; then group by group, all seeds."""
    found = [Unit(NAME, FINITE, seed, profile.finite) for seed in profile.seeds]
    for group in JUDGED:
        for seed in profile.seeds:
            found += [Unit(NAME, arm, seed, config) for arm, config in group(profile).items()]
    for seed in profile.seeds[:1] if profile.beside_once else profile.seeds:
        found += [
            # Where there is one run, it belongs to every choice of seeds.
            Unit(NAME, arm, seed, config, random=not profile.beside_once)
            for arm, config in beside_arms(profile).items()
        ]
    return found
