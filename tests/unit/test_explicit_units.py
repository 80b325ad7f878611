"""Explicit memories of a mosaic's contextual units, against loops over pairs."""

import dataclasses

import pytest
import torch

from memstudy.nn.associative import ContextualMemory
from memstudy.nn.explicit import units, units_reference
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.selection import highest, token_scores
from memstudy.nn.explicit.units import UnitMemoryModel
from memstudy.nn.language_model import count_parameters
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig

VOCABULARY, R, C = 40, 6, 3
SHAPE = MosaicConfig(
    vocab_size=VOCABULARY, d_model=16, n_heads=2, n_blocks=3, n_slots=5, init="pytorch", tied=False
)
CONFIG = ExplicitMemoryConfig(
    prefix=(1,), n_memory_layers=2, reference_length=R, kept_tokens=2, chunk_length=C
)


def build(seed=0, dtype=torch.float64, **changes):
    """A model with large differences between keys, so that retrieval is far from uniform."""
    decoder = MemoryMosaic(SHAPE, torch.Generator().manual_seed(seed)).to(dtype).eval()
    with torch.no_grad():
        for block in decoder.blocks:
            block.context_layer.value.log_scale.add_(0.1)
    return UnitMemoryModel(decoder, dataclasses.replace(CONFIG, **changes))


def tokens(*shape, seed=1):
    return torch.randint(2, VOCABULARY, shape, generator=torch.Generator().manual_seed(seed))


def cards(n, seed=2):
    """References (1, n, R), padded with random tokens, and their lengths (1, n)."""
    return tokens(1, n, R, seed=seed), torch.tensor([R, R - 2, 1, R - 1, 2])[:n].unsqueeze(0)


def unpadded(references, lengths):
    return [ref[:n].tolist() for ref, n in zip(references[0], lengths[0], strict=True)]


def gradients(value, model):
    probe = torch.linspace(-1, 1, value.numel(), dtype=value.dtype).view_as(value)
    return torch.autograd.grad((value * probe).sum(), tuple(model.parameters()))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kept_tokens": R},
        {"n_memory_layers": 3},
        {"first_memory_layer": 1, "kept_tokens": 3},
        {"n_memory_layers": 1, "first_memory_layer": 2, "kept_tokens": 1},
    ],
    ids=str,
)
def test_writing_and_reading_are_loops_over_pairs_values_and_gradients(changes):
    model, text = build(**changes), tokens(1, 9)
    references, lengths = cards(4)
    table = torch.tensor([[1, 0, 0, 1], [0, 1, 1, 0], [1, 1, 1, 1]]).bool()
    ours = model(text, model.write(references, lengths), table)[0]
    naive = units_reference.read(
        model.decoder, model.memory_config, text[0].tolist(), unpadded(references, lengths), table
    )
    torch.testing.assert_close(ours, naive, rtol=1e-6, atol=1e-6)
    pairs = zip(gradients(ours, model), gradients(naive, model), strict=True)
    for one, other in pairs:
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_without_memories_it_is_the_plain_mosaic():
    model, text = build(), tokens(2, 9)
    references, lengths = cards(3)
    written = model.write(references.expand(2, -1, -1), lengths.expand(2, -1))
    plain = model.decoder(text)
    assert torch.equal(model(text), plain)
    nothing = [
        (written, torch.zeros(3, 3, dtype=torch.bool)),
        (written[:, :0], torch.zeros(3, 0, dtype=torch.bool)),
        (model.write(references.expand(2, -1, -1), torch.ones(2, 3, dtype=torch.long)), None),
    ]
    for memories, table in nothing:
        torch.testing.assert_close(model(text, memories, table), plain)
    assert not torch.allclose(model(text, written), plain)


def test_a_text_without_anything_to_read_at_its_beginning_has_finite_gradients(monkeypatch):
    """A first chunk without memories: its first token has no own pairs either.

    Not every kernel gives zero for a query that may read nothing, so that none is ever asked to.
    """
    kernel = units.scaled_dot_product_attention

    def checked(*args, attn_mask, **kwargs):
        assert attn_mask.any(-1).all()
        return kernel(*args, attn_mask=attn_mask, **kwargs)

    monkeypatch.setattr(units, "scaled_dot_product_attention", checked)
    model, text = build(dtype=torch.float32), tokens(1, 8)
    written = model.write(*cards(3))
    table = torch.tensor([[0, 0, 0], [1, 0, 0], [1, 1, 0]]).bool()
    found = model(text, written, table)
    assert found.isfinite().all()
    assert all(g.isfinite().all() for g in gradients(found, model))
    torch.testing.assert_close(found[:, : 1 + C], model.decoder(text)[:, : 1 + C])


