"""The defects that ``ERRATA.md`` lists, by their names.

A line of its tables begins with the name of the defect, which is also an anchor:
``| <a id="mm-e1"></a>MM-E1 | where | defect | evidence | effect | here |``. The claims that a
defect bears on are those that its last column names; they are named there and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from memstudy.core import paths
from memstudy.core.errors import UsageError

ERRATA = paths.ROOT / "ERRATA.md"
CLAIM = re.compile(r"\b[A-Z][A-Z0-9]*-\d+[a-z]?\b")
FIRST_CELL = re.compile(r'<a id="([a-z0-9-]+)"></a>(\S+)')


@dataclass(frozen=True)
class Erratum:
    """A defect of a paper or of its code: one line of a table."""

    id: str  # "MM-E1"
    anchor: str  # "mm-e1"
    where: str  # part of the paper or of its code
    defect: str
    evidence: str  # read, computed or measured
    effect: str  # on published numbers
    here: str  # where this study deals with it

    @property
    def claims(self) -> frozenset[str]:
        """Claims of this study that it bears on."""
        return frozenset(CLAIM.findall(self.here))


def read(path: Path = ERRATA) -> dict[str, Erratum]:
    """All defects by name, in the order of the file.

    Raises:
        UsageError: a line with an anchor that is not one of a table of six columns, or a name that
            does not fit its anchor or stands twice.
    """
    found: dict[str, Erratum] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not (name := FIRST_CELL.search(line)):
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)]
        if len(cells) != 8 or cells[0] or cells[-1]:
            raise UsageError(f"{path.name}: six cells are wanted in {line!r}")
        anchor, id = name.groups()
        if anchor != id.lower() or id in found:
            raise UsageError(f"{path.name}: {id} has another anchor, or stands twice")
        found[id] = Erratum(id, anchor, *cells[2:-1])
    return found


def concerning(claim: str, known: dict[str, Erratum]) -> list[Erratum]:
    """Defects that bear on a claim, in the order of the file."""
    return [erratum for erratum in known.values() if claim in erratum.claims]
