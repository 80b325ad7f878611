"""The packed stream of a corpus: taken from the cache when it is sound, made when it is not."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from filelock import FileLock

from memstudy.core.paths import shown
from memstudy.corpora.files import file_sha256
from memstudy.corpora.loading import documents, source_key
from memstudy.corpora.packing import (
    FORMAT,
    HEADER_BYTES,
    DamagedStream,
    TokenStream,
    write_stream,
)
from memstudy.corpora.places import Places, default_places
from memstudy.corpora.registry import Corpus, find
from memstudy.corpora.tokenization import file_name, recorded_sha256, tokenizer, tokenizer_key

log = logging.getLogger(__name__)


def token_stream(
    name: str | Corpus,
    split: str,
    tokenizer_spec: str,
    limit: int | None = None,
    places: Places | None = None,
) -> TokenStream:
    """The tokens of a split, from ``data/cache/packed`` or tokenised now.

    A cached stream is used without the text, the tokeniser and the library ``datasets`` at hand, if
    it was made from the same text (by the hashes of the registry) with the same tokeniser and is
    not damaged. Several processes may ask at once: one makes it, the others wait.

    Args:
        name: an entry of the registry, the path of a text file, or a Corpus.
        split: one of its splits.
        tokenizer_spec: ``"gpt2"`` or ``"bpe-SIZE@CORPUS"``; see tokenization.
        limit: first documents of the split; None: all.
        places: where to look; by default ``MEMSTUDY_CORPORA`` and ``data/cache``.

    Raises:
        MissingCorpus, WrongHash: there is no sound stream, and the text is not at hand either.
    """
    wanted = Wanted(find(name), split, tokenizer_spec, limit, places or default_places())
    wanted.corpus.check_split(split)
    if stream := _sound(wanted):
        return stream
    wanted.path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{wanted.path}.lock"):
        # Another process may have made it while this one waited for the lock.
        return _sound(wanted) or _make(wanted)


@dataclass(frozen=True)
class Wanted:
    """Which stream is asked for."""

    corpus: Corpus
    split: str
    tokenizer_spec: str
    limit: int | None
    places: Places

    @cached_property
    def key(self) -> str:
        """Name of exactly this text with exactly this tokeniser."""
        source = source_key(self.corpus, self.split, self.limit, self.places)
        parts = [FORMAT, source, tokenizer_key(self.tokenizer_spec, self.places)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def path(self) -> Path:
        """Where the stream lies: names for people, and the beginning of its key."""
        first = "" if self.limit is None else f"-first{self.limit}"
        name = f"{self.corpus.slug}-{self.split}{first}-{file_name(self.tokenizer_spec)}"
        return self.places.cache / "packed" / f"{name}-{self.key[:12]}.tokens"


def _make(wanted: Wanted) -> TokenStream:
    rows = documents(wanted.corpus, wanted.split, wanted.limit, wanted.places)
    return write_stream(
        wanted.path,
        (row["text"] for row in rows),
        tokenizer(wanted.tokenizer_spec, wanted.places),
        corpus=wanted.corpus.name,
        split=wanted.split,
        limit=wanted.limit,
        key=wanted.key,
    )


def _sound(wanted: Wanted) -> TokenStream | None:
    """The stream if it is there, the right one, and not damaged; None otherwise."""
    path = wanted.path
    if not path.is_file():
        return None
    try:
        stream = TokenStream(path)
        if stream.header.key != wanted.key:
            raise DamagedStream(f"{shown(path)} was made from something else")
        tokenizer_sha256 = recorded_sha256(wanted.tokenizer_spec, wanted.places)
        if tokenizer_sha256 not in (None, stream.header.tokenizer_sha256):
            raise DamagedStream(f"{shown(path)} was made with another tokeniser")
        if file_sha256(path, wanted.places, offset=HEADER_BYTES) != stream.header.data_sha256:
            raise DamagedStream(f"{shown(path)} is not what was written: its sha256 differs")
    except DamagedStream as reason:
        log.warning("%s; it is made again", reason)
        return None
    return stream
