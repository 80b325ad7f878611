"""What the tests of several files share."""

from __future__ import annotations

from pathlib import Path

import pytest

from toystudy import ToyStudy


@pytest.fixture
def study(tmp_path: Path) -> ToyStudy:
    """A study of its own with one experiment, ``toy``."""
    return ToyStudy(tmp_path / "study")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: one that began last would leave the other processes idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
