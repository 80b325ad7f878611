"""Which tokens a memory keeps: every rule against pairs in loops, ties, padding, invariances."""

import pytest
import torch

from memstudy.nn.explicit import reference
from memstudy.nn.explicit.selection import RULES, highest, token_scores

ATTENTION = ("softmax", "exponential", "masked")


def random_heads(n=3, time=9, heads=6, kv_heads=2, width=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    query = 2 * torch.randn(n, time, heads, width, generator=generator, dtype=torch.float64)
    key = 2 * torch.randn(n, time, kv_heads, width, generator=generator, dtype=torch.float64)
    return query, key


def all_real(key):
    return torch.ones(key.shape[:2], dtype=torch.bool)


@pytest.mark.parametrize("rule", ATTENTION)
def test_scores_equal_sums_over_pairs_padding_left_out(rule):
    query, key = random_heads()
    lengths = [9, 5, 1]
    real = torch.arange(9) < torch.tensor(lengths).unsqueeze(1)
    scores = token_scores(rule, query, key, real)
    for n, length in enumerate(lengths):
        assert scores[n, :, length:].eq(-torch.inf).all()
        for head in range(2):
            members = [query[n, :length, 3 * head + member] for member in range(3)]
            naive = reference.attention_received(rule, members, key[n, :length, head])
            naive, ours = torch.tensor(naive, dtype=torch.float64), scores[n, head, :length]
            if rule == "exponential":  # known up to one factor for each head
                naive, ours = naive / naive.sum(), ours / ours.sum()
            torch.testing.assert_close(ours, naive)


@pytest.mark.parametrize("rule", ATTENTION)
def test_a_token_that_all_attend_to_is_kept(rule):
    query, key = torch.ones(1, 7, 2, 4), torch.zeros(1, 7, 1, 4)
    key[0, 2] = 5.0
    assert highest(token_scores(rule, query, key, all_real(key)), 1).item() == 2


def test_received_attention_sums_to_the_number_of_queries_of_the_group():
    query, key = random_heads()
    scores = token_scores("softmax", query, key, all_real(key))
    torch.testing.assert_close(scores.sum(-1), torch.full((3, 2), 9 * 3.0, dtype=torch.float64))


@pytest.mark.parametrize("rule", ["softmax", "exponential", "key_norm"])
def test_the_order_of_tokens_does_not_matter_without_mask(rule):
    query, key = random_heads()
    order = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    scores = token_scores(rule, query, key, all_real(key))
    permuted = token_scores(rule, query[:, order], key[:, order], all_real(key))
    torch.testing.assert_close(permuted, scores[..., order])


def test_the_mask_favours_early_tokens_and_changes_the_choice():
    query, key = random_heads(n=20, time=24)
    plain, masked = (
        token_scores(rule, query, key, all_real(key)) for rule in ("softmax", "masked")
    )
    assert not torch.equal(highest(plain, 4), highest(masked, 4))
    off_centre = [(highest(scores, 4).double().mean() - 11.5).abs() for scores in (plain, masked)]
    assert off_centre[0] < 3 < off_centre[1]


def test_both_forms_of_the_weight_agree_when_all_queries_spread_equally():
    """Corners of a cube as keys and queries give every row the same sum of exponentials."""
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0]).double()] * 3)
    query = key = corners[None, :, None]  # (1, 8, 1, 3)
    exact, code = (token_scores(r, query, key, all_real(key)) for r in ATTENTION[:2])
    torch.testing.assert_close(
        exact / exact.sum(-1, keepdim=True), code / code.sum(-1, keepdim=True)
    )


def test_the_two_forms_differ_in_general():
    query, key = random_heads(n=20)
    exact, code = (token_scores(r, query, key, all_real(key)) for r in ATTENTION[:2])
    assert not torch.equal(highest(exact, 2), highest(code, 2))


def test_exponentials_of_large_scores_stay_finite():
    query, key = random_heads()
    scores = token_scores("exponential", 1e3 * query.float(), key.float(), all_real(key))
    assert scores.isfinite().all() and (scores.amax(-1) > 0).any()