def test_the_first_token_reads_memories():
    model, text = build(), tokens(1, 4)
    one, other = (model(text, model.write(*cards(1, seed=seed)))[:, 0] for seed in (2, 3))
    assert not torch.allclose(one, other)


def test_no_token_knows_what_follows_it_to_the_bit():
    model, text = build(dtype=torch.float32), tokens(3, 10)
    written = model.write(tokens(3, 2, R, seed=5), torch.full((3, 2), R))
    before = model(text, written)
    for place in range(1, 10):
        changed = text.clone()
        changed[:, place] = (changed[:, place] + 7) % VOCABULARY
        after = model(changed, written)
        assert torch.equal(before[:, :place], after[:, :place])
        assert not torch.equal(before[:, place], after[:, place])


def test_a_chunk_knows_nothing_of_references_that_it_does_not_read():
    model, text = build(dtype=torch.float32), tokens(1, 10)
    one, other = (model.write(*cards(2, seed=seed)) for seed in (2, 3))
    table = torch.tensor([[0, 1], [1, 1], [1, 1]]).bool()
    mixed = dataclasses.replace(one, pairs=torch.stack((other.pairs[:, 0], one.pairs[:, 1]), 1))
    before, after = (model(text, memories, table) for memories in (one, mixed))
    assert torch.equal(before[:, : 1 + C], after[:, : 1 + C])
    assert not torch.equal(before[:, 1 + C], after[:, 1 + C])


def test_the_order_of_references_does_not_matter():
    model, text = build(), tokens(1, 10)
    references, lengths = cards(5)
    order = torch.tensor([3, 0, 4, 1, 2])
    table = torch.tensor([[1, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 0, 1]]).bool()
    written, permuted = (
        model.write(references[:, p], lengths[:, p]) for p in (torch.arange(5), order)
    )
    torch.testing.assert_close(model(text, written, table), model(text, permuted, table[:, order]))


def test_padding_and_the_pair_that_lacks_its_next_token_are_left_out():
    model = build(kept_tokens=R)
    references, lengths = cards(5)
    written = model.write(references, lengths)
    assert written.n_kept.tolist() == [[R - 1, R - 3, 0, R - 2, 1]]
    assert written.pairs.shape[-2] == R - 1
    padded = references.clone()
    for card, length in zip(padded[0], lengths[0].tolist(), strict=True):
        card[length:] = 0
    again = model.write(padded, lengths)
    kept = written.filled[0, :, None, None, None, :, None].expand_as(written.pairs[0])
    assert torch.equal(written.pairs[0][kept], again.pairs[0][kept])
    # The last token of a reference stands in the value of the pair before it, and in no key.
    other = references.clone()
    other[0, 0, -1] = (other[0, 0, -1] + 5) % VOCABULARY
    changed = model.write(other, lengths).pairs[0, 0, 0] - written.pairs[0, 0, 0]
    assert (changed[0] == 0).all() and (changed[1, :, :-1] == 0).all()
    assert (changed[1, :, -1] != 0).any()


def test_a_dense_memory_of_what_stands_before_is_not_the_same_as_reading_it():
    """Keys begin anew behind the cut, and the pair across it is missing; without leaky average and
    for a text whose first token asks nobody, one layer differs by that pair alone."""
    shape = dataclasses.replace(SHAPE, n_blocks=1, leaky=False)
    whole = tokens(1, R + 4)
    found = {}
    for leaky in (True, False):
        decoder = MemoryMosaic(
            dataclasses.replace(shape, leaky=leaky), torch.Generator().manual_seed(0)
        ).double()
        config = dataclasses.replace(CONFIG, n_memory_layers=1, kept_tokens=R)
        model = UnitMemoryModel(decoder, config)
        card, text = whole[:, None, :R], whole[:, R:]
        read = model(text, model.write(card, torch.tensor([[R]])))
        in_context = decoder(whole)[:, R:]
        found[leaky] = (read, in_context, decoder)
        assert (read - in_context).abs().max() > 1e-4
    read, _, decoder = found[False]
    block = decoder.blocks[0]
    keys, pairs = units_reference.own_pairs(block, decoder.embedding(whole[0]))
    for now in range(R, R + 4):  # all pairs of the past but the one across the cut
        heads = []
        for head, key in enumerate(keys):
            own = [pairs[head][t] for t in range(now) if t != R - 1]
            odds = torch.stack([key[now] @ k for k, _ in own]).softmax(0)
            heads.append(sum(o * v for o, (_, v) in zip(odds, own, strict=True)))
        x = decoder.embedding(whole[:, now]) + block.context_layer.output(torch.cat(heads))
        x = x[None] + block.token_layer(block.token_norm(x[None]))
        logits = decoder.logits_from_hidden(decoder.final_norm(x))[0, 0]
        torch.testing.assert_close(read[0, now - R], logits)


