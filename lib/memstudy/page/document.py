"""The page of all verdicts: a summary, a filter, and one article a claim.

It reads like any document without JavaScript; the script only shows the filter and hides what was
filtered out. Everything it loads is in the repository: figures, by relative links.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from memstudy import errata
from memstudy.core import claims, paths
from memstudy.core.store import run_command
from memstudy.page.html import Html, element, joined
from memstudy.page.judged import Judged

HERE = Path(__file__).parent
TITLE = "Memory in language models: all verdicts"
STATES = {True: "held", False: "failed", None: "undecided"}  # of a condition
SLUGS = {status: status.replace(" ", "-") for status in claims.STATUSES}


def document(judged: Sequence[Judged]) -> str:
    """The whole page; the same bytes for the same verdicts, figures and errata."""
    known = errata.read()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", TITLE),
        element("style", asset("style.css")),
    )
    sections = [section(paper, rows, known) for paper, rows in by_paper(judged).items()]
    body = element(
        "body",
        element("a", "Skip to the claims", class_="skip", href="#claims"),
        masthead(judged),
        filter_form(judged),
        element("main", *sections, id="claims"),
        element("script", asset("filter.js")),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def asset(name: str) -> Html:
    """A file of this folder, as it stands."""
    return Html("\n" + (HERE / name).read_text(encoding="utf-8"))


def by_paper(judged: Iterable[Judged]) -> dict[str, list[Judged]]:
    """Verdicts by paper, both in the order of the notebooks."""
    papers: dict[str, list[Judged]] = {}
    for row in judged:
        papers.setdefault(row.verdict.claim.paper, []).append(row)
    return papers


def masthead(judged: Sequence[Judged]) -> Html:
    """Title, links to the rest of the study, and how many verdicts there are of each kind."""
    links = {
        "Read me": "README.md",
        "How to read a verdict": "README.md#how-to-read-a-verdict",
        "Overview notebook": "notebooks/00_overview.ipynb",
        "Defects found in the papers": "ERRATA.md",
        "Speed": "benchmarks/README.md",
    }
    return element(
        "header",
        element("h1", TITLE),
        element(
            "p",
            "Every claim with its rule and with the verdict that is computed from the recorded "
            "runs of this repository. Rules were fixed before results; where one was changed "
            "later, it says how and when.",
        ),
        element("nav", *(link(text, place) for text, place in links.items()), aria_label="Study"),
        summary(judged),
    )


def link(text: str, place: str) -> Html:
    """A link to a place in the repository."""
    return element("a", text, href=f"../{place}")


def summary(judged: Sequence[Judged]) -> Html:
    """A table of counts, statuses down, papers across; and all counts if Student's t must agree."""
    papers = by_paper(judged)
    counts = Counter((row.verdict.claim.paper, row.verdict.status) for row in judged)
    cautious = Counter(row.verdict.cautious for row in judged)
    head = [element("th", "verdict", scope="col")]
    head += [element("th", name, scope="col") for name in (*papers, "all")]
    rows = [element("tr", *head)]
    for status in claims.STATUSES:
        numbers = [counts[paper, status] for paper in papers]
        cells = [element("td", str(number or "–")) for number in (*numbers, sum(numbers))]
        rows.append(element("tr", element("th", badge(status), scope="row"), *cells))
    totals = [len(rows) for rows in papers.values()]
    cells = [element("td", str(number)) for number in (*totals, sum(totals))]
    rows.append(element("tr", element("th", "all", scope="row"), *cells, class_="total"))
    table = element("table", element("caption", "Verdicts by paper"), *rows)
    found = [f"{cautious[status]} {status}" for status in claims.STATUSES if cautious[status]]
    told = f"If the intervals of Student's t must agree: {', '.join(found)}."
    return joined([element("div", table, class_="counts"), element("p", told, class_="n")])


def badge(status: str) -> Html:
    """A status with its colour and, for those who do not see it, its sign and words."""
    return element("span", status, class_=f"badge {SLUGS[status]}")


def filter_form(judged: Sequence[Judged]) -> Html:
    """Choice of papers, statuses and words; hidden until the script shows it."""
    used = {row.verdict.status for row in judged}
    search = element(
        "label",
        "Words ",
        element("input", type="search", name="words", autocomplete="off", placeholder="mosaic"),
    )
    return element(
        "form",
        choices("Paper", "paper", list(by_paper(judged))),
        choices("Verdict", "status", [status for status in claims.STATUSES if status in used]),
        element(
            "p",
            search,
            element("button", "Show all", type="reset"),
            element("output", f"{len(judged)} claims", name="shown", aria_live="polite"),
        ),
        id="filter",
        aria_label="Filter the claims",
        hidden=True,
    )


def choices(legend: str, name: str, values: Sequence[str]) -> Html:
    """Boxes to tick, all ticked."""
    boxes = [
        element(
            "label",
            element("input", type="checkbox", name=name, value=value, checked=True),
            badge(value) if value in SLUGS else element("span", value),
        )
        for value in values
    ]
    return element("fieldset", element("legend", legend), *boxes)


