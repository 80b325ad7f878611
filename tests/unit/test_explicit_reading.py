"""Writing and reading explicit memories equals one masked pass of the plain transformer."""

import dataclasses

import pytest
import torch

from memstudy.nn.explicit import attention, reading, reference
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.explicit.model import ExplicitMemoryModel
from memstudy.nn.language_model import count_parameters
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.positions import rotate
from memstudy.nn.transformer import Transformer, TransformerConfig

VOCABULARY, R, C = 40, 6, 3
SHAPE = LlamaConfig(
    vocab_size=VOCABULARY, d_model=16, n_heads=4, n_kv_heads=2, n_blocks=3, d_hidden=16
)
CONFIG = ExplicitMemoryConfig(
    prefix=(1, 2),
    n_memory_layers=2,
    reference_length=R,
    kept_tokens=2,
    chunk_length=C,
    memories_per_chunk=2,
)


def build(seed=0, shape=SHAPE, **changes):
    """A model in float64 whose weights are large enough for attention to be far from uniform."""
    decoder = Llama(shape, torch.Generator().manual_seed(seed)).double().eval()
    with torch.no_grad():
        for block in decoder.blocks:
            block.context_layer.project.weight.mul_(25)
            block.context_layer.output.weight.mul_(10)
            block.token_layer.output.weight.mul_(25)
        decoder.embedding.weight.mul_(50)
    return ExplicitMemoryModel(decoder, dataclasses.replace(CONFIG, **changes)).eval()


def tokens(*shape, seed=1):
    return torch.randint(3, VOCABULARY, shape, generator=torch.Generator().manual_seed(seed))


def cards(n, seed=2):
    """References (1, n, R) and their lengths (1, n), the longest first."""
    lengths = torch.tensor([R, R - 2, 1, R - 1, R, 3])[:n]
    return tokens(1, n, R, seed=seed), lengths.unsqueeze(0)


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
        {"n_memory_layers": 2, "first_memory_layer": 1},
        {"selection": "exponential"},
        {"selection": "masked", "kept_tokens": 3},
    ],
    ids=str,
)
def test_reading_memories_is_one_masked_pass_values_and_gradients(changes):
    model, text = build(**changes), tokens(1, 9)
    references, lengths = cards(3)
    table = torch.tensor([[1, 0, 0], [0, 1, 1], [1, 1, 1]]).bool()
    ours = model(text, model.write(references, lengths), table)[0]
    naive = reference.read(
        model.decoder, model.memory_config, text[0].tolist(), unpadded(references, lengths), table
    )
    torch.testing.assert_close(ours, naive, rtol=1e-6, atol=1e-6)
    pairs = zip(gradients(ours, model), gradients(naive, model), strict=True)
    for one, other in pairs:
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_a_dense_memory_in_all_layers_is_the_ordinary_transformer():
    """One reference of full length: prefix, reference and text are one causal sequence."""
    model, text = build(n_memory_layers=3, kept_tokens=R), tokens(3, 10)
    card, prefix = tokens(3, 1, R, seed=5), torch.tensor([CONFIG.prefix]).expand(3, -1)
    found = model(text, model.write(card, torch.full((3, 1), R)))
    whole = model.decoder(torch.cat((prefix, card[:, 0], text), dim=1))
    torch.testing.assert_close(found, whole[:, len(CONFIG.prefix) + R :], rtol=1e-6, atol=1e-6)


def test_float32_agrees_with_the_ordinary_transformer():
    model, text = build(n_memory_layers=3, kept_tokens=R).float(), tokens(3, 10)
    card, prefix = tokens(3, 1, R, seed=5), torch.tensor([CONFIG.prefix]).expand(3, -1)
    found = model(text, model.write(card, torch.full((3, 1), R)))
    whole = model.decoder(torch.cat((prefix, card[:, 0], text), dim=1))
    assert (found - whole[:, len(CONFIG.prefix) + R :]).abs().max() < 1e-4 * whole.abs().max()


def test_a_transformer_with_rotary_positions_serves_as_well_as_a_llama():
    shape = TransformerConfig(vocab_size=40, d_model=16, n_heads=2, n_blocks=3, position="rope")
    decoder = Transformer(shape, torch.Generator().manual_seed(0)).double().eval()
    config = dataclasses.replace(CONFIG, n_memory_layers=3, kept_tokens=R)
    model, text, card = ExplicitMemoryModel(decoder, config), tokens(1, 7), tokens(1, 1, R, seed=4)
    whole = decoder(torch.cat((torch.tensor([CONFIG.prefix]), card[:, 0], text), dim=1))
    found = model(text, model.write(card, torch.tensor([[R]])))
    torch.testing.assert_close(found, whole[:, len(CONFIG.prefix) + R :])


