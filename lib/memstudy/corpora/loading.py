"""The documents of a corpus: as a plain iterator, or as a ``datasets.Dataset``.

:func:`documents` needs only the standard library (pyarrow for parquet and zstd) and is what the
rest of this room builds on; :func:`load` puts its documents into a ``Dataset``, memory-mapped and
cached by that library. Corpora of the hub come through ``datasets`` in both cases.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memstudy.corpora import arrow, hub
from memstudy.corpora.files import (
    MissingCorpus,
    file_sha256,
    folder_sha256,
    locate,
    recorded_sha256,
    require,
)
from memstudy.corpora.packages import package_folder, read_package, require_package
from memstudy.corpora.places import Places, default_places
from memstudy.corpora.reading import READERS, Document
from memstudy.corpora.registry import (
    ALL,
    Archive,
    Corpus,
    Files,
    Generated,
    Hub,
    Mix,
    Package,
    TextFile,
    find,
)

if TYPE_CHECKING:
    import datasets

READING_VERSION = 1  # raise it when the same files begin to give other documents


def load(
    name: str | Corpus,
    split: str = "train",
    limit: int | None = None,
    places: Places | None = None,
) -> datasets.Dataset:
    """A split of a corpus as a ``datasets.Dataset``.

    Args:
        name: an entry of the registry, the path of a text file, or a Corpus.
        split: ``"train"``, ``"validation"``, ... as the entry has them, or ``"all"``.
        limit: take the first ``limit`` documents.
        places: where to look; by default ``MEMSTUDY_CORPORA`` and ``data/cache``.

    Returns:
        A Dataset with the entry's columns, the text under ``"text"``.

    Raises:
        MissingCorpus: the text is not at hand; the message says how to get it.
        WrongHash: a file is not the one that the registry promises.
    """
    places = places or default_places()
    corpus = find(name)
    corpus.check_split(split)
    require_corpus(corpus, places)
    key = source_key(corpus, split, limit, places)
    if isinstance(corpus.source, Hub):
        return hub.load(corpus, split, limit, key, places)
    arguments = {"name": corpus, "split": split, "limit": limit, "places": places}
    return arrow.from_generator(documents, arguments, key, places)


def documents(
    name: str | Corpus,
    split: str = "train",
    limit: int | None = None,
    places: Places | None = None,
) -> Iterator[Document]:
    """The documents of a split, one dict each, in an order that never changes.

    Arguments and exceptions are those of :func:`load`; files are checked before the first document
    is yielded. Text that is not valid Unicode is repaired with question marks.
    """
    corpus = find(name)
    corpus.check_split(split)
    return _first_rows(corpus, split, limit, places or default_places())


def _first_rows(
    corpus: Corpus, split: str, limit: int | None, places: Places
) -> Iterator[Document]:
    """The first ``limit`` documents with the columns of the registry and text that is Unicode."""
    for row in itertools.islice(_of_split(corpus, split, limit, places), limit):
        document = {column: row[column] for column in corpus.columns or row}
        try:
            document["text"].encode()
        except UnicodeEncodeError:  # a lone surrogate, which JSON can hold and UTF-8 cannot
            document["text"] = document["text"].encode("utf-8", "replace").decode()
        yield document


def _of_split(corpus: Corpus, split: str, limit: int | None, places: Places) -> Iterator[Document]:
    """The documents of a split as its source gives them; ``limit`` may save it work."""
    source = corpus.source
    if isinstance(source, Mix):
        return _from_mix(corpus, source, split, places)
    if isinstance(source, Files | Archive):
        return _from_files(corpus, source, split, places)
    if isinstance(source, Package):
        return _held_out(read_package(corpus), corpus, split)
    if isinstance(source, Hub):
        return iter(load(corpus, split, limit, places))
    wanted = [name for name in corpus.splits if split in (name, ALL)]
    return itertools.chain.from_iterable(_generated(corpus, name, limit) for name in wanted)


def _from_files(
    corpus: Corpus, source: Files | Archive, split: str, places: Places
) -> Iterator[Document]:
    """Documents of the files of a split; of all files where the hash of the text decides."""
    reader = READERS[source.reader]
    for file, path in require(corpus, places):
        if file.split is None:
            yield from _held_out(reader(path), corpus, split)
        elif split in (file.split, ALL):
            yield from reader(path)


def _from_mix(corpus: Corpus, mix: Mix, split: str, places: Places) -> Iterator[Document]:
    """Documents of all parts in the order of their hashes: shuffled, and never otherwise.

    Equal texts have equal hashes, so that they meet and all but the first are dropped. The whole
    split is held in memory.
    """
    keyed = []
    for part in mix.parts:
        for row in _held_out(_of_split(find(part), ALL, None, places), corpus, split):
            text = row["text"]
            keyed.append((hashlib.sha256(text.encode("utf-8", "replace")).digest(), part, text))
    keyed.sort()
    for _, same in itertools.groupby(keyed, key=lambda item: item[0]):
        _, part, text = next(same)
        yield {"text": text, "source": part}


def _held_out(rows: Iterator[Document], corpus: Corpus, split: str) -> Iterator[Document]:
    """Keep the rows of ``split``: a share of all goes to "validation", chosen by text alone.

    A text's place depends neither on its file nor on its position, and a text that occurs twice
    never stands on both sides.
    """
    if split == ALL or not corpus.held_out:
        yield from rows
        return
    for row in rows:
        digest = hashlib.sha256(row["text"].encode("utf-8", "replace")).digest()
        is_held_out = int.from_bytes(digest[-8:], "big") < corpus.held_out * 2**64
        if is_held_out == (split == "validation"):
            yield row


def _generated(corpus: Corpus, split: str, limit: int | None) -> Iterator[Document]:
    """Documents of a generator, numbered as it numbers them."""
    source = corpus.source
    assert isinstance(source, Generated)
    _require_generator(corpus)
    generate = getattr(importlib.import_module(source.module), source.function)
    count = corpus.splits[split].documents if limit is None else limit
    for index, item in enumerate(generate(source.seed, 0, count, split)):
        yield {"text": item.text, "index": index}


def _generator_file(corpus: Corpus) -> Path | None:
    """Source file of a generator, found without importing it; None if there is none."""
    assert isinstance(corpus.source, Generated)
    try:
        spec = importlib.util.find_spec(corpus.source.module)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _require_generator(corpus: Corpus) -> Path:
    assert isinstance(corpus.source, Generated)
    file = _generator_file(corpus)
    if file is None:
        raise MissingCorpus(
            f"corpus {corpus.name}: its generator {corpus.source.module} is not part of this "
            "version of the library"
        )
    return file


def require_corpus(corpus: Corpus, places: Places, force: bool = False) -> None:
    """Make sure that the text is at hand and is the right one (of the hub: nothing is asked).

    Raises:
        MissingCorpus, WrongHash: it is not.
    """
    source = corpus.source
    if isinstance(source, Mix):
        for part in source.parts:
            require_corpus(find(part), places, force)
    elif isinstance(source, Files | Archive):
        require(corpus, places, force)
    elif isinstance(source, Package):
        require_package(corpus)
    elif isinstance(source, Generated):
        _require_generator(corpus)


def at_hand(corpus: Corpus, places: Places) -> bool:
    """Whether the text can be read without a network. Looks for files, hashes nothing."""
    source = corpus.source
    if isinstance(source, Mix):
        return all(at_hand(find(part), places) for part in source.parts)
    if isinstance(source, Files | Archive):
        return all(locate(corpus, file, places) for file in source.files)
    if isinstance(source, Hub):
        return all(hub.is_fetched(corpus, split, places) for split in corpus.splits)
    if isinstance(source, Package):
        return package_folder(source.module) is not None
    return _generator_file(corpus) is not None


def source_key(corpus: Corpus, split: str, limit: int | None, places: Places) -> str:
    """Name of exactly these documents: equal keys mean equal text.

    For a corpus of the registry the key comes from the registry alone (hashes, readers, shares), so
    that what was made from the text can be recognised on a machine that does not have the text.
    """
    content = json.dumps([READING_VERSION, split, limit, _identity(corpus, places)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _identity(corpus: Corpus, places: Places) -> list[Any]:
    """What the documents of a corpus depend on, as plain values."""
    source = corpus.source
    if isinstance(source, Mix):
        parts = [_identity(find(part), places) for part in source.parts]
        return ["mix", corpus.held_out, list(source.parts), parts]
    if isinstance(source, Files | Archive):
        files = [[_expected_sha256(corpus, f, places), f.split] for f in source.files]
        return ["files", corpus.held_out, source.reader, files]
    if isinstance(source, Hub):
        hub_is = [source.repository, source.configuration, source.revision]
        return ["hub", *hub_is, dict(source.slices)]
    if isinstance(source, Package):
        return ["package", corpus.held_out, source.reader, source.sha256]
    sizes = {name: size.documents for name, size in corpus.splits.items()}
    return ["generated", corpus.name, source.function, source.seed, sizes, _code_sha256(corpus)]


def _expected_sha256(corpus: Corpus, file: TextFile, places: Places) -> str | None:
    if known := file.sha256 or recorded_sha256(corpus, file, places):
        return known
    path = locate(corpus, file, places)
    return file_sha256(path, places) if path else None


def _code_sha256(corpus: Corpus) -> str:
    """sha256 of the generator's files, code and word lists: other files are other text."""
    file = _require_generator(corpus)
    return folder_sha256(file.parent, "**/*" if file.name == "__init__.py" else file.name)
