"""The page of all verdicts: sound markup, every claim once, nothing unescaped, nothing fetched."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pandas as pd
import pytest

from memstudy import errata, plotting
from memstudy.core import claims, paths
from memstudy.core.claims import Claim, Condition, Evidence
from memstudy.page import document as page
from memstudy.page.html import VOID, Html, element
from memstudy.page.judged import Judged

HOSTILE = '</article><script>alert("x")</script> & <img src="http://e.vil/x.png"> `a<b>` \'"'
FIGURE = "01_three_moons_one_unit"
ERRATUM = errata.Erratum("MM-E1", "mm-e1", HOSTILE, HOSTILE, "read", HOSTILE, "MM-1: x")


class Outline(HTMLParser):
    """Tags in their order; raises where they do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), f"an attribute of <{tag}> stands twice"
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open and "script" not in self.open:
            self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def judged(
    text: str = "words", status: str = claims.PARTLY, cautious: str | None = None, **changes
) -> Judged:
    """A verdict on a claim in which every text is ``text``."""
    words = {
        "paper": text,
        "where": text,
        "statement": text,
        "paper_value": text,
        "rule": text,
        "corrections": (text,),
    }
    words |= {"id": "MM-1", "seeds": 3, "figure": FIGURE, "test": None}
    claim = Claim(**(words | changes))
    conditions = tuple(Condition(text, text, holds) for holds in (True, False, None))
    evidence = Evidence(text, 3, conditions)
    runs = pd.DataFrame({"device": [text] * 2, "started": ["2026-01-02T03", "2026-01-04T05"]})
    results = SimpleNamespace(runs=runs, profile=SimpleNamespace(name="cpu"))
    spec = plotting.FigureSpec(FIGURE, draw=None, caption="", alt=text, counterpart="")
    found = SimpleNamespace(name="three_moons", notebook="01_three_moons", figures=lambda: (spec,))
    return Judged(found, results, claims.Verdict(claim, status, text, cautious or status, evidence))


@pytest.fixture(autouse=True)
def known_errata(monkeypatch):
    monkeypatch.setattr(errata, "read", lambda: {"MM-E1": ERRATUM})


def test_elements_escape_whatever_is_not_an_element():
    assert element("p", "a<b", Html("<i>c</i>")) == "<p>a&lt;b<i>c</i></p>"
    assert element("a", class_="x", data_n=3, href='"&', hidden=True, id=None) == (
        '<a class="x" data-n="3" href="&quot;&amp;" hidden></a>'
    )
    assert element("img", alt="") == '<img alt="">'
    with pytest.raises(ValueError, match="holds nothing"):
        element("img", "text")


def test_hostile_text_stays_text_wherever_it_comes_from():
    text = page.document([judged(HOSTILE)])
    harmless = page.document([judged()])
    hostile, plain = Outline(text), Outline(harmless)
    # Backticks make code; there is no other element that a text can bring about.
    without_code = [[tag for tag, _ in page.tags if tag != "code"] for page in (hostile, plain)]
    assert without_code[0] == without_code[1]
    assert '<script>alert("x")</script>' in "".join(hostile.words)


def test_every_text_of_a_claim_is_told():
    fields = ("paper", "where", "statement", "paper_value", "rule")
    row = judged(**{name: f"the {name}" for name in fields}, corrections=("first", "second"))
    words = " ".join(Outline(page.document([row])).words)
    for told in (*(f"the {name}" for name in fields), "first", "second", claims.PARTLY, "n = 3"):
        assert told in words
    assert "1 held, 1 failed, 1 undecided" in words
    assert "2026-01-02 to 2026-01-04" in words
    assert "profile  cpu" in words


def test_a_status_that_students_t_changes_stands_beside_the_verdict():
    def words(cautious: str) -> str:
        return " ".join(Outline(page.document([judged(cautious=cautious)])).words)

    assert "(with Student's t: inconclusive)" in words(claims.INCONCLUSIVE)
    assert "(with Student's t:" not in words(claims.PARTLY)


def test_only_a_rule_that_was_never_changed_is_called_fixed_beforehand():
    for corrections, fixed in (((), True), (("it was wider",), False)):
        text = page.document([judged(corrections=corrections)])
        assert ("Rule, fixed beforehand" in text) == fixed
        assert ("Rule, with a correction (see below)" in text) == (not fixed)


def test_a_claim_without_runs_figure_or_errata_has_its_place():
    claim = judged(id="Z-1", figure="", corrections=()).verdict.claim
    row = Judged(judged().found, None, claims.not_attempted(claim, "no profile is recorded"))
    outline = Outline(page.document([row]))
    assert not outline.all("img")
    assert [found["data-status"] for found in outline.all("article")] == [claims.NOT_ATTEMPTED]
    assert "no profile is recorded" in outline.words
    assert not outline.all("details")


def test_images_wait_have_a_size_and_an_alternative_text():
    (image,) = Outline(page.document([judged("a curve")])).all("img")
    assert image["alt"] == "a curve" and image["loading"] == "lazy"
    assert (paths.ROOT / "reports" / image["src"]).resolve() == paths.FIGURES / f"{FIGURE}.png"
    assert int(image["width"]) > int(image["height"]) > 0


def test_a_figure_that_is_not_drawn_is_left_out():
    assert not Outline(page.document([judged(figure="09_none")])).all("img")


def test_the_filter_offers_what_there_is_and_is_hidden_without_a_script():
    rows = [judged(id="A-1", paper="A"), judged(id="B-1", paper="B", status=claims.REDUCED)]
    outline = Outline(page.document(rows))
    (form,) = outline.all("form")
    assert "hidden" in form
    boxes = [box for box in outline.all("input") if box["type"] == "checkbox"]
    assert [box["value"] for box in boxes] == ["A", "B", claims.REDUCED, claims.PARTLY]
    assert all("checked" in box for box in boxes)
    articles = outline.all("article")
    assert {found["data-paper"] for found in articles} == {"A", "B"}
    assert all("hidden" not in found for found in articles)


def test_counts_add_up():
    rows = [judged(id=f"A-{i}", paper="A", status=s) for i, s in enumerate(claims.STATUSES)]
    rows += [judged(id="B-1", paper="B")]
    table = re.search(r"<table>.*</table>", page.document(rows), re.DOTALL)[0]
    assert re.findall(r"<td>(.*?)</td>", table)[-3:] == ["6", "1", "7"]
    partly = re.search(r">partly<.*?</tr>", table)[0]
    assert re.findall(r"<td>(.*?)</td>", partly) == ["1", "1", "2"]
    rows[0] = judged(id="A-0", paper="A", status=claims.REPRODUCED, cautious=claims.PARTLY)
    assert "must agree: 1 reproduced at reduced scale, 3 partly, 1 not" in page.document(rows)


def test_style_and_script_stay_inside_their_elements():
    for name in ("style.css", "filter.js"):
        assert "</" not in page.asset(name)