def test_no_memory_is_the_plain_model_behind_the_prefix():
    model, text = build(), tokens(2, 9)
    references, lengths = cards(3)
    written = model.write(references.expand(2, -1, -1), lengths.expand(2, -1))
    naive = reference.read(model.decoder, CONFIG, text[0].tolist(), [], torch.zeros(3, 0))
    torch.testing.assert_close(model(text)[0], naive, rtol=1e-6, atol=1e-6)
    nothing = [
        (written, torch.zeros(3, 3, dtype=torch.bool)),
        (written[:, :0], torch.zeros(3, 0, dtype=torch.bool)),
        (model.write(references.expand(2, -1, -1), torch.zeros(2, 3, dtype=torch.long)), None),
    ]
    for memories, table in nothing:
        torch.testing.assert_close(model(text, memories, table), model(text))
    blind = build(n_memory_layers=0)
    torch.testing.assert_close(blind(text, written), model(text))
    with pytest.raises(ValueError, match="nothing to write"):
        blind.write(references, lengths)


def test_no_parameter_is_added():
    model = build()
    assert count_parameters(model) == count_parameters(model.decoder)
    assert [id(p) for p in model.parameters()] == [id(p) for p in model.decoder.parameters()]


# --- positions ---------------------------------------------------------------------------------


def test_stored_keys_are_rotated_once_and_values_never():
    model = build(kept_tokens=R)
    references, lengths = cards(1)
    written = model.write(references, lengths)
    _, inputs = reference.masked_pass(
        model.decoder,
        torch.tensor([*CONFIG.prefix, *references[0, 0].tolist()]),
        range(CONFIG.text_start),
        torch.ones(3, 2, CONFIG.text_start, CONFIG.text_start).tril().bool(),
    )
    for layer in range(2):
        _, keys, values = reference.projections(model.decoder.blocks[layer], inputs[layer])
        for head in range(2):
            stored_key, stored_value = written.pairs[0, 0, layer, :, head]
            expected = reference.turned(keys[head], range(CONFIG.text_start))[2:]
            torch.testing.assert_close(stored_key, expected, rtol=1e-6, atol=1e-8)
            torch.testing.assert_close(stored_value, values[head][2:], rtol=1e-6, atol=1e-8)


def test_rotating_a_stored_key_again_would_change_the_logits():
    model, text = build(), tokens(1, 8)
    written = model.write(*cards(2))
    again = written.pairs.clone()
    flat = again[0, :, :, 0].flatten(0, 1).transpose(1, 2)  # (·, slots, kv_heads, head_dim)
    again[0, :, :, 0] = rotate(flat, torch.arange(2, 4)).transpose(1, 2).view_as(again[0, :, :, 0])
    other = dataclasses.replace(written, pairs=again)
    assert (model(text, written) - model(text, other)).abs().max() > 1e-3


def test_the_order_of_memories_does_not_matter_but_serial_positions_would():
    model, text = build(), tokens(1, 10)
    written = model.write(*cards(5))
    permuted = written[:, torch.tensor([3, 0, 4, 1, 2])]
    torch.testing.assert_close(model(text, permuted), model(text, written))
    # Serial: memory m begins R positions after memory m - 1.
    serial = []
    for order in ([0, 1], [1, 0]):
        pairs = written.pairs[:, order].detach().clone()
        for place in range(2):
            keys = pairs[0, place, :, 0].transpose(1, 2)  # (layers, slots, kv_heads, head_dim)
            shift = torch.full((keys.shape[1],), place * R)
            pairs[0, place, :, 0] = rotate(keys, shift).transpose(1, 2)
        serial.append(model(text, Memories(pairs, written.n_kept[:, order])))
    assert (serial[0] - serial[1]).abs().max() > 1e-3


def test_the_text_stands_where_it_stands_whatever_is_remembered():
    """Keys of the text in the first block do not depend on memories, nor on how much they keep."""
    text, kept = tokens(1, 8), []
    for kept_tokens, n in ((2, 0), (2, 5), (R, 1)):
        model, pairs = build(kept_tokens=kept_tokens), []
        written = model.write(*cards(n)) if n else None
        reading.hidden(model.decoder, model.memory_config, text, written, None, pairs)
        kept.append(pairs[0][0])
    assert torch.equal(kept[0], kept[1]) and torch.equal(kept[0], kept[2])
    block = model.decoder.blocks[0]
    raw = attention.project(block, attention.embed(model.decoder, CONFIG.prefix, text))[1]
    positions = torch.tensor([0, 1, *range(2 + R, 2 + R + 8)])
    torch.testing.assert_close(kept[0], rotate(raw, positions))


