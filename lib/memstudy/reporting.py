"""Computes all verdicts from recorded runs and writes them where people look.

Some files are generated, and a test keeps them equal to what the recorded runs say:

- ``data/results/verdicts.csv``: the ledger, one row a claim; the overview notebook shows it;
- ``figures/index.csv``: which notebook, experiment and paper figure a figure belongs to;
- ``README.md``: the blocks between its markers;
- ``reports/index.html``: all verdicts on one page (:mod:`memstudy.page`);
- ``benchmarks/README.md``: from the records of benchmarks (:mod:`memstudy.benchmarking`).
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import pandas as pd

from memstudy import errata, runner, study
from memstudy.benchmarking import page as benchmarks
from memstudy.core import claims, experiment, paths
from memstudy.core.errors import UsageError
from memstudy.core.store import run_command
from memstudy.core.writing import write_if_changed
from memstudy.page.document import document
from memstudy.page.judged import Judged

README = paths.ROOT / "README.md"
LEDGER = paths.RESULTS / "verdicts.csv"
FIGURE_INDEX = paths.FIGURES / "index.csv"
PAGE = paths.ROOT / "reports" / "index.html"
# Beginning and end of each generated block of the README.
TALLY = "<!-- tally: begin (generated) -->", "<!-- tally: end -->"
RESULTS = "<!-- results: begin (generated) -->", "<!-- results: end -->"
WITH_T = "all, if [Student's t](#how-to-read-a-verdict) must agree"  # last line of the tally
PREFERENCE = ("paper", "gpu", "cpu")  # the best recorded profile speaks for an experiment


def write(check: bool = False, judged: Iterable[Judged] | None = None) -> list[str]:
    """Bring the generated files up to date.

    Args:
        check: change nothing.
        judged: all verdicts, where they have just been computed; None: they are computed now.

    Returns:
        The files that were (or with ``check`` would be) changed.

    Raises:
        UsageError: recorded runs that cannot be trusted, or a README without its markers.
    """
    judged = list(verdicts() if judged is None else judged)
    table = as_ledger(judged)
    contents = {
        LEDGER: as_csv(table),
        FIGURE_INDEX: as_csv(figure_index()),
        README: readme_with(table, README.read_text(encoding="utf-8")),
        PAGE: document(judged),
        benchmarks.README: benchmarks.readme(),
    }
    changed = []
    for path, text in contents.items():
        if check:
            differs = not path.is_file() or path.read_bytes() != text.encode()
        else:
            differs = write_if_changed(path, text.encode())
        if differs:
            changed.append(paths.shown(path))
    return changed


def verdicts() -> Iterable[Judged]:
    """Every claim of every experiment, judged."""
    for found in experiment.load_all():
        results = best_results(found)
        if results is None:
            reason = f"no profile is recorded; record it with: {run_command(found.name, 'cpu')}"
            judged = [claims.not_attempted(claim, reason) for claim in found.claims]
        else:
            judged = results.verdicts()
        for verdict in judged:
            yield Judged(found, results, verdict)


def as_ledger(judged: Iterable[Judged]) -> pd.DataFrame:
    """The ledger: one row a claim of every experiment, with its computed verdict."""
    known = errata.read()
    return pd.DataFrame([ledger_row(row, known) for row in judged])


def best_results(found: experiment.Experiment) -> study.Results | None:
    """Results of the most telling profile that is recorded completely, or None."""
    for profile in PREFERENCE:
        if profile not in found.profiles:
            continue
        units = experiment.select_units(found, profile)
        store = runner.places(found.profile(profile)).store
        recorded = store.complete(profile, units)
        if recorded is not None:
            return study.assembled(found, profile, recorded)
    return None


def ledger_row(row: Judged, known: dict[str, errata.Erratum]) -> dict[str, Any]:
    """A claim as the ledger has it."""
    found, results = row.found, row.results
    claim, evidence = row.verdict.claim, row.verdict.evidence
    return {
        "id": claim.id,
        "paper": claim.paper,
        "where": claim.where,
        "claim": claim.statement,
        "paper_value": claim.paper_value,
        "ours": evidence.ours if evidence else "",
        "n": evidence.n if evidence else 0,
        "profile": results.profile.name if results else "",
        "device": ", ".join(sorted(set(results.runs["device"]))) if results else "",
        "verdict": row.verdict.status,
        "cautious": row.verdict.cautious,
        "reason": row.verdict.reason,
        "rule": claim.rule,
        "corrections": "; ".join(claim.corrections),
        "errata": ", ".join(defect.id for defect in errata.concerning(claim.id, known)),
        "notebook": found.notebook,
        "figure": claim.figure,
    }


def figure_index() -> pd.DataFrame:
    """One row a figure: notebook, experiment, counterpart in the paper, alternative text."""
    rows = [
        {
            "figure": spec.name,
            "notebook": found.notebook,
            "experiment": found.name,
            "counterpart": spec.counterpart,
            "alt": spec.alt,
        }
        for found in experiment.load_all()
        for spec in found.figures()
    ]
    return pd.DataFrame(rows)


def as_csv(table: pd.DataFrame) -> str:
    """A table as CSV with Unix line ends."""
    stream = io.StringIO()
    table.to_csv(stream, index=False, lineterminator="\n")
    return stream.getvalue()


def readme_with(table: pd.DataFrame, readme: str) -> str:
    """The README with its generated blocks rewritten.

    Raises:
        UsageError: markers are missing or in the wrong order.
    """
    return with_block(with_block(readme, TALLY, tally(table)), RESULTS, every_claim(table))


def with_block(readme: str, markers: tuple[str, str], block: str) -> str:
    """The README with another block between two markers; raises as :func:`readme_with`."""
    before, begin, rest = readme.partition(markers[0])
    _, end, after = rest.partition(markers[1])
    if not begin or not end:
        raise UsageError(f"README.md needs the lines {' and '.join(markers)}, in this order")
    return f"{before}{begin}\n\n{block}\n{end}{after}"


def tally(table: pd.DataFrame) -> str:
    """How many claims of each paper have which verdict, and all with Student's t, in Markdown."""
    given = table[["verdict", "cautious"]]
    found = [status for status in claims.STATUSES if (given == status).any(axis=None)]
    groups = [(name, part["verdict"]) for name, part in table.groupby("paper", sort=False)]
    groups += [("**all**", given["verdict"]), (WITH_T, given["cautious"])]
    rows = [(name, *(str((part == status).sum()) for status in found)) for name, part in groups]
    return study.markdown_table(("claims", *found), rows)


def every_claim(table: pd.DataFrame) -> str:
    """All claims in Markdown: identifiers lead to notebooks, verdicts to figures."""
    head = ("claim", "what it says", "paper's value", "ours", "verdict")
    return study.markdown_table(head, map(readme_row, table.to_dict("records")))


def readme_row(row: dict[str, Any]) -> tuple[str, ...]:
    """A claim as the README has it."""
    where = f"[{row['id']}](notebooks/{row['notebook']}.ipynb)<br>{row['paper']}, {row['where']}"
    ours = f"{row['ours']} (n = {row['n']})" if row["n"] else row["ours"]
    verdict = f"**{row['verdict']}**"
    if row["figure"]:
        verdict = f"[{verdict}](figures/{row['figure']}.png)"
    if row["cautious"] != row["verdict"]:
        verdict += f"<br>with Student's t: {row['cautious']}"
    if row["profile"]:
        verdict += f"<br>profile `{row['profile']}`"
    return where, row["claim"], row["paper_value"], ours, verdict
