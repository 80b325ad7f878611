"""Getting a corpus: what ``python -m memstudy data fetch NAME`` does for each kind."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from memstudy.core.errors import UsageError
from memstudy.core.paths import shown
from memstudy.corpora.downloading import DownloadFailed, download
from memstudy.corpora.files import WrongHash, locate, recorded_sha256, verify
from memstudy.corpora.loading import load, require_corpus
from memstudy.corpora.places import Places, default_places
from memstudy.corpora.registry import Archive, Corpus, Hub, Mix, TextFile, find


def fetch(
    name: str | Corpus,
    limit: int | None = None,
    places: Places | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Make a corpus usable without a network.

    Args:
        name: an entry of the registry.
        limit: of a hub data set, get only the first documents of each split. They are kept under
            this limit: without a network no other one, be it smaller, finds them.
        places: where to put it; by default ``data/cache``.
        sleep: waits between attempts; tests pass their own.

    Returns:
        One line that says what was done.

    Raises:
        UsageError: it cannot be got, or not by this command; the message says how else.
    """
    places = places or default_places()
    corpus = find(name)
    if isinstance(corpus.source, Archive):
        return fetch_archive(corpus, places, sleep)
    if isinstance(corpus.source, Hub):
        for split in corpus.splits:
            load(corpus, split, limit, places)
        if limit is None:
            return f"{corpus.name}: in the cache, usable without a network"
        return (
            f"{corpus.name}: the first {limit:,} documents of each split are in the cache; without "
            "a network they can be had as exactly that many"
        )
    if isinstance(corpus.source, Mix):
        for part in corpus.source.parts:
            fetch(part, limit, places, sleep)
        return f"{corpus.name}: all {len(corpus.source.parts)} parts are at hand"
    require_corpus(corpus, places)  # raises with the way to get it
    return f"{corpus.name}: at hand, nothing to fetch"


def fetch_archive(corpus: Corpus, places: Places, sleep: Callable[[float], None]) -> str:
    """Download the volumes of an archive, verify them, unpack the text files.

    A hash that the registry does not know is recorded only after the archive has been unpacked: the
    checksums inside the archive have then vouched for every byte.
    """
    source = corpus.source
    assert isinstance(source, Archive)
    folder = places.downloads / corpus.name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if all(locate(corpus, file, places) for file in source.files):
            try:
                require_corpus(corpus, places)
                return f"{corpus.name}: at hand, nothing to fetch"
            except WrongHash:
                if any(locate(corpus, f, places).parent != folder for f in source.files):
                    raise  # the user's own file; ours are unpacked again
        volumes = [_get_volume(corpus, volume, folder, places, sleep) for volume in source.volumes]
        unpack(corpus, volumes, folder)
        for file, path in zip(source.volumes, volumes, strict=True):
            verify(corpus, file, path, places)
        require_corpus(corpus, places)
    names = ", ".join(shown(folder / file.name) for file in source.files)
    return f"{corpus.name}: fetched and unpacked to {names}"


def _get_volume(
    corpus: Corpus,
    volume: TextFile,
    folder: Path,
    places: Places,
    sleep: Callable[[float], None],
) -> Path:
    """Path of one volume, downloaded if need be, with the right hash where that is known."""
    path, own = locate(corpus, volume, places), folder / volume.name
    hash_known = volume.sha256 or recorded_sha256(corpus, volume, places)
    if path is not None:
        try:
            if hash_known:
                verify(corpus, volume, path, places)
            return path
        except WrongHash:
            if path != own:
                raise
    try:
        download(volume.url, own, sleep=sleep)
    except DownloadFailed as error:
        raise DownloadFailed(
            f"corpus {corpus.name}, {volume.name}: {error}; the text is published at "
            f"{corpus.origin}"
        ) from None
    if hash_known:
        try:
            verify(corpus, volume, own, places)
        except WrongHash:
            own.unlink()  # so that the next attempt begins anew
            raise
    return own


def unpack(corpus: Corpus, volumes: list[Path], folder: Path) -> None:
    """Unpack the text files of a multi-volume 7z archive into ``folder``.

    Raises:
        UsageError: the volumes do not form a whole archive that holds the files.
    """
    try:
        import multivolumefile
        import py7zr
    except ImportError:
        raise UsageError("unpacking needs: pip install py7zr multivolumefile") from None
    source = corpus.source
    assert isinstance(source, Archive)
    wanted = [file.name for file in source.files]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking-") as temporary:
        # multivolumefile takes every file whose name begins like the archive's: show it ours only.
        together = Path(temporary) / "volumes"
        together.mkdir()
        for number, volume in enumerate(volumes, start=1):
            (together / f"{source.archive}.{number:04d}").symlink_to(volume.resolve())
        try:
            with (
                multivolumefile.open(together / source.archive, "rb") as joined,
                py7zr.SevenZipFile(joined) as archive,
            ):
                if missing := set(wanted) - set(archive.getnames()):
                    raise UsageError(
                        f"corpus {corpus.name}: the archive does not hold "
                        f"{', '.join(sorted(missing))}; it holds {', '.join(archive.getnames())}"
                    )
                archive.extract(path=temporary, targets=wanted)
        except UsageError:
            raise
        except Exception as error:  # py7zr's own, and those of every compressor
            sizes = ", ".join(f"{volume.name} {volume.stat().st_size}" for volume in volumes)
            raise UsageError(
                f"corpus {corpus.name}: the {len(volumes)} parts do not form a whole archive "
                f"({error}); sizes in bytes: {sizes}; delete the damaged part (or all) in "
                f"{shown(volumes[0].parent)} and fetch again"
            ) from None
        for name in wanted:
            shutil.move(Path(temporary) / name, folder / name)
