"""X-3: pairings of equal size, equal beginnings, and a rule that cannot pass on unread memories."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from memstudy.core.claims import judge
from memstudy.core.statistics import bootstrap
from memstudy.experiments.copy_tasks import stages
from memstudy.experiments.copy_tasks.config import CAUSAL, COMBINED, COPY, NO_MEMORY
from memstudy.experiments.copy_tasks.scoring import Symbols
from memstudy.experiments.cross_paper.pairings import config, readings
from memstudy.experiments.cross_paper.pairings.claims import CLAIMS
from memstudy.experiments.cross_paper.pairings.config import (
    CPU,
    DECODERS,
    ENCODERS,
    MOSAIC,
    NONE,
    PAIRS,
    PLACED,
    SMOKE,
    TRANSFORMER,
    TRIED,
    best_arm,
)
from memstudy.nn.memory_model.objectives import copy_task
from memstudy.nn.targets import IGNORED

SYMBOLS = Symbols.of(120)


def built(encoder, decoder, seed=0, settings=SMOKE):
    return stages.build(settings.stage(encoder, decoder, 1e-3), seed, SYMBOLS)


def parameters(module):
    return sum(p.numel() for p in module.parameters())


def test_both_families_have_about_as_many_weights():
    mosaic, llama = (built(family, family, settings=CPU) for family in (MOSAIC, TRANSFORMER))
    for part in ("encoder", "decoder"):
        ours, theirs = (parameters(getattr(model, part)) for model in (mosaic, llama))
        assert abs(ours / theirs - 1) < 0.005


@pytest.mark.parametrize("decoder", DECODERS)
def test_pairings_of_a_seed_share_their_decoder(decoder):
    weights = [built(encoder, decoder).decoder.state_dict() for encoder in ENCODERS]
    for other in weights[1:]:
        assert all(torch.equal(value, other[name]) for name, value in weights[0].items())
    assert not torch.equal(
        weights[0]["embedding.weight"],
        built(MOSAIC, decoder, seed=1).decoder.embedding.weight,
    )


def test_a_mosaic_with_positions_differs_by_them_alone():
    plain, placed = built(TRANSFORMER, MOSAIC).decoder, built(TRANSFORMER, PLACED).decoder
    assert plain.positions is None
    assert placed.positions.num_embeddings == SMOKE.n_chunks + SMOKE.chunk
    assert parameters(placed) - parameters(plain) == parameters(placed.positions)


@pytest.mark.parametrize("pair", TRIED)
def test_nothing_is_read_ahead_and_memories_are_read(pair):
    """A token changes nothing before it; one of an earlier chunk matters iff there are memories."""
    model = built(*pair).eval()
    tokens = torch.randint(0, 100, (2, SMOKE.chunk * SMOKE.n_chunks))
    other = tokens.clone()
    place = SMOKE.chunk + 1
    other[:, place] = (other[:, place] + 1) % 100
    with torch.no_grad():
        before, after = model(tokens), model(other)
    assert torch.equal(before[:, :place], after[:, :place])
    later = (before[:, 2 * SMOKE.chunk :] - after[:, 2 * SMOKE.chunk :]).abs().max()
    assert (later > 0) == (pair[0] != NONE)


def test_arms_have_every_rate_once_and_the_best_with_all_seeds():
    chosen = replace(CPU, winners={"mosaic_transformer": 2})
    arms, once = config.arms(chosen), config.once(chosen)
    assert len(arms) == len(TRIED) * len(CPU.learning_rates) + 4
    assert len(once) == len(TRIED) * (len(CPU.learning_rates) - 1) and once < set(arms)
    assert best_arm(chosen, MOSAIC, TRANSFORMER) == "pairings_mosaic_transformer_lr0.01"
    stage = arms["pairings_none_mosaic_lr0.003"].stage
    assert stage.memory == NO_MEMORY and stage.task == COMBINED and stage.cue
    # Which rate is best renames nothing and changes no configuration: records stay valid.
    before = config.arms(CPU)
    assert all(before[name] == arms[name] for name in before.keys() & arms.keys())


@dataclass
class Fake:
    """Results of which the readings ask: copy accuracy by place, and next-token losses."""

    table: pd.DataFrame
    profile: object

    def select(self, **wanted):
        table = self.table
        for column, value in wanted.items():
            table = table[table[column] == value]
        return table

    def seeds_of(self, arm):
        return sorted(self.table[self.table.model == arm].seed.unique())


def fake(copied, losses=None):
    """Results with the given copy accuracy of each pairing, and causal losses (else 3 nat)."""
    rows = []
    for pair in copied:
        for seed in (10, 11, 12):
            noise = 0.001 * (seed - 11)
            said = {"model": best_arm(SMOKE, *pair), "seed": seed, "part": "inside"}
            for place in (1, 2, 3):
                right = 1.0 if place == 3 else copied[pair] + noise
                rows.append(
                    said
                    | {"metric": "accuracy_by_position", "split": COPY, "value": right}
                    | {"position": place}
                )
            last = readings.share_of_last(SMOKE)
            whole = last + (1 - last) * (copied[pair] + noise)
            rows.append(said | {"metric": "accuracy", "split": COPY, "value": whole})
            loss = (losses or {}).get(pair, 3.0) + noise
            rows.append(said | {"metric": "loss", "split": CAUSAL, "value": loss})
    return Fake(pd.DataFrame(rows), SimpleNamespace(pairings=SMOKE))


ALONE = {(NONE, TRANSFORMER): 0.3, (NONE, MOSAIC): 0.2}
BETTER = ALONE | {
    (MOSAIC, MOSAIC): 0.7,
    (TRANSFORMER, MOSAIC): 0.6,
    (MOSAIC, TRANSFORMER): 0.6,
    (TRANSFORMER, TRANSFORMER): 0.5,
}


def status(results):
    claim = CLAIMS[0]
    return judge(claim, claim.test(results), False).status


def test_the_rule_passes_where_a_mosaic_is_better_everywhere():
    assert status(fake(BETTER)) == "reproduced at reduced scale"


@pytest.mark.parametrize("settings", [SMOKE, CPU])
def test_the_share_of_last_tokens_is_that_of_the_labels(settings):
    half = settings.n_chunks // 2 * settings.chunk
    text = torch.arange(half)[None]
    _, targets = copy_task(text, settings.chunk, cue=half)
    counted = targets[targets != IGNORED] % settings.chunk  # places in the chunk
    last = (counted == settings.chunk - 1).double().mean()
    assert readings.share_of_last(settings) == pytest.approx(float(last))


def test_last_tokens_do_not_count():
    found = readings.copied(fake(BETTER), MOSAIC, MOSAIC)
    assert bootstrap(found).mean == pytest.approx(0.7)


def test_a_decoder_that_knows_the_language_better_gains_nothing():
    found = fake(BETTER | {(NONE, MOSAIC): 0.55})
    assert np.allclose(readings.gain(found, TRANSFORMER, MOSAIC), 0.05)
    assert status(found) == "partly"


def test_a_mosaic_with_positions_is_compared_with_itself_and_not_judged():
    found = fake(BETTER | {(TRANSFORMER, PLACED): 0.35, (NONE, PLACED): 0.3})
    assert np.allclose(readings.gain(found, TRANSFORMER, PLACED), 0.05)
    assert status(found) == "reproduced at reduced scale"


def test_a_better_copy_at_the_price_of_the_language_is_only_part():
    assert status(fake(BETTER, {(MOSAIC, TRANSFORMER): 3.2})) == "partly"


def test_memories_that_no_one_reads_decide_nothing():
    unread = {pair: ALONE[NONE, pair[1]] for pair in PAIRS}
    unread |= {(MOSAIC, decoder): ALONE[NONE, decoder] + 0.01 for decoder in DECODERS}
    assert status(fake(unread)) == "inconclusive"