def test_the_largest_of_the_group_is_one_maximum_for_all_its_heads():
    """A head with large scores must outweigh another of its group; a maximum each would not."""
    query, key = torch.zeros(1, 3, 2, 2), torch.eye(3)[None, :, None, :2].clone()
    query[0, :, 0, 0], query[0, :, 1, 1] = 8.0, 4.0  # first head likes token 0, second token 1
    scores = token_scores("exponential", query, key, all_real(key))[0, 0]
    # Each of the three queries gives e^(8/√2) + 1, 1 + e^(4/√2) and 1 + 1 to the three tokens.
    expected = torch.exp(torch.tensor([[8.0, 0.0, 0.0], [0.0, 4.0, 0.0]]) / 2**0.5).sum(0)
    torch.testing.assert_close(scores / scores.sum(), expected / expected.sum())


def test_ties_go_to_the_earlier_token():
    scores = torch.tensor([[1.0, 3.0, 1.0, 3.0, 3.0, 1.0]])
    assert highest(scores, 2).tolist() == [[1, 3]]
    assert highest(scores, 4).tolist() == [[0, 1, 3, 4]]
    assert highest(torch.zeros(1, 50), 5).tolist() == [[0, 1, 2, 3, 4]]


def test_short_references_fill_the_first_slots():
    scores = torch.tensor([[2.0, 5.0, -torch.inf, -torch.inf]])
    assert highest(scores, 3).tolist() == [[0, 1, 2]]


def test_the_other_rules_say_what_they_do():
    query, key = random_heads()
    real = torch.arange(9) < torch.tensor([[9], [5], [1]])
    last = highest(token_scores("last", query, key, real), 2)
    assert last[0].tolist() == [[7, 8]] * 2 and last[1].tolist() == [[3, 4]] * 2
    longest = highest(token_scores("key_norm", query, key, real), 1)[0, :, 0]
    assert longest.tolist() == key[0].square().sum(-1).argmax(0).tolist()


def test_distinct_keys_come_first_whatever_their_length():
    """Two groups of near copies and a key of its own: one of each before any copy."""
    corners = torch.eye(3, dtype=torch.float64)[[0, 0, 0, 1, 1, 2]]
    noise = torch.randn(6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    key = (corners + 0.01 * noise) * torch.arange(1, 7).unsqueeze(1)
    key, real = key[None, :, None], torch.ones(1, 6, dtype=torch.bool)
    scores = token_scores("distinct", key, key, real)[0, 0]
    assert sorted(scores.tolist()) == [-5, -4, -3, -2, -1, 0]
    assert scores.argmax() == 5
    chosen = highest(scores, 3).tolist()
    assert chosen[0] in (0, 1, 2) and chosen[1] in (3, 4) and chosen[2] == 5
    # Padding counts for nothing, and fewer tokens than places leave nothing chosen twice.
    short = torch.tensor([[True, True, True, True, False, False]])
    alone = token_scores("distinct", key[:, :4], key[:, :4], short[:, :4])
    padded = token_scores("distinct", key, key, short)
    assert torch.equal(padded[..., :4], alone) and sorted(alone[0, 0].tolist()) == [-3, -2, -1, 0]


def test_distinct_order_equals_a_loop_over_tokens():
    _, key = random_heads(n=8)
    lengths = [9, 5] * 4
    scores = token_scores("distinct", key, key, torch.arange(9) < torch.tensor(lengths)[:, None])
    for n, length in enumerate(lengths):
        for head in range(2):
            unit = key[n, :length, head] / key[n, :length, head].norm(dim=-1, keepdim=True)
            alike = (unit @ unit.T).tolist()
            order = [min(range(length), key=lambda j: sum(alike[j]))]
            while len(order) < length:
                left = [j for j in range(length) if j not in order]
                order.append(min(left, key=lambda j: max(alike[j][i] for i in order)))
            assert scores[n, head, :length].neg().argsort().tolist() == order


def test_random_choices_follow_the_generator_and_differ_between_heads():
    query, key = random_heads(time=40)

    def chosen(seed):
        generator = torch.Generator().manual_seed(seed)
        return highest(token_scores("random", query, key, all_real(key), generator), 4)

    assert torch.equal(chosen(0), chosen(0)) and not torch.equal(chosen(0), chosen(1))
    assert not torch.equal(chosen(0)[:, 0], chosen(0)[:, 1])


def test_an_empty_reference_has_no_score():
    query, key = random_heads(n=1)
    for rule in RULES:
        scores = token_scores(rule, query, key, torch.zeros(1, 9, dtype=torch.bool))
        assert scores.eq(-torch.inf).all()


def test_unknown_rules_are_refused():
    query, key = random_heads()
    with pytest.raises(ValueError, match="unknown selection 'best'; choose one of softmax"):
        token_scores("best", query, key, all_real(key))
