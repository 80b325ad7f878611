"""Encoders and probes: equal starts, frozen parts, InfoNCE, kept stages, counted operations."""

import dataclasses
import math

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from memstudy import stages
from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.experiments.embedding_information import (
    contrastive,
    encoders,
    measuring,
    sequences,
)
from memstudy.experiments.embedding_information.config import (
    MIXER,
    NEXT_TOKEN,
    NOTHING,
    OFFICIAL,
    REGENERATION,
    STRICT,
    TRANSFORMER,
    ContrastConfig,
    EncoderConfig,
    NetworkConfig,
    ProbeConfig,
    RecipeConfig,
    autoencoder_flops,
    probe_flops,
    training_flops,
)
from memstudy.experiments.embedding_information.profiles import PROFILES
from memstudy.language_models.trained import streams
from memstudy.nn.autoencoder import Autoencoder, Encoder
from memstudy.nn.initial_weights import INITS
from memstudy.nn.llama import Llama, LlamaConfig

CPU = Device("cpu", "cpu", 1, "float32")
TEXT = PROFILES["smoke"].texts["world"]
V, N = 30, 6
NETWORKS = {
    TRANSFORMER: NetworkConfig(family=TRANSFORMER, d_model=8, n_heads=2, n_blocks=2),
    "flat mixer": NetworkConfig(family=MIXER, d_model=8, n_heads=1, n_blocks=2, kernel=3),
    "mixer with heads": NetworkConfig(family=MIXER, d_model=8, n_heads=2, n_blocks=2, kernel=2),
}
RECIPE = RecipeConfig(steps=3, step_tokens=24, learning_rate=1e-2, warmup_steps=1, evaluations=1)
every_network = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)


def made(objective, network=NETWORKS[TRANSFORMER], **changes):
    recipe = None if objective == NOTHING else RECIPE
    shape = {"objective": objective, "network": network, "length": N, "recipe": recipe}
    return EncoderConfig(**({"text": TEXT} | shape | changes))


def probe(table, length=N):
    return ProbeConfig(table=table, length=length, recipe=RECIPE)


@pytest.fixture
def context(tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "CACHE", tmp_path / "cache")
    return Context(CPU, tmp_path / "checkpoint.pt", made_by="this code")


@pytest.fixture
def unit_stages(context):
    return stages.Stages(context)


@pytest.fixture(scope="module")
def text():
    return streams(TEXT)


# ------------------------------------------------------------------------------------------- starts


@pytest.mark.parametrize("init", INITS)
@every_network
def test_encoders_of_a_seed_start_from_the_same_weights_whatever_they_are_trained_for(
    network, init
):
    network = dataclasses.replace(network, init=init)
    plain = encoders.untrained(made(NOTHING, network), V, seed=1).state_dict()
    causal = encoders.untrained(made(NEXT_TOKEN, network), V, seed=1)
    inside = encoders.autoencoder(made(REGENERATION, network), V, seed=1).encoder.model
    assert "head.weight" not in plain
    assert causal.head is not None and inside.head is None
    for name, weight in plain.items():
        assert torch.equal(weight, causal.state_dict()[name])
        assert torch.equal(weight, inside.state_dict()[name])
    other = encoders.untrained(made(NOTHING, network), V, seed=2).state_dict()
    assert not torch.equal(other["embedding.weight"], plain["embedding.weight"])


def test_probes_of_a_seed_start_from_the_same_decoder_whatever_the_encoder():
    found = []
    for seed_of_encoder in (1, 2):
        model = encoders.untrained(made(NOTHING), V, seed_of_encoder)
        new = measuring.new_probe(model, probe(STRICT), made(NOTHING), seed=5)
        found.append((new.decoder.state_dict(), new.spread.state_dict()))
    for one, other in zip(*found, strict=True):
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one)


# ------------------------------------------------------------------------------------------- probes


def test_a_probe_reads_exactly_the_vector_of_the_encoder():
    model = encoders.untrained(made(NEXT_TOKEN), V, 0).eval()
    tokens = torch.randint(V, (4, N), generator=torch.Generator().manual_seed(0))
    new = measuring.new_probe(model, probe(STRICT), made(NEXT_TOKEN), 0)
    assert torch.equal(new.encoder(tokens), model.hidden(tokens)[:, -1])


@pytest.mark.parametrize("table", [STRICT, OFFICIAL])
def test_frozen_is_frozen_and_the_official_probe_trains_a_new_table(table, unit_stages, text):
    vocab_size = text["train"].header.vocab_size
    model = encoders.untrained(made(NEXT_TOKEN), vocab_size, 0)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    start = measuring.new_probe(model, probe(table), made(NEXT_TOKEN), 3).state_dict()
    found = measuring.probed(model, probe(table), made(NEXT_TOKEN), text, 3, unit_stages).weights
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before)
    changed = {name for name in start if not torch.equal(start[name], found[name])}
    of_encoder = {name for name in changed if name.startswith("encoder.")}
    assert changed - of_encoder
    table_name = "encoder.model.embedding.weight"
    assert of_encoder == ({table_name} if table == OFFICIAL else set())
    own = torch.equal(start[table_name], before["embedding.weight"])
    assert own == (table == STRICT)


# ------------------------------------------------------------------------------------ contrastive


