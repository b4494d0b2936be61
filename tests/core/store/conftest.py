"""A store on a file of its own."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.core.store import Commit, UsageStore

ZONE = ZoneInfo("Europe/Amsterdam")
NOON = 1795345200.0  # 2026-11-22 11:00 UTC


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stats.db"


@pytest.fixture
def commits() -> list[Commit]:
    """Everything that the store told its listener."""
    return []


@pytest.fixture
def store(file: Path, commits: list[Commit]) -> Iterator[UsageStore]:
    store = UsageStore(file, ZONE, commits.append, lambda: NOON)
    store.open(NOON)
    yield store
    store.close()


def completed(at: float = NOON, seconds: int = 3600, printer: str = "p") -> UsageEvent:
    """A print that was completed."""
    data: dict[str, int | bool | str] = {
        "printer_type": "octoprint",
        "duration_seconds": seconds,
        "estimated": True,
    }
    return UsageEvent(type="job_completed", at=at, printer=printer, data=data)
