"""Stores that exports come from and go to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from custom_components.printernizer_stats.core.store import UsageStore

from .filled import open_store
from .importer import Open


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Open as many stores as a test needs, by name."""
    stores: list[UsageStore] = []

    def open_one(name: str) -> UsageStore:
        stores.append(open_store(tmp_path / f"{name}.db"))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()
