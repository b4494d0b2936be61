"""What Printernizer's own client sends, word for word: the last seven days to the microsecond."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from aggregation.storage.engine import Database
from tests.made import rollups
from tests.support import KEY, START, wait_until

THURSDAY = datetime.fromtimestamp(START, UTC).replace(tzinfo=None) + timedelta(days=3, hours=12)
"""Seven days that end before it are about the week before, later ones about the next."""
FEATURES = {
    "library_enabled": True,
    "timelapse_enabled": False,
    "auto_job_creation_enabled": True,
    "german_compliance_enabled": True,
    "watch_folders_enabled": False,
}


def body(installation: str, now: datetime, jobs: int = 23, errors: int = 3) -> dict[str, Any]:
    """Return what it sends at a moment: naive UTC; of errors the sum only; no printers."""
    return {
        "schema_version": "1.0",
        "submission_timestamp": now.isoformat(),
        "installation": {
            "installation_id": installation,
            "first_seen": (now - timedelta(days=30, microseconds=7)).isoformat(),
            "app_version": "2.42.0",
            "python_version": "3.11.7",
            "platform": "linux",
            "deployment_mode": "docker",
            "country_code": "DE",
        },
        "period": {
            "start": (now - timedelta(days=7)).isoformat(),
            "end": now.isoformat(),
            "duration_days": 7,
        },
        "printer_fleet": {"printer_count": 0, "printer_types": [], "printer_type_counts": {}},
        "usage_stats": {
            "job_count": jobs,
            "file_count": 18,
            "upload_count": 5,
            "uptime_hours": 134,
            "feature_usage": FEATURES,
        },
        "error_summary": {"total_errors": errors},
    }


def send(client: httpx.Client, report: dict[str, Any]) -> None:
    """Send a report as it does; what it takes for a success is a 200."""
    headers = {"X-API-Key": KEY, "User-Agent": "Python/3.11 aiohttp/3.9.1"}
    answer = client.post("/submit", json=report, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "success"


def counted(client: httpx.Client, database: Path) -> dict[str, int]:
    """Return the sums of all homes, all weeks together, once nothing waits."""
    wait_until(lambda: client.get("/health/ready").json()["fold_lag"] == 0)
    sums: dict[str, int] = {}
    with closing(Database(f"sqlite:///{database}", 5)) as opened:
        for key, each in rollups(opened).items():
            if key.scope == "all":
                for name, amount in each.items():
                    sums[name] = sums.get(name, 0) + amount
    return sums


def test_everything_that_it_sends_is_counted_under_its_name(client: httpx.Client, database: Path) -> None:
    send(client, body(str(uuid4()), THURSDAY - timedelta(hours=2, microseconds=123)))
    sums = counted(client, database)
    assert {name: sums[f"usage:{name}"] for name in ("job_count", "file_count", "upload_count")} == {
        "job_count": 23,
        "file_count": 18,
        "upload_count": 5,
    }
    assert {name for name in sums if name.startswith("feature_on:")} == {
        f"feature_on:{name}" for name, enabled in FEATURES.items() if enabled
    }
    assert {name for name in sums if name.startswith("feature_off:")} == {
        f"feature_off:{name}" for name, enabled in FEATURES.items() if not enabled
    }
    assert {name for name in sums if name.startswith("errors:")} == {"errors:other_error"}, "no kind is told"
    assert sums["errors:other_error"] == 3


def test_no_errors_are_none_of_any_kind(client: httpx.Client, database: Path) -> None:
    send(client, body(str(uuid4()), THURSDAY, errors=0))
    sums = counted(client, database)
    assert not [name for name in sums if name.startswith(("errors:", "error_homes:"))]
    assert sums["error_reporting:"] == 1


@pytest.mark.parametrize("before", [timedelta(minutes=90), timedelta(days=2)])
@pytest.mark.parametrize("tries", [1, 2, 5])
def test_answers_that_are_lost_count_once_also_over_a_monday(
    client: httpx.Client, database: Path, tries: int, before: timedelta
) -> None:
    """It asks hourly whether a week is over, and only an answer that it gets begins the next one."""
    installation = str(uuid4())
    moments = [THURSDAY - before + timedelta(hours=number, microseconds=number) for number in range(tries)]
    for now in moments:
        send(client, body(installation, now))
    sums = counted(client, database)
    assert (sums["usage:job_count"], sums["usage:file_count"], sums["errors:other_error"]) == (23, 18, 3)
    assert (sums["usage_homes:"], sums["first_report:"]) == (1, 1)


def test_the_next_week_counts_in_full_after_lost_answers(client: httpx.Client, database: Path) -> None:
    installation = str(uuid4())
    first = THURSDAY - timedelta(days=7, minutes=30)
    for now in (first, first + timedelta(hours=1), first + timedelta(days=7, hours=1)):
        send(client, body(installation, now))
    sums = counted(client, database)
    assert (sums["usage:job_count"], sums["usage_homes:"], sums["first_report:"]) == (46, 2, 1)
