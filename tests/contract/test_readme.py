"""The README: its commands work as they stand, its tables name what there is."""

import re
import subprocess
import sys

import pytest

from memstudy.core import paths


def readme_commands():
    text = (paths.ROOT / "README.md").read_text(encoding="utf-8")
    lines = "\n".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL)).splitlines()
    return [line.split("#")[0].strip() for line in lines if line.strip()]


def test_every_notebook_stands_in_the_readme():
    table = (paths.ROOT / "README.md").read_text(encoding="utf-8").split("\n## Notebooks\n")[1]
    rows = [line.split("](")[0] for line in table.splitlines() if line.startswith("| [")]
    assert rows == [f"| [{path.stem}" for path in sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb"))]


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
