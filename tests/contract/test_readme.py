"""The README: its commands work as they stand, its tables name what there is."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from memstudy import reporting
from memstudy.core import paths

README = reporting.README.read_text(encoding="utf-8")


def readme_commands():
    lines = "\n".join(re.findall(r"```bash\n(.*?)```", README, re.DOTALL)).splitlines()
    return [line.split("#")[0].strip() for line in lines if line.strip()]


def test_every_notebook_stands_in_the_readme():
    table = README.split("\n## Notebooks\n")[1].split("\n## ")[0]
    rows = [line.split("](")[0] for line in table.splitlines() if line.startswith("| [")]
    assert rows == [f"| [{path.stem}" for path in sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb"))]


def test_the_tally_counts_every_claim_once():
    table = pd.read_csv(reporting.LEDGER, keep_default_na=False)
    block = README.split(reporting.TALLY[0])[1].split(reporting.TALLY[1])[0]
    rows = [line.strip("| ").split(" | ") for line in block.strip().splitlines()]
    head, _, *papers, whole, cautious = rows
    counts = np.array([[int(cell) for cell in row[1:]] for row in papers])
    assert counts.sum() == len(table)
    assert counts.sum(axis=0).tolist() == [int(cell) for cell in whole[1:]]
    for row, found in zip(papers, counts, strict=True):
        for status, count in zip(head[1:], found, strict=True):
            assert ((table.paper == row[0]) & (table.verdict == status)).sum() == count
    for status, count in zip(head[1:], cautious[1:], strict=True):
        assert (table.cautious == status).sum() == int(count)


def test_every_claim_stands_in_the_readme_with_its_notebook_and_figure():
    table = pd.read_csv(reporting.LEDGER, keep_default_na=False)
    block = README.split(reporting.RESULTS[0])[1].split(reporting.RESULTS[1])[0]
    for row in table.to_dict("records"):
        (line,) = [each for each in block.splitlines() if each.startswith(f"| [{row['id']}](")]
        assert f"notebooks/{row['notebook']}.ipynb" in line and f"**{row['verdict']}**" in line
        assert not row["figure"] or f"figures/{row['figure']}.png" in line


def test_what_the_readme_leads_to_is_there():
    places = re.findall(r"\]\(([^)#:]+)\)|(?:href|src)=\"([^\"]+)\"", README)
    assert len(places) > 60
    for place in map("".join, places):
        assert (paths.ROOT / place).exists(), place


def test_the_make_targets_of_the_readme_exist():
    for command in readme_commands():
        if command.startswith("make "):
            answer = subprocess.run([*command.split(), "-n"], cwd=paths.ROOT, capture_output=True)
            assert answer.returncode == 0, command


@pytest.mark.slow
def test_the_commands_of_the_readme_work(tmp_path):
    """As they stand, but at profile smoke and with their folders below a temporary one."""
    commands = [c for c in readme_commands() if c.startswith("python -m memstudy")]
    assert len(commands) >= 4
    for command in commands:
        words = command.replace("gpu", "smoke").split()[1:]
        words = [re.sub(r"^(/tmp/)?(mine|records)", f"{tmp_path}/\\2", word) for word in words]
        if words[2] == "import":
            words += ["--into", str(tmp_path / "filed")]
        answer = subprocess.run(
            [sys.executable, *words], cwd=paths.ROOT, capture_output=True, text=True
        )
        assert answer.returncode == 0, f"{command}: {answer.stderr}"