def section(paper: str, rows: Sequence[Judged], known: dict[str, errata.Erratum]) -> Html:
    """The claims of one paper."""
    return element("section", element("h2", paper), *(article(row, known) for row in rows))


def article(row: Judged, known: dict[str, errata.Erratum]) -> Html:
    """One claim: what is said, what was found, by which rule, from which runs."""
    claim, status = row.verdict.claim, row.verdict.status
    anchor = claim.id.lower()
    head = element(
        "header",
        element("a", claim.id, class_="id", href=f"#{anchor}"),
        badge(status),
        *([element("span", doubt, class_="n")] if (doubt := row.verdict.with_t) else []),
        element("h3", prose(claim.statement)),
    )
    told = element("div", values(row), *details(row, known), made(row), class_="told")
    return element(
        "article",
        head,
        told,
        thumbnail(row),
        id=anchor,
        data_paper=claim.paper,
        data_status=status,
    )


def values(row: Judged) -> Html:
    """The paper's value beside ours, the rule, and why the verdict is what it is."""
    claim, evidence = row.verdict.claim, row.verdict.evidence
    ours = Html("–")
    if evidence:
        runs = f" (n = {evidence.n} runs)" if evidence.n else " (nothing random: no interval)"
        ours = joined([prose(evidence.ours), element("span", runs, class_="n")])
    rule = "Rule, with a correction (see below)" if claim.corrections else "Rule, fixed beforehand"
    pairs = {
        f"The paper, {claim.where}": prose(claim.paper_value),
        "This study": ours,
        rule: prose(claim.rule),
        "Why this verdict": prose(row.verdict.reason),
    }
    return element(
        "dl",
        *(element("div", element("dt", name), element("dd", text)) for name, text in pairs.items()),
    )


def details(row: Judged, known: dict[str, errata.Erratum]) -> list[Html]:
    """What can be unfolded or is there for some claims only."""
    claim, evidence = row.verdict.claim, row.verdict.evidence
    found = []
    if evidence and evidence.conditions:
        states = Counter(STATES[condition.holds] for condition in evidence.conditions)
        told = ", ".join(f"{states[word]} {word}" for word in STATES.values() if states[word])
        items = [
            element(
                "li",
                element("b", STATES[condition.holds], class_=STATES[condition.holds]),
                joined([" ", prose(condition.text), ": "]),
                element("span", prose(condition.told), class_="measured"),
            )
            for condition in evidence.conditions
        ]
        found.append(unfold(f"Conditions of the rule ({told})", items))
    if claim.corrections:
        items = [element("li", prose(text)) for text in claim.corrections]
        found.append(unfold("The rule was changed: how, and when", items))
    if defects := errata.concerning(claim.id, known):
        items = [
            element("li", link(defect.id, f"ERRATA.md#{defect.anchor}"), " ", told_of(defect))
            for defect in defects
        ]
        found.append(unfold("Defects of the paper or of its code that bear on this", items))
    return found


def told_of(defect: errata.Erratum) -> Html:
    """A defect in a sentence."""
    return joined([prose(defect.where), ": ", prose(defect.defect), "; ", prose(defect.effect)])


def unfold(title: str, items: Sequence[Html]) -> Html:
    """A list below a title that opens it."""
    return element("details", element("summary", title), element("ul", *items))


def made(row: Judged) -> Html:
    """What made the numbers: profile, device, days, and where to look further."""
    found, results = row.found, row.results
    parts: list[str] = [link("notebook", f"notebooks/{found.notebook}.ipynb")]
    if results:
        days = sorted({started[:10] for started in results.runs["started"]})
        when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        parts += [
            joined(["profile ", element("code", results.profile.name)]),
            ", ".join(sorted(set(results.runs["device"]))),
            joined(["recorded ", element("time", when, datetime=days[-1])]),
            element("code", run_command(found.name, results.profile.name)),
        ]
    return element("p", joined(parts, " · "), class_="made")


def thumbnail(row: Judged) -> Html:
    """The figure of a claim, small, with a link to it; nothing where none is drawn."""
    name = row.verdict.claim.figure
    file = paths.FIGURES / f"{name}.png"
    if not name or not file.is_file():
        return Html()
    spec = next(spec for spec in row.found.figures() if spec.name == name)
    width, height = png_size(file)
    image = element(
        "img",
        src=f"../figures/{name}.png",
        alt=spec.alt,
        width=width,
        height=height,
        loading="lazy",
        decoding="async",
    )
    return element("a", image, class_="figure", href=f"../figures/{name}.png")


def png_size(file: Path) -> tuple[int, int]:
    """Width and height of a PNG in pixels, from its first header."""
    with open(file, "rb") as stream:
        header = stream.read(24)
    return int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")


def prose(text: str) -> Html:
    """Text in which what stands between backticks is code."""
    return joined(
        [element("code", part) if i % 2 else part for i, part in enumerate(text.split("`"))]
    )
