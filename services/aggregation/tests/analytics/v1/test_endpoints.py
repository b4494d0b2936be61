from collections.abc import Callable, Iterator
from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from aggregation.keeping.repository import Repository
from aggregation.keys import new_api_key
from aggregation.storage.records import KeyScope
from tests.databases import make_tables
from tests.support import (
    KEY,
    calling,
    encoded,
    live_server,
    settings_for,
    stay_clear_of_midnight,
    submit,
    wait_until,
)

RECORDED = json.loads((Path(__file__).parents[1].parent / "data" / "v1_stats.json").read_text())
"""The keys of upstream's recorded answers, by path; lists and maps by an example of what they hold."""
MAPS = {"types", "error_types", "breakdown", "percentages", "versions", "features"}
type Get = Callable[[str], httpx.Response]

# They ask a service whose reports are of the day.
pytestmark = pytest.mark.usefixtures("same_day")


@pytest.fixture(scope="module")
def read_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the database of a service that all of these tests ask."""
    path = tmp_path_factory.mktemp("read") / "a.db"
    make_tables(path)
    return path


@pytest.fixture(scope="module")
def get(read_database: Path) -> Iterator[Get]:
    """Give what asks a service that has taken in twelve reports."""
    stay_clear_of_midnight(60)
    repository = Repository.open(f"sqlite:///{read_database}", 1)
    reader_key, row = new_api_key("reader", KeyScope.READ)
    repository.add_api_key(row)
    repository.add_versions(["2.42.0"], datetime.now(UTC).date())
    repository.close()
    with live_server(settings_for(read_database)) as url, calling(url) as client:
        for mode in ("docker", "pi", "homeassistant") * 4:
            today = f"{datetime.now(UTC).date()}T00:00:00Z"
            period = {"period.start": today, "period.end": today.replace("T00", "T23")}
            body = encoded(period | {"installation.deployment_mode": mode, "usage_stats.uptime_hours": 1})
            assert submit(client, body).status_code == 200
        headers = {"X-API-Key": reader_key}
        wait_until(lambda: client.get("/health/ready").json()["fold_lag"] == 0)
        yield lambda path: client.get(path, headers=headers)


def shape(value: Any, name: str = "") -> Any:
    """Return the keys of an answer; of a list or a map of values what its first entry is like."""
    if name == "anomalies" and isinstance(value, list):
        return sorted({"type", "severity", "message"} & value[0].keys()) if value else []
    if isinstance(value, list):
        return [shape(value[-1])] if value else []
    if isinstance(value, dict) and name in MAPS:
        return [shape(item) for item in value.values()][:1]
    if isinstance(value, dict):
        return {key: shape(item, key) for key, item in value.items()}
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )


@pytest.mark.parametrize("path", RECORDED)
def test_shapes_of_protocol_1(get: Get, path: str) -> None:
    answer = get(path)
    assert answer.status_code == 200
    assert shape(answer.json()) == RECORDED[path]


def test_numbers_of_protocol_1(get: Get) -> None:
    overview = get("/stats/overview").json()
    assert overview["deployment_modes"]["breakdown"] == {"docker": 4, "homeassistant": 4, "pi": 4}
    assert overview["installations"]["active_7d"] == overview["installations"]["total"] == 12
    assert overview["printers"]["types"] == {"bambu_lab": 24, "prusa": 12}
    assert overview["versions"]["latest_version"] == "2.42.0"


def test_weekly_with_a_filter(get: Get) -> None:
    week = datetime.now(UTC).date().isocalendar()
    answer = get("/stats/weekly?metric=deployment_mode&scope=printer_type&scope_value=prusa&weeks=2").json()
    assert answer["weeks"][-1] == {
        "week": f"{week.year}-W{week.week:02}",
        "values": {"docker": 4, "homeassistant": 4, "pi": 4},
        "complete": False,
    }
    assert get("/stats/weekly?metric=active&scope=country&scope_value=FR").json()["weeks"][-1]["values"] == {}
    last = get("/stats/activity?weeks=1").json()["weeks"]
    numbers = {"active": 12, "active_4w": 12, "active_13w": 12, "new": 12}
    medians = {"median_prints": 16, "median_hours": None, "middle_success": None}
    assert last[0] | {"week": ""} == {"week": "", "complete": False, **numbers, **medians}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("installations?days=abc", "days"),
        ("installations?days=9999999999", "days"),
        ("versions?limit=1.5", "limit"),
        ("weekly", "metric"),
        ("weekly?metric=installation_id", "metric"),
        ("weekly?metric=active&scope=installation", "scope"),
        ("activity?weeks=0", "weeks"),
    ],
)
def test_wrong_question(get: Get, query: str, field: str) -> None:
    answer = get(f"/stats/{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", field]


def test_database_is_away(get: Get, read_database: Path) -> None:
    away = read_database.rename(read_database.with_suffix(".gone"))
    answer = get("/stats/overview")
    away.rename(read_database)
    assert (answer.status_code, answer.json()) == (503, {"detail": "Storage is unavailable"})
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", ["/stats/summary", "/stats/weekly?metric=active", "/stats/export"])
def test_key_of_clients_may_not_read(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 403
    assert client.get(path, headers={"X-API-Key": KEY}).status_code == 403
    assert client.get(path, headers={"X-API-Key": "wrong"}).status_code == 401
