"""Settings for nbval: patience on a busy machine, no progress bars, no figures.

Cells that show a figure print nothing that nbval could compare. They are left out: `make unchanged`
draws every figure and compares it to the byte, `make smoke` draws them all from other runs.
"""

import os
import re
import tempfile

import pytest

SHOWS = re.compile(r'(?:\w+\.show\("\w+"\)\s*)+')
OUTPUT_SECONDS = 300  # nbval itself waits 5 s for a cell's output, which a busy machine exceeds


def pytest_configure(config):
    os.environ["MEMSTUDY_QUIET"] = "1"
    os.environ["MEMSTUDY_FIGURES"] = tempfile.mkdtemp(prefix="memstudy-figures-")


def pytest_unconfigure(config):
    import shutil

    shutil.rmtree(os.environ["MEMSTUDY_FIGURES"], ignore_errors=True)


def pytest_collection_modifyitems(items):
    for item in items:
        item.output_timeout = OUTPUT_SECONDS
        if SHOWS.fullmatch(item.cell.source.strip()):
            item.add_marker(pytest.mark.skip(reason="shows a figure"))
