"""Decoding with retrieval at every chunk equals reading the whole text under the same schedule."""

import pytest
import torch
from test_explicit_reading import CONFIG, C, R, build, tokens

from memstudy.nn import generation
from memstudy.nn.explicit import reading
from memstudy.nn.explicit.decoding import generate, prefill, prompt_chunks, retrieval_is_due, step
from memstudy.nn.explicit.memories import Memories

M = CONFIG.memories_per_chunk


class Retriever:
    """Two references that depend on every token of the query; remembers what it was asked."""

    def __init__(self, model):
        self.model = model
        self.calls = []

    def __call__(self, chunks):
        self.calls.append([list(chunk) for chunk in chunks])
        return self.memories(chunks)

    def memories(self, chunks):
        seeds = [sum((i + 1) * token for i, token in enumerate(chunk)) for chunk in chunks]
        references = torch.cat([tokens(1, M, R, seed=seed) for seed in seeds])
        lengths = torch.tensor([[R, 1 + seed % R] for seed in seeds])
        return self.model.write(references, lengths)


def queries_of(prompt_length, length):
    """Span of the query of each chunk of a text of ``length`` tokens (beginning left out)."""
    spans = []
    for start in range(0, length, C):
        if start < prompt_length:
            spans.append((start, min(start + C, prompt_length)))
        else:
            spans.append((start - C, start))
    return spans


def whole_logits(model, retrieve, text, prompt_length):
    """Logits (time, vocab_size) of one text, all chunks at once."""
    spans = queries_of(prompt_length, len(text) - 1)
    found = retrieve.memories([text[1:][slice(*span)] for span in spans])
    table = reading.reading_table(len(spans), M)
    return model(torch.tensor([text]), found.reshape(1, -1), table)[0]


@torch.no_grad()
@pytest.mark.parametrize("changes", [{}, {"first_memory_layer": 1}, {"kept_tokens": R}], ids=str)
def test_decoding_equals_reading_the_whole_text(changes):
    """Prompts that end inside a chunk, at its end, and of the beginning of the sequence alone."""
    model = build(**changes)
    prompts = [tokens(1 + n, seed=10 + n).tolist() for n in (2 * C, C + 1, 1, 3 * C)]
    retrieve = Retriever(model)
    added = generate(model, prompts, 3 * C + 2, retrieve, temperature=0)
    for prompt, new in zip(prompts, added, strict=True):
        text = [*prompt, *new[:-1]]
        logits = whole_logits(model, retrieve, text, len(prompt) - 1)
        assert logits[len(prompt) - 1 :].argmax(-1).tolist() == new


@torch.no_grad()
def test_logits_of_each_step_equal_those_of_the_whole_text():
    model, text = build(), tokens(2, 1 + 4 * C)
    pool = model.write(tokens(2, 8, R, seed=5), torch.tensor([[R, 3, 4, 5, 6, 1, 2, R]] * 2))
    whole = model(text, pool, reading.reading_table(4, M))
    lengths = torch.tensor([1 + C, 1 + 2 * C])
    first = [Memories(pool.pairs[:, : 2 * M], pool.n_kept[:, : 2 * M]), reading.reading_table(2, M)]
    logits, state = prefill(model, text[:, : 1 + 2 * C], lengths, 1 + 4 * C, *first)
    rows = torch.arange(2)
    torch.testing.assert_close(logits, whole[rows, lengths - 1])
    for _ in range(2 * C):
        for row, index in enumerate((state.lengths - 1).tolist()):
            if index % C == 0:
                chunk = index // C
                state.exchange([row], pool[row : row + 1, chunk * M : (chunk + 1) * M])
        logits = step(model, text[rows, state.lengths], state)
        torch.testing.assert_close(logits, whole[rows, state.lengths - 1])


