"""Decoding step by step equals the full forward pass; sampling does what its arguments say."""

import pytest
import torch
from test_nn_models import MODELS, build, tokens

from memstudy.nn.generation import generate, sample


@pytest.mark.parametrize("lengths", [(1, 20, 17, 2), (17, 17, 17, 17), (1, 1, 1, 1)])
@pytest.mark.parametrize("name", MODELS)
def test_decoding_equals_the_full_forward_pass(name, lengths):
    """Prompts of equal and unequal length, of a single token too, continued past several chunks."""
    model, x = build(name).double().eval(), tokens(4, 45)
    lengths = torch.tensor(lengths)
    with torch.no_grad():
        full = model(x)
        rows = torch.arange(4)
        logits, state = model.prefill(x[:, :20], lengths, capacity=45)
        torch.testing.assert_close(logits, full[rows, lengths - 1])
        for step in range(25):
            logits = model.step(x[rows, lengths + step], state)
            torch.testing.assert_close(logits, full[rows, lengths + step])
        assert state.lengths.tolist() == (lengths + 25).tolist()


@pytest.mark.parametrize("name", MODELS)
def test_padding_changes_nothing(name):
    model = build(name).eval()
    prompts = [[3, 1, 4, 1, 5, 9, 2, 6], [2], [7, 7, 7]]
    together = generate(model, prompts, 12, temperature=0)
    alone = [generate(model, [prompt], 12, temperature=0)[0] for prompt in prompts]
    assert together == alone


def test_greedy_is_the_most_probable_token_of_the_full_forward_pass():
    model, text = build("mosaic").eval(), [3, 1, 4]
    for token in generate(model, [text], 15, temperature=0)[0]:
        assert token == model(torch.tensor([text]))[0, -1].argmax().item()
        text = [*text, token]


def test_equal_generators_give_equal_text():
    model = build("mosaic").eval()
    one, two, other = (
        generate(model, [[1, 2], [3]], 20, generator=torch.Generator().manual_seed(seed))
        for seed in (4, 4, 5)
    )
    assert one == two != other


def test_a_sequence_ends_with_the_stop_token():
    model = build("mosaic").eval()
    free = generate(model, [[1, 2], [3]], 30, generator=torch.Generator().manual_seed(0))
    stop = free[0][10]
    stopped = generate(
        model, [[1, 2], [3]], 30, stop_token=stop, generator=torch.Generator().manual_seed(0)
    )
    for full, cut in zip(free, stopped, strict=True):
        end = full.index(stop) + 1 if stop in full else len(full)
        assert cut == full[:end]


def test_sampling_follows_the_probabilities():
    probabilities = torch.tensor([0.5, 0.3, 0.15, 0.05])
    many = probabilities.log().expand(20_000, 4)

    def frequencies(**arguments):
        drawn = sample(many, generator=torch.Generator().manual_seed(0), **arguments)
        return drawn.bincount(minlength=4) / 20_000

    def expect(kept, power=1.0):
        weights = torch.where(torch.tensor(kept, dtype=torch.bool), probabilities**power, 0.0)
        return weights / weights.sum()

    for arguments, expected in [
        ({}, expect([1, 1, 1, 1])),
        ({"temperature": 0.5}, expect([1, 1, 1, 1], power=2)),
        ({"top_k": 2}, expect([1, 1, 0, 0])),
        ({"top_k": 9}, expect([1, 1, 1, 1])),
        ({"top_p": 0.79}, expect([1, 1, 0, 0])),
        ({"top_p": 0.81}, expect([1, 1, 1, 0])),
        ({"top_p": 0.01}, expect([1, 0, 0, 0])),
        ({"top_k": 3, "top_p": 0.8}, expect([1, 1, 0, 0])),
        ({"temperature": 0}, expect([1, 0, 0, 0])),
    ]:
        torch.testing.assert_close(frequencies(**arguments), expected, rtol=0, atol=0.012)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"prompts": [[1], []]}, "at least one token"),
        ({"prompts": []}, "at least one token"),
        ({"temperature": -1.0}, "temperature is -1.0"),
        ({"top_k": 0}, "top_k is 0"),
        ({"top_p": 1.5}, "top_p is 1.5"),
        ({"max_new_tokens": -1}, "cannot be negative"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(build("mosaic").eval(), **{"prompts": [[1]], "max_new_tokens": 3, **arguments})


def test_training_mode_and_too_long_sequences_are_refused():
    with pytest.raises(ValueError, match=r"call model\.eval"):
        generate(build("mosaic"), [[1]], 3)
    with pytest.raises(ValueError, match="learned positions end at 48"):
        generate(build("absolute").eval(), [[1] * 40], 10)
    assert len(generate(build("absolute").eval(), [[1] * 40], 9)[0]) == 9