def test_keys_and_values_of_the_prefix_are_the_same_before_everything():
    model, found = build(), []
    for seed, n in ((1, 0), (2, 4), (3, 2)):
        pairs = []
        written = model.write(*cards(n, seed=seed)) if n else None
        text = tokens(1, 7, seed=seed)
        reading.hidden(model.decoder, CONFIG, text, written, None, pairs)
        found.append(torch.stack([torch.stack(pair)[:, :, :2] for pair in pairs]))
    torch.testing.assert_close(found[0], found[1])
    torch.testing.assert_close(found[0], found[2])


# --- schedule ----------------------------------------------------------------------------------


def test_tables_of_the_paper():
    prompts = reading.reading_table(3, per_chunk=2)
    assert prompts.int().tolist() == [[1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1]]
    training = reading.reading_table(32, previous=4)
    assert training.sum(1).tolist() == [1, 2, 3, 4] + [5] * 28
    assert training[10].nonzero().flatten().tolist() == [6, 7, 8, 9, 10]
    behind = reading.reading_table(32, previous=4, lag=1)
    assert behind[0].sum() == 0 and behind[10].nonzero().flatten().tolist() == [5, 6, 7, 8, 9]


def test_chunks_are_counted_from_the_first_token_after_the_beginning():
    index = torch.arange(8)
    assert reading.chunk_of(index, 3).tolist() == [0, 0, 0, 0, 1, 1, 1, 2]
    counts = [reading.n_chunks(time, 3) for time in range(1, 9)]
    assert counts == [1, 1, 1, 1, 2, 2, 2, 3]


@pytest.mark.parametrize("previous, lag", [(0, 0), (2, 0), (1, 1)])
def test_a_chunk_reads_its_own_memories_only(previous, lag):
    """What one chunk of text learns from a memory shows in the first layer's attention at once."""
    model, text = build(n_memory_layers=1), tokens(1, 13)
    chunks = reading.n_chunks(13, C)
    table = reading.reading_table(chunks, previous=previous, lag=lag)
    written = model.write(tokens(1, chunks, R, seed=6), torch.full((1, chunks), R))
    outputs = []
    layer = model.decoder.blocks[0].context_layer.output
    layer.register_forward_pre_hook(lambda _, args: outputs.append(args[0][0, 2:]))
    model(text, written, table)
    chunk = reading.chunk_of(torch.arange(13), C)
    for changed in range(chunks):
        pairs = written.pairs.clone()
        pairs[:, changed] += 1.0
        logits = model(text, dataclasses.replace(written, pairs=pairs), table)
        differs = (outputs[-1] - outputs[0]).abs().amax(-1) > 0
        assert differs.tolist() == table[chunk, changed].tolist()
        if table[:, changed].any():
            first = int(table[:, changed].nonzero()[0])
            before = chunk < first
            assert torch.equal(logits[0, before], model(text, written, table)[0, before])


def test_texts_of_a_batch_read_their_own_memories_and_tables():
    model, text = build(), tokens(2, 10)
    references, lengths = tokens(2, 3, R, seed=8), torch.tensor([[R, 2, 5], [1, R, 3]])
    table = torch.rand(2, 3, 3, generator=torch.Generator().manual_seed(0)) < 0.5
    together = model(text, model.write(references, lengths), table)
    for row in range(2):
        one = slice(row, row + 1)
        alone = model(text[one], model.write(references[one], lengths[one]), table[row])
        torch.testing.assert_close(together[one], alone)


def test_causal_to_the_bit_also_with_memories():
    model, text = build().float(), tokens(1, 12)
    written = model.write(*cards(4))
    table = reading.reading_table(4)
    before = model(text, written, table)
    for position in (0, 1, 5, 11):
        changed = text.clone()
        changed[:, position] = 3 + (changed[:, position] - 2) % 37
        after = model(changed, written, table)
        assert torch.equal(before[:, :position], after[:, :position])
        assert not torch.equal(before[:, position], after[:, position])


# --- writing -----------------------------------------------------------------------------------


def test_padding_of_references_changes_nothing():
    model = build(kept_tokens=4)
    references, lengths = cards(5)
    other = torch.where(torch.arange(R) < lengths.unsqueeze(-1), references, 39)
    one, two = model.write(references, lengths), model.write(other, lengths)
    assert one.n_kept.tolist() == [[4, 4, 1, 4, 4]]
    filled = one.filled[..., None, None, None, :, None]
    assert torch.equal(one.pairs * filled, two.pairs * filled)
    text = tokens(1, 9)
    torch.testing.assert_close(model(text, one), model(text, two), rtol=0, atol=0)
    for number, n in enumerate(lengths[0].tolist()):
        kept = one.tokens[0, number, :, :, : min(4, n)]
        assert kept.max() < n and (kept.diff(dim=-1) > 0).all()


