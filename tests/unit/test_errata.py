"""Lines of ERRATA.md are found by their names, and the claims that they name."""

from __future__ import annotations

import pytest

from memstudy import errata
from memstudy.core.errors import UsageError

LINE = '| <a id="mm-e{n}"></a>MM-E{n} | code, a \\| b | wrong | read | none | {here} |\n'


def test_lines_are_read_in_their_order_with_the_claims_they_name(tmp_path):
    file = tmp_path / "ERRATA.md"
    said = ("MM-1, MM-12: fixed, M3-E4 is another", "BM-12b, `x-1.py`, notebook 02, MM-A4")
    file.write_text("# Title\n\n" + "".join(LINE.format(n=n, here=h) for n, h in enumerate(said)))
    first, second = (known := errata.read(file)).values()
    assert (first.id, first.anchor, first.where) == ("MM-E0", "mm-e0", "code, a \\| b")
    assert first.claims == {"MM-1", "MM-12"}
    assert second.claims == {"BM-12b"}
    assert errata.concerning("MM-12", known) == [first]
    assert errata.concerning("MM-2", known) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LINE.format(n=1, here="a | b"), "six cells"),
        (LINE.format(n=1, here="-") * 2, "stands twice"),
        (LINE.format(n=1, here="-").replace("mm-e1", "mm-e2"), "another anchor"),
    ],
)
def test_lines_that_cannot_be_told_apart_are_refused(tmp_path, text, told):
    (tmp_path / "ERRATA.md").write_text(text)
    with pytest.raises(UsageError, match=told):
        errata.read(tmp_path / "ERRATA.md")
