"""What the tests of several files share."""

from __future__ import annotations

from pathlib import Path

import pytest

from toystudy import ToyStudy


@pytest.fixture
def study(tmp_path: Path) -> ToyStudy:
    """A study of its own with one experiment, ``toy``."""
    return ToyStudy(tmp_path / "study")