def naive_loss(vectors, queries, passages, temperature):
    """InfoNCE in loops, passages that hold the words of another query left out."""
    total = 0.0
    width = queries.shape[1]
    for i, query in enumerate(queries):
        wrong = 0.0
        for j, passage in enumerate(passages):
            holds = any(
                passage[k : k + width].tolist() == query.tolist()
                for k in range(len(passage) - width + 1)
            )
            a, b = vectors["queries"][i], vectors["passages"][j]
            cosine = float(a @ b / (a.norm() * b.norm()))
            if i == j:
                right = cosine / temperature
            if i == j or not holds:
                wrong += math.exp(cosine / temperature)
        total += math.log(wrong) - right
    return total / len(queries)


def test_infonce_is_its_definition_and_leaves_out_passages_that_hold_the_words_too():
    shape = LlamaConfig(vocab_size=5, d_model=8, n_heads=2, n_blocks=1)
    generator = torch.Generator().manual_seed(0)
    model = contrastive.Retriever(Llama(shape, generator)).double()
    passages = torch.randint(5, (6, 9), generator=generator)
    queries = torch.stack([passages[i, i % 3 : i % 3 + 2] for i in range(6)])
    held = contrastive.contains(passages, queries)
    assert held.diagonal().all() and 6 < held.sum() < 36
    vectors = {"queries": model(queries).detach(), "passages": model(passages).detach()}
    found = contrastive.InfoNce(0.5)(model, (passages, queries))
    assert found.item() == pytest.approx(naive_loss(vectors, queries, passages, 0.5), rel=1e-5)


def test_a_query_is_cut_out_of_its_passage(text):
    config = ContrastConfig(recipe=RECIPE, length=12, query_length=4)
    passages, queries = sequences.query_batches(text["train"], config, 0)(0, 50)
    assert passages.shape == (50, 12) and queries.shape == (50, 4)
    assert contrastive.contains(passages, queries).diagonal().all()
    places = {
        next(k for k in range(9) if torch.equal(passage[k : k + 4], query))
        for passage, query in zip(passages, queries, strict=True)
    }
    assert {0, 8} <= places  # both ends can be drawn


def test_contrastive_training_starts_from_the_causal_encoder(unit_stages, text):
    contrast = ContrastConfig(recipe=RECIPE, length=12, query_length=4)
    causal, left = encoders.trained_encoder(made(NEXT_TOKEN), None, text, 0, unit_stages)
    found, last = encoders.trained_encoder(made(NEXT_TOKEN), contrast, text, 0, unit_stages)
    assert 0 <= last.facts["retrieval_accuracy"] <= 1
    assert last.facts["tokens_seen"] == RECIPE.steps * (24 // 12) * 12
    assert left.facts["weights_sha256"] != last.facts["weights_sha256"]
    moved = (found.embedding.weight - causal.embedding.weight).abs().max()
    apart = found.embedding.weight - encoders.untrained(made(NOTHING), 4096, 7).embedding.weight
    assert 0 < moved < apart.abs().max()


# ---------------------------------------------------------------------------------------- counting


@every_network
@pytest.mark.parametrize("spread", ["unroll", "repeat"])
def test_counted_operations_are_those_of_the_library(network, spread):
    model = encoders.autoencoder(made(REGENERATION, network, spread=spread), V, 0)
    tokens = torch.zeros(3, N, dtype=torch.int64)
    # The counter knows no attention that is fused on CPUs.
    plain = sdpa_kernel(SDPBackend.MATH)
    with plain, FlopCounterMode(display=False) as counter, torch.no_grad():
        model(tokens)
    counted_here = autoencoder_flops(network, N, V, spread) * tokens.numel()
    assert counter.get_total_flops() == counted_here
    assert training_flops(made(REGENERATION, network, spread=spread), V) * tokens.numel() == (
        3 * counted_here
    )


def test_a_frozen_encoder_costs_less_than_a_trained_one():
    network = NETWORKS[TRANSFORMER]
    whole = 3 * autoencoder_flops(network, N, V)
    strict, official = (probe_flops(probe(table), network, V) for table in (STRICT, OFFICIAL))
    assert whole - strict == 2 * network.stack_flops(N)
    assert whole - official == network.stack_flops(N)


# ------------------------------------------------------------------------------------------ tokens


def test_random_tokens_are_uniform_and_regenerated():
    x, y = sequences.random_tokens(20, 10, seed=3)(0, 4000)
    assert torch.equal(x, y) and x.shape == (4000, 10)
    shares = torch.bincount(x.flatten(), minlength=20) / x.numel()
    assert ((shares - 0.05).abs() < 0.005).all()
    again, _ = sequences.random_tokens(20, 10, seed=3)(0, 4000)
    later, _ = sequences.random_tokens(20, 10, seed=3)(1, 4000)
    assert torch.equal(x, again) and not torch.equal(x, later)


def test_decoders_regenerate_the_tokens_at_their_own_places(text):
    windows, targets = measuring.evaluation_set(text["validation"], 8, 64)
    assert torch.equal(windows, targets) and windows.shape == (8, 8)
    again = sequences.validation_windows(text["validation"], 8, 64)[0]
    assert torch.equal(windows, again)


def test_an_autoencoder_learns_three_sequences_by_heart():
    """The whole way from a vector back to tokens can be learned: none of its parts is cut off."""
    generator = torch.Generator().manual_seed(0)
    model = encoders.autoencoder(made(REGENERATION), V, 0)
    tokens = torch.randint(V, (3, N), generator=generator)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(150):
        optimiser.zero_grad()
        model.loss(tokens, tokens).backward()
        optimiser.step()
    assert torch.equal(model(tokens).argmax(-1), tokens)
    assert isinstance(model, Autoencoder) and isinstance(model.encoder, Encoder)
