"""How each claim about embeddings is judged.

*Token accuracy* is the share of held-out tokens that a decoder, trained to regenerate sequences
from their last token's vector, names rightly; *entropy ratio* is 1 - loss / H0, see
:mod:`~memstudy.experiments.embedding_information.metrics`. Where a rule compares encoders, they are
read by the strict probe (nothing of the encoder is trained, its table of tokens included), all its
blocks are used, and every probe is trained for the same number of steps on the same windows.

The rules leave some things open that a profile has to fix; those were fixed before any run:

- BM-1, BM-3 and BM-5 are judged at one float a token (n = d), as in the paper's transformers. With
  more floats a token the vectors of *any* encoder give away the last few tokens of a sequence, and
  these are a large share of a short one; what is found at the profile's length stands beside it.
- BM-2: 8 floats a token in the reduced profiles, 2 in the profile ``paper``. Small autoencoders
  that have seen little text do not fill 2 floats a token. Read by the decoder that the autoencoder
  was trained with, which bounds from below what the vector holds.
- BM-4 speaks of one causal encoder, read at each length; probes see equally many tokens a step.
- BM-6: same width, blocks, vector and unrolled decoder; the mixer makes as many more steps as a
  step of it is cheaper.
- BM-7 and BM-8 speak of the autoencoder at the profile's length and of its own decoder.
- BM-16: *merged* means that less than a tenth of the vectors' variance lies within groups of inputs
  with equal continuations, and that replacing every vector by the mean of its group costs the
  next-token loss less than 0.01 nat; *kept apart*, that more than half lies within the groups. Both
  are at their optimum: within 0.01 nat of the least possible loss, where no two of 64 inputs can
  share an autoencoder's vector, which costs at least 2 ln 2 / 64 = 0.022 nat.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.claims import Condition, Evidence, above, below, controlled, fact, within
from memstudy.experiments.embedding_information import finite_language, readings
from memstudy.experiments.embedding_information.config import (
    AUTOENCODER,
    CAUSAL,
    CONTRASTIVE,
    MIXER_AUTOENCODER,
    ON_RANDOM,
    RANDOM,
    REPEAT,
    UNTRAINED,
)
from memstudy.records import brief, facts

if TYPE_CHECKING:
    from memstudy.study import Results


def a_causal_embedding_holds_little(results: Results) -> Evidence:
    """BM-1."""
    profile = results.profile
    n, short = profile.judged_length, profile.length
    accuracy = readings.probed(results, CAUSAL, "accuracy", n)
    gap = readings.gap(results, n)
    beside = [
        f"{arm} {readings.probed(results, arm, 'accuracy', short).mean():.3f}"
        for arm in (CAUSAL, UNTRAINED)
    ]
    words = (
        f"n = {n}: token accuracy {brief(accuracy, '.3f')}, entropy ratio "
        f"{brief(gap, '+.3f')} against untrained; n = {short}: token accuracy {', '.join(beside)}, "
        f"entropy ratio {readings.gap(results, short).mean():+.3f}"
    )
    conditions = if_decoders_see(
        results,
        below(f"token accuracy <= 0.10 at n = {n}", accuracy, 0.10),
        below(f"entropy ratio less than 0.10 above untrained at n = {n}", gap, 0.10),
    )
    return Evidence(words, len(accuracy), conditions)


def an_autoencoder_embedding_holds_nearly_all(results: Results) -> Evidence:
    """BM-2."""
    profile = results.profile
    width = profile.network.d_model
    found = {
        length: readings.itself(results, arm, "accuracy", length)
        for length, arm in readings.autoencoders(results).items()
    }
    told = [
        f"{width / length:g} floats a token: {brief(accuracy, '.3f')}"
        for length, accuracy in found.items()
    ]
    easy = found[profile.easy_length]
    text = f"token accuracy >= 0.95 at {width / profile.easy_length:g} floats a token"
    return Evidence("; ".join(told), len(easy), (above(text, easy, 0.95),))


def size_does_not_help(results: Results) -> Evidence:
    """BM-3."""
    tokens, by_data = readings.data_sweep(results)
    widths, by_width = readings.width_sweep(results)
    _, control = readings.width_sweep(results, UNTRAINED)
    tenfold = readings.slopes(np.log10(tokens), by_data)
    doubling = readings.slopes(np.log2(widths), by_width)
    without = readings.slopes(np.log2(widths), control)
    words = (
        f"{brief(tenfold, '+.4f')} per tenfold of tokens, {brief(doubling, '+.4f')} per doubling "
        f"of width (untrained encoders: {without.mean():+.4f})"
    )
    conditions = if_decoders_see(
        results,
        below("slope of token accuracy < 0.02 per tenfold of tokens", tenfold, 0.02),
        below("slope of token accuracy < 0.02 per doubling of width", doubling, 0.02),
    )
    return Evidence(words, len(by_data), conditions)


def retention_falls_with_length(results: Results) -> Evidence:
    """BM-4."""
    lengths = results.profile.lengths
    found = readings.length_sweep(results)
    told = [f"{values.mean():.3f} (n = {n})" for n, values in zip(lengths, found.T, strict=True)]
    falls = tuple(
        above(f"token accuracy falls from n = {lengths[i]} to {lengths[j]}", drop, 0)
        for i, j in pairwise(range(len(lengths)))
        for drop in [found[:, i] - found[:, j]]
    )
    # Of sequences longer than the autoencoder's it is not known whether decoders see anything.
    n = results.profile.judged_length
    known = sum(length <= n for length in lengths[1:])
    conditions = if_decoders_see(results, *falls[:known])
    if falls[known:]:
        blind = fact(f"control: an autoencoder is read beyond n = {n}", "none was trained", None)
        conditions += controlled(falls[known:], blind)
    return Evidence("token accuracy " + ", ".join(told), len(found), conditions)


def contrastive_training_does_not_help(results: Results) -> Evidence:
    """BM-5."""
    profile = results.profile
    apart = {
        n: readings.probed(results, CONTRASTIVE, "entropy_ratio", n)
        - readings.probed(results, CAUSAL, "entropy_ratio", n)
        for n in (profile.judged_length, profile.length)
    }
    found = readings.found_passages(results)
    among = readings.passages_at_once(results)
    judged = apart[profile.judged_length]
    words = (
        f"n = {profile.judged_length}: {brief(judged, '+.3f')} against the causal encoder; "
        f"n = {profile.length}: {apart[profile.length].mean():+.3f}; it finds "
        f"{brief(found, '.3f')} of the passages, each among {among}"
    )
    text = (
        f"abs. difference of entropy ratio to the causal LM < 0.05 at n = {profile.judged_length}"
    )
    trained = above("control: the contrastive encoder finds > 0.5 of the passages", found, 0.5)
    conditions = controlled((within(text, judged, 0, 0.05),), decoders_see(results), trained)
    return Evidence(words, len(judged), conditions)


def mixers_autoencode_better(results: Results) -> Evidence:
    """BM-6."""
    n = results.profile.length
    transformer, mixer = (
        readings.itself(results, arm, "loss", n) for arm in (AUTOENCODER, MIXER_AUTOENCODER)
    )
    spent = [facts(results, arm)["stages"]["encoder"] for arm in (AUTOENCODER, MIXER_AUTOENCODER)]
    words = (
        f"mixer {brief(mixer, '.3f')} nat after {spent[1]['tokens_seen']:,} tokens, transformer "
        f"{brief(transformer, '.3f')} after {spent[0]['tokens_seen']:,}"
    )
    text = "cross-entropy of the mixer lower at equal operations (transformer - mixer > 0)"
    return Evidence(words, len(mixer), (above(text, transformer - mixer, 0),))


def autoencoding_is_not_copying(results: Results) -> Evidence:
    """BM-7."""
    n = results.profile.length
    chance = math.log(facts(results, AUTOENCODER)["vocab_size"])
    untaught = readings.itself(results, AUTOENCODER, "loss", n, RANDOM)
    taught = readings.itself(results, ON_RANDOM, "loss", n, RANDOM)
    words = (
        f"{brief(untaught, '.2f')} nat on uniform tokens, ln V = {chance:.2f}; trained on them: "
        f"{brief(taught, '.2f')}"
    )
    text = "loss on uniform random tokens above ln V (loss - ln V > 0)"
    return Evidence(words, len(untaught), (above(text, untaught - chance, 0),))


def unrolling_helps(results: Results) -> Evidence:
    """BM-8."""
    n = results.profile.length
    unrolled, repeated = (readings.itself(results, arm, "loss", n) for arm in (AUTOENCODER, REPEAT))
    words = f"unrolled {brief(unrolled, '.3f')}, repeated {brief(repeated, '.3f')} nat"
    text = "cross-entropy lower than with repeating (repeat - unroll > 0)"
    return Evidence(words, len(unrolled), (above(text, repeated - unrolled, 0),))


def next_token_prediction_is_not_invertible(results: Results) -> Evidence:
    """BM-16."""

    def found(metric: str, encoder: str) -> np.ndarray:
        return finite_language.measured(results, metric, encoder)

    causal, autoencoder = "causal", "autoencoder"
    spread = {name: found("spread_within", name) for name in finite_language.ENCODERS}
    cost = {name: found("merging_cost", name) for name in (causal, autoencoder)}
    least = found("least_merging_cost", autoencoder)
    conditions = (
        below("causal: within 0.01 nat of its optimum", found("excess_loss", causal), 0.01),
        below(
            "autoencoder: within 0.01 nat of its optimum", found("excess_loss", autoencoder), 0.01
        ),
        below("causal: share of variance within groups < 0.1", spread[causal], 0.1),
        above("autoencoder: share of variance within groups > 0.5", spread[autoencoder], 0.5),
        below("causal: merging costs < 0.01 nat", cost[causal], 0.01),
    )
    words = (
        "variance within groups of equal continuations: "
        + ", ".join(f"{name} {values.mean():.3f}" for name, values in spread.items())
        + f"; merging them costs {abs(cost[causal].mean()):.4f} and "
        f"{cost[autoencoder].mean():.2f} nat (whatever the decoder: {least.mean():.2f} at least)"
    )
    return Evidence(words, len(least), conditions)


def if_decoders_see(results: Results, *conditions: Condition) -> tuple[Condition, ...]:
    """Rules on what vectors do *not* hold, with their control at the length where they are judged.

    A decoder that finds nothing in any vector says nothing about this one: such a rule is
    undecided.
    """
    return controlled(conditions, decoders_see(results))


def decoders_see(results: Results) -> Condition:
    """The control: the strict probe finds something in a vector that was made to be read."""
    n = results.profile.judged_length
    text = f"control: an autoencoder's vector gives > 0.05 more than the commonest token at n = {n}"
    return above(text, readings.control(results, n), 0.05)
