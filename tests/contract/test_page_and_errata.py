"""What the page of all verdicts and the list of errata promise."""

import re
from html.parser import HTMLParser

import pytest

from memstudy import errata, reporting
from memstudy.core import experiment, paths

PAGE = reporting.PAGE.read_text(encoding="utf-8")
CLAIMS = [claim.id for found in experiment.load_all() for claim in found.claims]
KNOWN = errata.read()
PLACES = re.compile(r"`((?:[\w-]+/)*[\w-]+\.(?:py|csv))`")
ROOTS = (paths.ROOT, paths.LIBRARY, paths.EXPERIMENTS)


class Tags(HTMLParser):
    """All start tags with their attributes."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def tags():
    parser = Tags()
    parser.feed(PAGE)
    return parser.found


def anchors(text):
    """Anchors of a Markdown file: explicit ones, and those that headings get."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w -]", "", text).strip().lower().replace(" ", "-") for text in headings}
    return made | set(re.findall(r'<a id="([^"]+)"', text))


def test_every_claim_stands_on_the_page_once(tags):
    articles = [found["id"] for tag, found in tags if tag == "article"]
    assert articles and sorted(articles) == sorted(id.lower() for id in CLAIMS)
    ids = [found["id"] for _, found in tags if "id" in found]
    assert len(ids) == len(set(ids))


def test_links_and_images_of_the_page_exist_in_the_repository(tags):
    ids = {found["id"] for _, found in tags if "id" in found}
    places = [found.get("href") or found.get("src") for _, found in tags]
    for place in filter(None, places):
        path, _, fragment = place.partition("#")
        if not path:
            assert fragment in ids, place
            continue
        assert path.startswith("../"), place
        target = (reporting.PAGE.parent / path).resolve()
        assert target.is_file() and target.is_relative_to(paths.ROOT), place
        if fragment:
            assert fragment in anchors(target.read_text(encoding="utf-8")), place


def test_the_page_fetches_nothing_and_images_have_an_alternative_text(tags):
    assert not re.search(r"https?:|//\w|url\(|@import|fetch\(|XMLHttp", PAGE)
    assert not [tag for tag, _ in tags if tag in {"link", "iframe", "object", "embed", "base"}]
    images = [found for tag, found in tags if tag == "img"]
    assert images and all(len(image["alt"]) > 40 for image in images)
    assert all(image["loading"] == "lazy" for image in images)


def test_the_readme_leads_to_the_page_before_its_first_table():
    readme = reporting.README.read_text(encoding="utf-8")
    assert "(reports/index.html)" in readme[: readme.index(reporting.TALLY[0])]


def test_every_line_of_the_errata_has_its_number_and_says_what_stands_behind_it():
    rows = re.findall(
        r"^\| (?!no\. |---).*", errata.ERRATA.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(rows) == len(KNOWN)
    for erratum in KNOWN.values():
        assert re.search(r"read|computed|measured|tried", erratum.evidence), erratum.id
        assert erratum.where and erratum.defect and erratum.effect and erratum.here, erratum.id


def test_claims_that_the_errata_name_exist():
    """Claims of a paper may still be missing as long as some of its experiments are."""
    named = {claim for erratum in KNOWN.values() for claim in erratum.claims}
    assert {claim for claim in named if claim.startswith("MM-")} <= set(CLAIMS)
    assert named & set(CLAIMS)


def test_files_that_the_errata_name_exist():
    for erratum in KNOWN.values():
        for place in PLACES.findall(erratum.here):
            assert any((root / place).is_file() for root in ROOTS), f"{erratum.id}: {place}"
