"""Finding the files of a corpus and making sure that they are the right ones.

A file is trusted when its sha256 is the one in the registry. Hashing a large file takes seconds, so
the result is kept in the cache together with the file's size and times, and used again only while
these stay the same. Where the registry knows no hash, the first one that is seen is recorded, said
aloud, and from then on demanded.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from memstudy.core.errors import UsageError
from memstudy.core.paths import shown
from memstudy.corpora.places import FOLDER_VARIABLE, Places
from memstudy.corpora.records import read_json, update_json
from memstudy.corpora.registry import Archive, Corpus, Files, TextFile

log = logging.getLogger(__name__)


class MissingCorpus(UsageError):
    """The text is not at hand; the message says where it was looked for and how to get it."""


class WrongHash(UsageError):
    """A file is not the one that the registry, or the first look at it, promised."""


def locate(corpus: Corpus, file: TextFile, places: Places) -> Path | None:
    """Path of a file of a corpus, or None. Looks where :func:`folders` says, first match first."""
    for folder in folders(corpus, places):
        path = folder / file.name
        if path.is_file():
            return path
    return None


def folders(corpus: Corpus, places: Places) -> list[Path]:
    """Folders in which files of ``corpus`` may lie."""
    if isinstance(corpus.source, Files) and corpus.source.folder:
        return [Path(corpus.source.folder)]
    own = [places.folder, places.folder / corpus.name] if places.folder else []
    return [*own, places.downloads / corpus.name]


def require(corpus: Corpus, places: Places, force: bool = False) -> list[tuple[TextFile, Path]]:
    """The text files of a corpus, all found and all with the right hash.

    Args:
        corpus: an entry whose source is Files or Archive.
        places: where to look.
        force: hash again even what was hashed before.

    Raises:
        MissingCorpus: a file is not there.
        WrongHash: a file is there, but differs.
    """
    assert isinstance(corpus.source, Files | Archive)
    found = [(file, locate(corpus, file, places)) for file in corpus.source.files]
    if missing := [file.name for file, path in found if path is None]:
        raise MissingCorpus(_how_to_get(corpus, missing, places))
    for file, path in found:
        verify(corpus, file, path, places, force)
    return found


def verify(corpus: Corpus, file: TextFile, path: Path, places: Places, force: bool = False) -> str:
    """Compare a file's sha256 with the registry's, or with the one recorded at first sight.

    Returns:
        The file's sha256.

    Raises:
        WrongHash: they differ.
    """
    actual = file_sha256(path, places, force)
    expected, origin = file.sha256, "in the registry"
    if expected is None:
        if isinstance(corpus.source, Files) and corpus.source.folder:
            return actual  # a file that the user named: whatever it is, it is the right one
        expected, origin = recorded_sha256(corpus, file, places), "recorded at first sight"
        if expected is None:
            record_sha256(corpus, file, actual, places)
            return actual
    if actual != expected:
        again = f"`python -m memstudy data fetch {corpus.name}`"
        copy = again if isinstance(corpus.source, Archive) else f"a copy from {corpus.origin}"
        raise WrongHash(
            f"{shown(path)} is not the file that is expected: its sha256 is {actual}, expected is "
            f"{expected} ({origin}); replace it by {copy}"
        )
    return actual


def file_sha256(path: Path, places: Places, force: bool = False, offset: int = 0) -> str:
    """sha256 of a file, computed once for each (path, size, modification and change time).

    Args:
        path: the file.
        places: where results are kept.
        force: compute it in any case.
        offset: bytes at the beginning that are left out.
    """
    record = places.records / "checked.json"
    key, before = f"{path.resolve()}+{offset}", _state(path)
    known = {} if force else read_json(record).get(key, {})
    if known.get("state") == before:
        return known["sha256"]
    with open(path, "rb") as file:
        file.seek(offset)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if _state(path) != before:
        raise UsageError(f"{shown(path)} changed while it was read; try again when it is complete")
    update_json(record, lambda all_: all_.update({key: {"state": before, "sha256": digest}}))
    return digest


def _state(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def recorded_sha256(corpus: Corpus, file: TextFile, places: Places) -> str | None:
    """Hash that was recorded at first sight of a file whose hash the registry does not know."""
    entry = read_json(places.records / "first_seen.json").get(f"{corpus.name}/{file.name}", {})
    return entry.get("sha256")


def record_sha256(corpus: Corpus, file: TextFile, sha256: str, places: Places) -> None:
    """Trust a file on first use, and say so."""
    log.warning(
        "%s: the registry knows no sha256 of %s; trusted on first use and recorded: %s",
        corpus.name, file.name, sha256,
    )  # fmt: skip
    entry = {f"{corpus.name}/{file.name}": {"sha256": sha256}}
    update_json(places.records / "first_seen.json", lambda all_: all_.update(entry))


def folder_sha256(folder: Path, pattern: str) -> str:
    """sha256 over the names and contents of the files that match ``pattern``, sorted by name."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob(pattern), key=lambda p: p.relative_to(folder).as_posix()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _how_to_get(corpus: Corpus, missing: list[str], places: Places) -> str:
    """One line: what is missing, where it was looked for, how to get it."""
    looked = ", ".join(shown(folder) for folder in folders(corpus, places))
    if isinstance(corpus.source, Archive):
        get = f"run `python -m memstudy data fetch {corpus.name}`"
        if places.folder is None:
            get += f", or set {FOLDER_VARIABLE} to a folder that holds it"
    else:
        get = f"set {FOLDER_VARIABLE} to a folder that holds it (origin: {corpus.origin})"
        if corpus.instead:
            get += f", or use {corpus.instead}: `python -m memstudy data fetch {corpus.instead}`"
    return f"corpus {corpus.name} is not at hand: {', '.join(missing)} not found in {looked}; {get}"