def test_kept_tokens_are_those_of_the_naive_writer_and_differ_between_heads():
    model = build(kept_tokens=3)
    references, lengths = cards(6)
    written = model.write(references, lengths)
    differ = 0
    for number, card in enumerate(unpadded(references, lengths)):
        expected = reference.kept_tokens(model.decoder, model.memory_config, card)
        n = min(3, len(card))
        for layer in range(2):
            ours = [set(kept[:n].tolist()) for kept in written.tokens[0, number, layer]]
            assert ours == expected[layer]
            differ += ours[0] != ours[1]
    assert differ > 0


def test_gradients_reach_the_writer_through_keys_and_values_only():
    model, text, targets = build(), tokens(1, 8), tokens(1, 8, seed=3)
    references, lengths = cards(2)
    embedded = []
    model.embedding.register_forward_hook(lambda *call: embedded.append(call[-1]))
    written = model.write(references, lengths)
    assert written.pairs.requires_grad and not written.tokens.requires_grad
    model.loss(text, targets, written).backward(inputs=[embedded[0]])
    assert embedded[0].grad.abs().sum() > 0
    stopped = torch.autograd.grad(
        model.loss(text, targets, written.detach()), embedded[0], allow_unused=True
    )
    assert stopped == (None,)


def test_a_writers_queries_of_the_last_memory_layer_get_no_gradient():
    """They serve the choice of tokens alone, which has none."""
    model = build(n_memory_layers=1)
    written = model.write(*cards(2))
    weight = model.decoder.blocks[0].context_layer.project.weight
    (found,) = torch.autograd.grad(written.pairs.square().sum(), weight)
    assert found[:16].eq(0).all() and found[16:].abs().sum() > 0


def test_loss_is_the_cross_entropy_of_the_logits():
    model, text, targets = build(), tokens(2, 9), tokens(2, 9, seed=3)
    targets[0, :4] = -100
    written = model.write(tokens(2, 3, R), torch.full((2, 3), R))
    table = reading.reading_table(3)
    logits = model(text, written, table)
    whole = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    torch.testing.assert_close(model.loss(text, targets, written, table), whole)
    each = model.loss(text, targets, written, table, reduction="none")
    torch.testing.assert_close(each.sum() / (targets >= 0).sum(), whole)


def test_memories_of_another_precision_are_read_in_the_models():
    model, text = build(), tokens(1, 8)
    written = model.write(*cards(2))
    rounded = written.to(torch.bfloat16)
    assert rounded.pairs.dtype == torch.bfloat16 and rounded.n_kept.dtype == torch.long
    difference = (model(text, rounded) - model(text, written)).abs().max()
    assert 0 < difference < 0.1 * model(text).abs().max()


# --- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, message",
    [
        ({"kept_tokens": R + 1}, "kept_tokens 7 exceeds reference_length 6"),
        ({"prefix": ()}, "the prefix is empty"),
        ({"selection": "best"}, "choose one of softmax, exponential, masked"),
        ({"chunk_length": 0}, "chunk_length is 0"),
        ({"n_memory_layers": -1}, "cannot be negative"),
        ({"n_memory_layers": 3, "first_memory_layer": 1}, "1 to 3 do not fit a model of 3 blocks"),
    ],
)
def test_impossible_memories_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        build(**change)


def test_positions_that_are_not_rotary_are_refused():
    shape = TransformerConfig(vocab_size=40, d_model=16, n_heads=2, n_blocks=3, position="alibi")
    with pytest.raises(ValueError, match="rotary positions"):
        ExplicitMemoryModel(Transformer(shape), CONFIG)


def test_shapes_that_do_not_fit_are_refused():
    model, text = build(), tokens(2, 9)
    written = model.write(tokens(2, 3, R), torch.full((2, 3), R))
    with pytest.raises(ValueError, match="do not fit 2 texts"):
        model(text, written[:1])
    with pytest.raises(ValueError, match="does not fit 3 chunks and 3 references"):
        model(text, written, torch.ones(2, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match="have 1 layers"):
        model(text, Memories(written.pairs[:, :, :1], written.n_kept))
    with pytest.raises(ValueError, match="pad on the right"):
        model.write(tokens(2, 3, R - 1), torch.full((2, 3), R - 1))
    with pytest.raises(ValueError, match="do not fit n_kept"):
        Memories(written.pairs, written.n_kept[:, :2])
