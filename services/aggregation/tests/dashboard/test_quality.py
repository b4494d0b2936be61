"""What the service refuses, folds and drops is kept by week, and the page of the data's quality shows it."""

from pathlib import Path
from typing import Any

import pytest

from aggregation.ingest.counting import Intake
from aggregation.metrics import Metrics
from aggregation.rollups import bounds
from aggregation.storage.engine import Database
from aggregation.storage.intake import add_intake, intake
from aggregation.storage.migrate import migrate
from aggregation.storage.records import KeyScope
from tests.dashboard.conftest import SAME_ORIGIN, make_key, opened, signed_in
from tests.dashboard.test_pages import panels
from tests.support import ID, calling, encoded, live_server, settings_for, submit


def test_what_came_to_the_door_is_on_the_page_also_after_a_restart(same_day: None, database: Path) -> None:
    with live_server(settings_for(database)) as url, calling(url) as http:
        same = {ID: "5bd6ba9b-7ae2-4a36-a09b-0c7bf3b5c6ee"}
        assert submit(http, encoded(same)).status_code == 200
        assert submit(http, encoded(same)).status_code == 200
        other = encoded(same | {"usage_stats.uptime_hours": 3})
        refused = [submit(http, body).status_code for body in (other, b"{")]
        refused.append(submit(http, encoded(), **{"X-API-Key": "x"}).status_code)
        assert submit(http, encoded({"installation.country_code": "Q1"})).status_code == 200
    key = make_key(database, KeyScope.READ)
    with live_server(settings_for(database)) as url, calling(url, headers=SAME_ORIGIN) as http:
        found = panels(signed_in(http, key), "quality")
    assert found["door"]["rows"][-1] | {"week": ""} == {
        "week": "",
        "state": "running",
        "new": 2,
        "same": 1,
        "refused": 3,
        "apart": 0,
    }
    told = {row["reason"]: (row["became"], row["times"]) for row in found["reasons"]["rows"]}
    assert told["country that the dictionary does not have"] == ("counted as other", 1)
    assert min(refused) >= 400
    assert sum(times for became, times in told.values() if became == "refused") == 3
    assert found["door"]["sentence"].startswith("3 submissions were refused")


def test_counts_add_up_by_week(storage: Database) -> None:
    with storage.writing() as connection:
        add_intake(connection, 5, {"new": 2, "refused_422": 1})
        add_intake(connection, 5, {"new": 3})
        add_intake(connection, 6, {"new": 1})
    with storage.reading() as connection:
        assert {week: dict(counts) for week, counts in intake(connection, 5, 6).items()} == {
            5: {"new": 5, "refused_422": 1},
            6: {"new": 1},
        }


def test_what_cannot_be_written_waits_for_the_next_time(same_day: None, tmp_path: Path) -> None:
    metrics = Metrics(lambda: 0, lambda: 0)
    with opened(tmp_path / "a.db") as database:
        counting = Intake(metrics, database.writing)
        metrics.count_report("2.0", "new")
        counting.keep()
        migrate(database)
        metrics.count_report("2.0", "new")
        metrics.observe("/submit", 422, 0.1)
        metrics.observe("/stats", 422, 0.1)
        counting.keep()
        counting.keep()
        with database.reading() as connection:
            (found,) = intake(connection, 0, 10_000).values()
    assert dict(found) == {"new": 2, "refused_422": 1}


@pytest.mark.parametrize(
    ("told", "clipped"),
    [
        ({"job_count": 24}, []),
        ({"job_count": 25}, ["bounded"]),
        ({"job_count": 10**6}, ["impossible", "bounded"]),
    ],
)
def test_who_counts_for_less_than_it_tells_is_counted(told: dict[str, Any], clipped: list[str]) -> None:
    row = dict.fromkeys(bounds.USAGE, 0) | {
        "period_start": 0,
        "period_end": 7 * 86_400,
        "protocol": "2.0",
        "printer_count": 1,
        **told,
    }
    usage = bounds.week_usage([row])
    assert bounds.clipped([row], usage, bounds.capped_usage(usage)) == clipped
