"""Settings for nbval: patience on a busy machine, no progress bars, figures kept elsewhere."""

import os
import tempfile

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
