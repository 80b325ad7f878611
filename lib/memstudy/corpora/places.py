"""Where text is looked for, and where what is made from it is kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from memstudy.core.paths import CACHE

FOLDER_VARIABLE = "MEMSTUDY_CORPORA"


@dataclass(frozen=True)
class Places:
    """The two folders that the functions of this room read and write."""

    folder: Path | None  # the user's folder of text files; only read, never written
    cache: Path  # downloads, tokenisers, packed streams, checked hashes; can be deleted at any time

    @property
    def downloads(self) -> Path:
        """Folder of fetched files, one folder a corpus."""
        return self.cache / "downloads"

    @property
    def records(self) -> Path:
        """Folder of the small JSON files about files: hashes that were checked or recorded."""
        return self.cache / "corpora"


def default_places() -> Places:
    """The folder named by ``MEMSTUDY_CORPORA`` (if set) and ``data/cache`` of the repository."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return Places(Path(folder).expanduser() if folder else None, CACHE)