def test_gradients_flow_through_memories_and_can_be_stopped():
    model, text = build(), tokens(1, 6)
    only_there = next(t for t in range(2, VOCABULARY) if t not in text)
    card = torch.full((1, 1, R), only_there)
    written = model.write(card, torch.tensor([[R]]))
    for memories, flows in ((written, True), (written.detach(), False)):
        model.zero_grad()
        model(text, memories).sum().backward(retain_graph=True)
        assert (model.embedding.weight.grad[only_there].abs().sum() > 0) == flows


def test_no_parameter_is_added():
    model = build()
    assert count_parameters(model) == count_parameters(model.decoder)


# --- selection ---------------------------------------------------------------------------------


def test_a_pair_receives_from_all_others_and_not_from_itself():
    key = 2 * torch.randn(3, 7, 2, 4, generator=torch.Generator().manual_seed(0)).double()
    complete = torch.arange(7) < torch.tensor([7, 4, 1]).unsqueeze(1)
    scores = units.pair_scores("softmax", key, complete)
    for n, length in enumerate((7, 4, 1)):
        assert scores[n, :, length:].eq(-torch.inf).all()
        for head in range(2):
            naive = units_reference.attention_received(key[n, :length, head])
            torch.testing.assert_close(
                scores[n, head, :length], torch.tensor(naive, dtype=torch.float64)
            )
    assert scores[2, :, 0].eq(0).all()  # a single pair is asked by nobody


def test_with_itself_counted_isolated_pairs_would_be_worth_as_much_as_crowded_ones():
    """Why the rule is strict: queries are keys, and a lonely pair would ask itself."""
    key = torch.eye(6)[[0, 0, 0, 0, 1, 2]].mul(10)[None, :, None]
    complete = torch.ones(1, 6, dtype=torch.bool)
    inclusive = token_scores("softmax", key * 6**0.5, key, complete)
    torch.testing.assert_close(inclusive, torch.ones(1, 1, 6))
    strict = units.pair_scores("softmax", key, complete)[0, 0]
    assert strict[:4].min() > 1 > 0.5 > strict[4:].max()


def test_masked_attention_comes_from_later_pairs_alone():
    key = torch.randn(1, 5, 1, 4, generator=torch.Generator().manual_seed(0)).double()
    scores = units.pair_scores("masked", key, torch.ones(1, 5, dtype=torch.bool))[0, 0]
    weights = [(key[0, i, 0] @ key[0, :i, 0].T).softmax(0) for i in range(1, 5)]
    expected = torch.stack([torch.nn.functional.pad(w, (0, 5 - len(w))) for w in weights]).sum(0)
    torch.testing.assert_close(scores, expected)


def test_random_pairs_follow_the_generator():
    model = build(selection="random", kept_tokens=3)
    references, lengths = cards(2)
    one, same, other = (
        model.write(references, lengths, torch.Generator().manual_seed(seed)).tokens
        for seed in (0, 0, 1)
    )
    assert torch.equal(one, same) and not torch.equal(one, other)
    scores = units.pair_scores("last", torch.zeros(1, 4, 1, 2), torch.ones(1, 4).bool())
    assert highest(scores, 2).tolist() == [[[2, 3]]]


# --- refusals ----------------------------------------------------------------------------------


def test_what_no_mosaic_can_do_is_refused():
    mosaic = build().decoder
    assert isinstance(mosaic.blocks[0].context_layer, ContextualMemory)
    llama = Llama(LlamaConfig(vocab_size=9, d_model=8, n_heads=2, n_blocks=3))
    for decoder, changes, words in (
        (llama, {}, "a Llama has no contextual memory units"),
        (mosaic, {"selection": "key_norm"}, "equally long"),
        (mosaic, {"reference_length": 1, "kept_tokens": 1}, "no complete pair"),
        (mosaic, {"n_memory_layers": 4}, "do not fit a model of 3 blocks"),
    ):
        with pytest.raises(ValueError, match=words):
            UnitMemoryModel(decoder, dataclasses.replace(CONFIG, **changes))
    with pytest.raises(ValueError, match="nothing to write"):
        build(n_memory_layers=0).write(*cards(1))
    with pytest.raises(ValueError, match="pad on the right"):
        build().write(tokens(1, 1, R + 1), torch.tensor([[R]]))
    with pytest.raises(NotImplementedError, match="cannot decode"):
        build().step(tokens(1), None)
    with pytest.raises(NotImplementedError, match="cannot decode"):
        build().prefill(tokens(1, 3), torch.tensor([3]), 5)
