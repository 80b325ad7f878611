"""Corpora of the Hugging Face hub, through ``datasets`` and its cache.

A whole split lands in the library's own cache, which other projects of the user share. Of a split
that is cut to its first documents only these are read from the network, and kept in our cache.
Either way the second time works without a network, and without asking for one: which files belong
to which commit is recorded here, because the library, when it is offline, takes whatever version of
a data set it cached last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memstudy.core.errors import UsageError
from memstudy.corpora import arrow
from memstudy.corpora.files import MissingCorpus
from memstudy.corpora.places import Places
from memstudy.corpora.records import read_json, update_json
from memstudy.corpora.registry import ALL, Corpus, Hub

if TYPE_CHECKING:
    import datasets


def load(
    corpus: Corpus, split: str, limit: int | None, key: str, places: Places
) -> datasets.Dataset:
    """A split of a hub data set, or its first ``limit`` documents.

    Args:
        corpus: an entry of kind ``hub``.
        split: one of its splits, or "all".
        limit: first documents; None: all.
        key: loading.source_key of these documents.
        places: where it is recorded what was fetched.

    Raises:
        MissingCorpus: the hub cannot be reached and nothing is cached.
    """
    names = [name for name in corpus.splits if split in (name, ALL)]
    if limit is not None and not all(is_fetched(corpus, name, places) for name in names):
        return arrow.from_generator(
            _stream, {"corpus": corpus, "names": names, "limit": limit}, key, places
        )
    with arrow.quiet():
        parts = [_load_split(corpus, name, places) for name in names]
        data = arrow.import_datasets().concatenate_datasets(parts)
    if corpus.columns:
        data = data.select_columns(list(corpus.columns))
    return data if limit is None else data.select(range(min(limit, len(data))))


def _load_split(corpus: Corpus, split: str, places: Places) -> datasets.Dataset:
    """One whole split, from the recorded files if they are there, else through the library."""
    base, start, stop = parse_slice(_source(corpus).slices[split])
    datasets = arrow.import_datasets()
    record = _records(corpus, places).get(base)
    if record and all(Path(file).is_file() for file in record["files"]):
        parts = [datasets.Dataset.from_file(file) for file in record["files"]]
        data = datasets.concatenate_datasets(parts)
    else:
        data = _ask_library(corpus, base)
        files = [file["filename"] for file in data.cache_files]
        if files:  # a data set that the library holds in memory has none
            entry = {_record_name(corpus, base): {"files": files, "documents": len(data)}}
            update_json(places.records / "hub.json", lambda all_: all_.update(entry))
    return data.select(range(start, len(data) if stop is None else min(stop, len(data))))


def _stream(corpus: Corpus, names: list[str], limit: int) -> Iterator[dict[str, Any]]:
    """The first ``limit`` documents of the splits ``names``, one after the other."""
    left = limit
    for name in names:
        base, start, stop = parse_slice(_source(corpus).slices[name])
        rows = _ask_library(corpus, base, streaming=True)
        wanted = left if stop is None else min(left, stop - start)
        try:
            for row in rows.skip(start).take(wanted):
                left -= 1
                yield {column: row[column] for column in corpus.columns or row}
        except (OSError, ValueError) as error:
            raise _unreachable(corpus, error) from error


def _ask_library(corpus: Corpus, split: str, **options: Any) -> Any:
    source = _source(corpus)
    try:
        return arrow.import_datasets().load_dataset(
            source.repository,
            source.configuration,
            split=split,
            revision=source.revision,
            **options,
        )
    except Exception as error:  # of the library, of its HTTP client, of the system
        raise _unreachable(corpus, error) from error


def is_fetched(corpus: Corpus, split: str, places: Places) -> bool:
    """Whether a whole split was fetched and its files still exist."""
    record = _records(corpus, places).get(parse_slice(_source(corpus).slices[split])[0])
    return record is not None and all(Path(file).is_file() for file in record["files"])


def parse_slice(text: str) -> tuple[str, int, int | None]:
    """``"train[100:200]"`` -> ``("train", 100, 200)``; both bounds may be left out."""
    match = re.fullmatch(r"(\w+)(?:\[(\d*):(\d*)\])?", text)
    if match is None:
        raise UsageError(f"hub split {text!r} is not of the form NAME or NAME[FROM:TO]")
    base, start, stop = match.groups()
    return base, int(start or 0), int(stop) if stop else None


def _source(corpus: Corpus) -> Hub:
    assert isinstance(corpus.source, Hub)
    return corpus.source


def _records(corpus: Corpus, places: Places) -> dict[str, Any]:
    """What was fetched of this commit: the hub's split -> its files and number of documents."""
    prefix = _record_name(corpus, "")
    return {
        name.removeprefix(prefix): record
        for name, record in read_json(places.records / "hub.json").items()
        if name.startswith(prefix)
    }


def _record_name(corpus: Corpus, base: str) -> str:
    source = _source(corpus)
    configuration = source.configuration or "default"
    return f"{source.repository}/{configuration}@{source.revision or 'newest'}/{base}"


def _unreachable(corpus: Corpus, error: Exception) -> MissingCorpus:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return MissingCorpus(
        f"corpus {corpus.name} is not at hand: it is neither in the cache nor can it be got from "
        f"the hub ({reason}); run `python -m memstudy data fetch {corpus.name}` on a machine with "
        "a network"
    )
