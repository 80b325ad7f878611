"""Memory model: equal to the loop over chunks, who sees what, layouts, baselines, decoding."""

import dataclasses

import pytest
import torch

from memstudy.nn.autoencoder import Autoencoder, Encoder
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.memory_model.model import MemoryLayout, MemoryModel
from memstudy.nn.memory_model.recurrent import RecurrentMemoryModel
from memstudy.nn.memory_model.reference import memory_model
from memstudy.nn.mixer import MaskedMixer, MaskedMixerConfig
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.nn.transformer import Transformer, TransformerConfig

C, S = 5, 4
FIXED = MemoryLayout(chunk=C, n_chunks=S)
LAYOUTS = {"fixed": FIXED, "variable": dataclasses.replace(FIXED, slots="variable")}
every_layout = pytest.mark.parametrize("layout", LAYOUTS)
PAIRS = [
    ("llama", "llama"),
    ("mixer", "mixer"),
    ("mosaic", "mosaic"),
    ("mosaic", "llama"),
    ("llama", "gpt2"),
]
every_pair = pytest.mark.parametrize("encoder, decoder", PAIRS)


def language_model(family, d_model=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shape = dict(
        vocab_size=20, d_model=d_model, n_heads=2, n_blocks=2, context_length=C + S, init="fan_in"
    )
    if family == "llama":
        return Llama(LlamaConfig(**shape, n_kv_heads=1), generator)
    if family == "mosaic":
        return MemoryMosaic(MosaicConfig(**shape), generator)
    if family == "gpt2":
        return Transformer(TransformerConfig(**shape), generator)
    return MaskedMixer(MaskedMixerConfig(**shape, kernel=2), generator)


def build(encoder="llama", decoder="llama", layout="fixed", d_encoder=8, **options):
    first = None if encoder is None else Encoder(language_model(encoder, d_encoder), **options)
    second = language_model(decoder, seed=1)
    generator = torch.Generator().manual_seed(2)
    return MemoryModel(first, second, LAYOUTS[layout], generator).double()


def tokens(batch, time=S * C, seed=1):
    return torch.randint(20, (batch, time), generator=torch.Generator().manual_seed(seed))


def with_other_token(x, place):
    changed = x.clone()
    changed[:, place] = (changed[:, place] + 1) % 20
    return changed


def moved(model, x, place):
    """(S · C,) whether a position's logits move, to the bit, with the token at ``place``."""
    return (model(x) != model(with_other_token(x, place))).any(-1).any(0)


@every_layout
@every_pair
def test_equal_to_the_loop_over_chunks_in_values_and_gradients(encoder, decoder, layout):
    model, x = build(encoder, decoder, layout, d_encoder=12), tokens(2)
    fast, slow = model(x), memory_model(model, x)
    torch.testing.assert_close(fast, slow)
    probe, weights = torch.randn_like(fast), list(model.parameters())
    found = [torch.autograd.grad((y * probe).sum(), weights) for y in (fast, slow)]
    torch.testing.assert_close(*found)


@every_layout
@pytest.mark.parametrize("encoder, decoder", [*PAIRS, (None, "llama")])
def test_who_sees_a_token(encoder, decoder, layout):
    """Later positions of its chunk and all later chunks; never through its own chunk's memory."""
    model, x = build(encoder, decoder, layout), tokens(2)
    for place in (0, 1, C - 1, C, 2 * C + 1, S * C - 1):
        chunk = place // C
        expected = torch.zeros(S * C, dtype=torch.bool)
        expected[place : (chunk + 1) * C] = True
        expected[(chunk + 1) * C :] = encoder is not None
        assert torch.equal(moved(model, x, place), expected), place


@every_layout
def test_gradients_of_memories_stay_behind_their_chunk(layout):
    model, x = build(layout=layout), tokens(2)
    chunks = model.layout.chunks(x)
    memories = model.memories(chunks[:, :-1]).detach().requires_grad_()
    hidden = model.decode(memories, chunks).unflatten(1, (S, C))
    for chunk in range(S):
        (gradient,) = torch.autograd.grad(
            hidden[:, chunk].square().sum(), memories, retain_graph=True
        )
        reached = gradient.abs().amax((0, 2)) > 0
        assert reached.tolist() == [index < chunk for index in range(S - 1)]


@every_layout
def test_the_memory_of_a_chunk_is_its_own(layout):
    """Chunks are encoded independently: equal chunks have equal memories, in any order."""
    model, x = build(layout=layout), tokens(2)
    seen = []
    model.encoder.register_forward_hook(lambda _, inputs, output: seen.append(inputs[0]))
    model(x)
    assert len(seen) == 1  # all at once
    assert torch.equal(seen[0], x[:, : (S - 1) * C].reshape(-1, C))  # the last one never
    chunks = FIXED.chunks(x)
    memories = model.memories(chunks)
    torch.testing.assert_close(model.memories(chunks.flip(1)), memories.flip(1))
    for index in range(S):
        one = model.encoder(chunks[:, index])
        torch.testing.assert_close(memories[:, index], one)


def test_an_autoencoder_and_a_memory_model_make_the_same_vector():
    source, x = language_model("llama"), tokens(2)
    reader = Autoencoder(Encoder(source), language_model("llama", seed=3))
    model = MemoryModel(Encoder(source, "frozen"), language_model("llama", seed=1), FIXED)
    memories = model.memories(FIXED.chunks(x))
    for index in range(S):
        vector = reader.encoder(x[:, index * C : (index + 1) * C])
        torch.testing.assert_close(memories[:, index], vector)


@every_layout
def test_without_memories_every_slot_is_the_filler(layout):
    """The control equals the model whose memories are overwritten by the filler."""
    control, x = build(None, layout=layout), tokens(2)
    model = build("llama", layout=layout)
    filler = torch.ones(2, S - 1, 8, dtype=torch.float64)
    torch.testing.assert_close(control.hidden(x), model.decode(filler, FIXED.chunks(x)))
    assert not torch.allclose(control(x), model(x))
    zeros = MemoryModel(None, control.decoder, dataclasses.replace(FIXED, filler=0.0))
    assert not torch.allclose(zeros(x), MemoryModel(None, control.decoder, FIXED)(x))


def test_with_every_slot_in_use_the_layouts_agree_up_to_where_tokens_start():
    """Positions are relative in a Llama: the layouts differ by the filler alone."""
    assert [LAYOUTS["fixed"].slots_before(c) for c in range(S)] == [S] * S
    assert [LAYOUTS["variable"].slots_before(c) for c in range(S)] == [0, 1, 2, 3]
    x = tokens(2)
    variable = build("llama", "llama", "variable")
    first = variable(x)[:, :C]  # chunk 0 has no slots: an ordinary language model
    torch.testing.assert_close(first, variable.decoder(x[:, :C]))
    fixed = build("llama", "llama", "fixed")
    torch.testing.assert_close(fixed.memories(FIXED.chunks(x)), variable.memories(FIXED.chunks(x)))
    assert not torch.allclose(fixed(x), variable(x))


@every_layout
@pytest.mark.parametrize("decoder", ["llama", "mosaic", "gpt2"])
def test_decoding_after_reading_the_past_equals_the_full_pass(decoder, layout):
    model, x = build("llama", decoder, layout), tokens(2)
    expected = model(x)
    for read in (1, C, C + 1, 3 * C + 2):
        done = (read - 1) // C
        logits, state = model.prefill(x[:, :read], C)
        for place in range(read, (done + 1) * C):
            torch.testing.assert_close(logits, expected[:, place - 1])
            logits = model.decoder.step(x[:, place], state)
        torch.testing.assert_close(logits, expected[:, (done + 1) * C - 1])


def test_one_chunk_without_slots_is_a_language_model():
    layout = MemoryLayout(chunk=9, n_chunks=1, slots="variable")
    decoder, x = language_model("llama").double(), tokens(2, 9)
    model = MemoryModel(Encoder(language_model("llama").double()), decoder, layout)
    torch.testing.assert_close(model(x), decoder(x))


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_recurrent_baseline_hands_one_vector_on(overwrite):
    decoder, x = language_model("llama").double(), tokens(2)
    model = RecurrentMemoryModel(decoder, FIXED, overwrite)
    memory = torch.ones(2, 1, 8, dtype=torch.float64)
    expected = []
    for chunk in FIXED.chunks(x).unbind(1):
        vectors = torch.cat((memory, decoder.embedding(chunk)), dim=1)
        if overwrite:
            vectors[:, -1] = memory[:, 0]
        states = decoder.hidden_from_embeddings(vectors)
        memory = states[:, -1:]
        expected.append(states[:, 1:] * decoder.logit_scale @ decoder.head_weight.T)
    torch.testing.assert_close(model(x), torch.cat(expected, dim=1))
    for place in (0, C - 1, C + 1):
        expected = torch.arange(S * C) >= place
        if overwrite and place % C == C - 1:
            expected[:] = False  # never read
        assert torch.equal(moved(model, x, place), expected)


def test_gradients_of_the_recurrent_baseline_reach_the_first_chunk():
    model, x = RecurrentMemoryModel(language_model("llama"), FIXED), tokens(1)
    embedded = []
    model.decoder.embedding.register_forward_hook(lambda *call: embedded.append(call[-1]))
    model(x)[0, -1].square().sum().backward(inputs=[embedded[0]])
    assert (embedded[0].grad.abs().amax(-1) > 0).all()


def test_bad_arguments_are_refused():
    model = build()
    with pytest.raises(ValueError, match="19 tokens, but the layout has 4 chunks of 5; pass"):
        model(tokens(1, 19))
    with pytest.raises(ValueError, match="unknown slots 'many'"):
        dataclasses.replace(FIXED, slots="many")
    with pytest.raises(ValueError, match="0 chunks of 5"):
        dataclasses.replace(FIXED, n_chunks=0)
    for read, capacity in ((0, C), (S * C + 1, C), (1, C + 1)):
        with pytest.raises(ValueError, match="do not fit 4 chunks of 5"):
            model.prefill(tokens(1, read), capacity)
