from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
import sys
from typing import Any

import httpx
import pytest

from aggregation.alerts.work import settled_week
from aggregation.keys import new_api_key
from aggregation.storage.keys import add_api_key
from aggregation.storage.migrate import opened
from aggregation.storage.records import KeyScope
from aggregation.weeks import iso_name
from tests.alerts.world import fallen_silent
from tests.support import calling, live_server, settings_for

HOME = Path(__file__).parents[4] / "custom_components" / "printernizer_stats" / "core" / "fleet"
READ, ADMIN = "read", "admin"


@pytest.fixture
def keys(same_day: None, database: Path) -> dict[str, str]:
    """Keys of a database in which homes have fallen silent."""
    found = {}
    database.write_bytes(fallen_silent(settled_week(datetime.now(UTC)), 40))
    with closing(opened(f"sqlite:///{database}", 5.0)) as storage, storage.writing() as connection:
        for name in (READ, ADMIN):
            found[name], row = new_api_key(name, KeyScope(name))
            add_api_key(connection, row)
    return found


@pytest.fixture
def api(keys: dict[str, str], database: Path) -> Iterator[httpx.Client]:
    with live_server(settings_for(database)) as url, calling(url) as client:
        client.headers["X-API-Key"] = keys[ADMIN]
        yield client


def number(api: httpx.Client) -> int:
    return int(api.get("/alarms").json()[0]["id"])


def test_alarms_are_told_with_titles_and_weeks(same_day: None, api: httpx.Client) -> None:
    (alarm,) = api.get("/alarms").json()
    assert alarm["title"] == "Homes fall silent"
    assert alarm["opened"] == alarm["last"] == iso_name(settled_week(datetime.now(UTC)))


def test_a_maintainer_s_home_assistant_reads_what_is_answered(
    same_day: None, api: httpx.Client, keys: dict[str, str]
) -> None:
    """With the integration's own code, which needs no Home Assistant for it, and a key that may only read."""
    spec = spec_from_file_location("fleet_figures", HOME / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    home: Any = module_from_spec(spec)
    sys.modules[spec.name] = home
    spec.loader.exec_module(home)
    api.headers["X-API-Key"] = keys[READ]
    paths = ("/stats/summary", "/stats/installations?days=8", "/stats/versions?limit=1", "/alarms")
    summary, homes, versions, alarms = (api.get(path).json() for path in paths)
    found = home.figures(summary, homes, versions, home.alarms(alarms))
    assert found.active == homes["active_30d"]
    assert found.newest_version == versions["latest_version"]
    (alarm,) = found.open_alarms
    assert (alarm.title, alarm.since) == ("Homes fall silent", iso_name(settled_week(datetime.now(UTC))))
    assert home.text(api.get(f"/alarms/{alarm.number}").json()).startswith("Homes of the week before")


def test_an_alarm_shows_its_evidence_and_replays_to_the_same(same_day: None, api: httpx.Client) -> None:
    found = api.get(f"/alarms/{number(api)}").json()
    (week,) = found["weeks"]
    assert week["sentences"][0].startswith("Homes of the week before that report again")
    assert week["evidence"][0]["inputs"]["type"] == "share"
    assert found["ends"].startswith("It ends by itself")
    assert [each["is_same"] for each in api.get(f"/alarms/{number(api)}/replay").json()] == [True]


def test_everything_that_is_watched_is_told(same_day: None, api: httpx.Client) -> None:
    found = api.get("/alarms/watched").json()
    said = {(each["series"], each["test"]): each["change"] for each in found}
    assert said["return", "share"] == "fallen"
    assert said["return", "drift"] == "usual"
    assert {("prints", "count"), ("country", "mix"), ("errors/print_failed", "share")} <= said.keys()


def test_somebody_acknowledges_snoozes_wakes_and_notes(same_day: None, api: httpx.Client) -> None:
    path = f"/alarms/{number(api)}"
    assert api.post(f"{path}/acknowledge").json()["alarm"]["state"] == "acknowledged"
    assert api.post(f"{path}/snooze", json={"weeks": 2}).json()["alarm"]["snoozed_until"] is not None
    assert api.post(f"{path}/snooze", json={"weeks": 0}).json()["alarm"]["snoozed_until"] is None
    noted = api.post(f"{path}/notes", json={"note": "It was the proxy"}).json()
    assert [each["note"] for each in noted["notes"]] == ["It was the proxy"]


def test_a_key_that_reads_changes_nothing(same_day: None, api: httpx.Client, keys: dict[str, str]) -> None:
    path = f"/alarms/{number(api)}"
    reading = {"X-API-Key": keys[READ]}
    assert api.get(path, headers=reading).status_code == 200
    for change, body in (("acknowledge", None), ("snooze", {"weeks": 1}), ("notes", {"note": "x"})):
        assert api.post(f"{path}/{change}", json=body, headers=reading).status_code == 403
    level = api.put("/alarms/watched/levels/return", json={"level": 0.0}, headers=reading)
    assert level.status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/alarms/99/acknowledge", None, 410),
        ("/alarms/99/notes", {"note": "x"}, 410),
        ("/alarms/1/snooze", {"weeks": 1000}, 422),
        ("/alarms/1/notes", {"note": ""}, 422),
        ("/alarms/1/notes", {"note": "x" * 2001}, 422),
    ],
)
def test_what_cannot_be_done_is_refused(
    api: httpx.Client, path: str, body: dict[str, object] | None, status: int
) -> None:
    assert api.post(path, json=body).status_code == status


def test_a_level_is_tried_on_the_past_before_it_is_saved(same_day: None, api: httpx.Client) -> None:
    week = iso_name(settled_week(datetime.now(UTC)))
    assert [each["week"] for each in api.get("/alarms/past", params={"weeks": 1}).json()] == [week]
    off: dict[str, str | int] = {"weeks": 1, "name": "return", "level": 0}
    assert not any("homes" in each["causes"] for each in api.get("/alarms/past", params=off).json())
    assert api.get("/alarms/watched/levels").json() == {}
    assert api.put("/alarms/watched/levels/return", json={"level": 0.02}).json() == {"return": 0.02}
    assert api.put("/alarms/watched/levels/return", json={"level": None}).json() == {}


@pytest.mark.parametrize(("name", "level"), [("weather", 0.01), ("return", 0.5)])
def test_levels_that_make_no_sense_are_refused(api: httpx.Client, name: str, level: float) -> None:
    assert api.put(f"/alarms/watched/levels/{name}", json={"level": level}).status_code == 422
    assert api.get("/alarms/past", params={"name": name, "level": level}).status_code == 422