@torch.no_grad()
def test_what_was_given_to_a_state_stays_as_it_was():
    model, text = build(), tokens(2, 5)
    given = model.write(tokens(2, M, R), torch.full((2, M), R))
    before = given.pairs.clone()
    _, state = prefill(model, text, torch.tensor([5, 5]), 9)
    state.exchange([0, 1], given)
    held = state.memories
    state.exchange([1], model.write(tokens(1, M, R, seed=7), torch.full((1, M), 3)))
    step(model, text[:, 0], state)
    assert torch.equal(given.pairs, before) and torch.equal(held.pairs, before)
    assert torch.equal(state.memories.pairs[0], before[0])
    assert not torch.equal(state.memories.pairs[1], before[1])


def test_retrievals_of_the_paper():
    """128 tokens in, 128 out, chunks of 64: three retrievals, the first added chunk inherits."""
    prompt, due = 128, []
    for index in range(prompt, prompt + 128):
        due += [index] if retrieval_is_due(prompt, index, 64) else []
    assert len(prompt_chunks(range(1 + prompt), 64)) + len(due) == 3 and due == [192]


def test_the_queries_are_the_finished_chunks():
    model = build()
    retrieve = Retriever(model)
    prompts = [tokens(1 + 2 * C).tolist(), tokens(1 + C + 1, seed=2).tolist()]
    added = generate(model, prompts, 2 * C + 1, retrieve, temperature=0)
    texts = [(prompt + new)[1:] for prompt, new in zip(prompts, added, strict=True)]
    assert retrieve.calls[0] == [
        texts[0][:C],
        texts[0][C : 2 * C],
        texts[1][:C],
        texts[1][C : C + 1],
    ]
    # The second text ends its chunk first; later both retrieve in their own rhythm.
    assert retrieve.calls[1:] == [
        [texts[1][C : 2 * C]],
        [texts[0][2 * C : 3 * C]],
        [texts[1][2 * C : 3 * C]],
    ]


def test_texts_of_a_batch_do_not_disturb_each_other():
    model = build()
    prompts = [tokens(1 + n, seed=20 + n).tolist() for n in (2 * C, 2, C)]
    together = generate(model, prompts, 2 * C + 2, Retriever(model), temperature=0)
    for prompt, new in zip(prompts, together, strict=True):
        assert generate(model, [prompt], 2 * C + 2, Retriever(model), temperature=0) == [new]


def test_a_prompt_of_the_beginning_alone_retrieves_when_a_chunk_is_done():
    model = build()
    retrieve = Retriever(model)
    (new,) = generate(model, [[3]], 2 * C, retrieve, temperature=0)
    assert retrieve.calls == [[new[:C]]]
    text = [3, *new[:-1]]
    memories = retrieve.memories([new[:C]])
    table = torch.tensor([[0, 0], [1, 1]]).bool()
    logits = model(torch.tensor([text]), memories, table)[0]
    assert logits.argmax(-1).tolist() == new


def test_without_memories_the_study_s_sampler_serves():
    model = build()
    (new,) = generation.generate(model, [[3, 4, 5, 6]], 7, temperature=0)
    text = [3, 4, 5, 6, *new[:-1]]
    assert model(torch.tensor([text]))[0, 3:].argmax(-1).tolist() == new


def test_refusals():
    model = build()
    with pytest.raises(ValueError, match="at least one token"):
        generate(model, [[]], 3, Retriever(model))
    with pytest.raises(ValueError, match="max_new_tokens is -1"):
        generate(model, [[3]], -1, Retriever(model))
    for name, value in (("temperature", -1.0), ("top_k", 0), ("top_p", 0.0)):
        with pytest.raises(ValueError, match=f"{name} is {value}"):
            generate(model, [[3]], 3, Retriever(model), **{name: value})
    wanted = build(memories_per_chunk=M + 1)
    with pytest.raises(ValueError, match=rf"shape \(1, {M}\); \(1, {M + 1}\) are wanted"):
        generate(wanted, [[3, 4]], 3, Retriever(wanted))
    with pytest.raises(ValueError, match="training mode"):
        generate(model.train(), [[3]], 3, Retriever(model))
