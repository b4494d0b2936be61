"""Alarms on the dashboard: what they rest on, what somebody does about them, levels that are tried."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
import re

import httpx
import pytest

from aggregation.alerts.alarms import State, alarms, end, notes_of, update_alarms
from aggregation.alerts.causes import grouped
from aggregation.alerts.evidence import (
    CountInputs,
    DriftInputs,
    Inputs,
    MixInputs,
    ReleaseInputs,
    ShareInputs,
    SilenceInputs,
    evidence,
)
from aggregation.alerts.levels import levels
from aggregation.alerts.work import evidence_of_week, settled_week
from aggregation.dashboard.evidence import panels_of
from aggregation.judging.calendar import Allowance
from aggregation.judging.dispersion import Part
from aggregation.judging.releases import Kind
from aggregation.judging.returns import Returning
from aggregation.judging.trend import Weekly
from aggregation.judging.verdicts import Rule, Side
from aggregation.storage.records import KeyScope
from aggregation.weeks import iso_name
from tests.alerts.world import fallen_silent
from tests.dashboard.conftest import SAME_ORIGIN, make_key, opened, signed_in
from tests.dashboard.test_sharing import token
from tests.support import calling, live_server, settings_for

WEEKS = 40


@pytest.fixture
def last(same_day: None) -> int:
    """Return the newest week that has settled, today and until the test ends."""
    return settled_week(datetime.now(UTC))


@pytest.fixture
def silent(database: Path, last: int) -> Path:
    """Make a database in which half of the homes fell silent in the newest settled week."""
    database.write_bytes(fallen_silent(last, WEEKS))
    return database


@pytest.fixture
def visitor(silent: Path) -> Iterator[httpx.Client]:
    """Give a client that is not signed in."""
    with live_server(settings_for(silent)) as url, calling(url, headers=SAME_ORIGIN) as http:
        yield http


@pytest.fixture
def admin(visitor: httpx.Client, silent: Path) -> httpx.Client:
    """Give a client that is signed in with an admin key."""
    return signed_in(visitor, make_key(silent, KeyScope.ADMIN, "chief"))


@pytest.fixture
def reader(visitor: httpx.Client, silent: Path) -> httpx.Client:
    """Give a client that is signed in with a read key."""
    return signed_in(visitor, make_key(silent, KeyScope.READ))


def address(client: httpx.Client) -> str:
    """Return where the only alarm leads to."""
    found = re.findall(r'href="(/dashboard/alarms/\d+)"', client.get("/dashboard/alarms").text)
    assert len(found) == 1
    return str(found[0])


def send(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Send a form of the alarm's page."""
    return client.post(path, data=fields | {"token": token(client, "/dashboard/alarms")})


def test_an_alarm_shows_its_figures_its_history_its_test_and_what_ends_it(
    reader: httpx.Client, last: int
) -> None:
    page = reader.get(address(reader)).text
    assert "<h1>Homes fall silent</h1>" in page
    assert "Homes of the week before that report again: 5" in page
    assert "Share test: beta-binomial" in page
    assert "It ends by itself once two settled weeks are within the bounds again." in page
    assert f'<th scope="row">{iso_name(last)}</th>' in page
    rows = re.findall(r'<th scope="row">\d{4}-W\d\d</th>', page)
    assert len(rows) >= WEEKS - 1
    assert "Not below: " in page


def test_its_evidence_is_judged_again_and_the_same_comes_out(reader: httpx.Client) -> None:
    page = reader.get(f"{address(reader)}?again=1").text
    assert "Judged again, the same comes out for its week, byte for byte." in page


def test_somebody_acknowledges_snoozes_and_notes(admin: httpx.Client, silent: Path, last: int) -> None:
    here = address(admin)
    assert send(admin, f"{here}/notes", text="A provider <b>was</b> away").status_code == 303
    assert send(admin, f"{here}/snooze", weeks="4").status_code == 303
    assert send(admin, f"{here}/acknowledge").headers["location"] == here
    page = admin.get(here).text
    assert "It is acknowledged" in page
    assert f"Nothing is sent of it up to {iso_name(last + 5)}." in page
    assert "A provider &lt;b&gt;was&lt;/b&gt; away" in page
    assert send(admin, f"{here}/snooze", weeks="0").status_code == 303
    assert "Nothing is sent of it" not in admin.get(here).text
    with opened(silent) as there, there.reading() as connection:
        (alarm,) = alarms(connection)
        assert alarm.state is State.ACKNOWLEDGED
        assert [text for _, text in notes_of(connection, alarm.id)] == ["A provider <b>was</b> away"]


def test_one_that_has_ended_says_so_and_is_not_acknowledged(
    admin: httpx.Client, silent: Path, last: int
) -> None:
    here = address(admin)
    with opened(silent) as there, there.writing() as connection:
        end(connection, alarms(connection)[0], last)
    assert "It has ended." in admin.get(here).text
    assert send(admin, f"{here}/acknowledge").status_code == 409
    with opened(silent) as there, there.writing() as connection:
        update_alarms(connection, last, grouped(evidence_of_week(connection, last)))
    page = admin.get(here).text
    assert "It is regressed" in page
    assert "opened\n2 times" in page


def test_a_read_key_only_reads_them(reader: httpx.Client, silent: Path) -> None:
    here = address(reader)
    assert "sign in with an admin key" in reader.get(here).text
    fields = {"weeks": "1", "text": "a", "name": "return", "level": "0.01"}
    for path in (f"{here}/acknowledge", f"{here}/snooze", f"{here}/notes", "/dashboard/alarms/levels"):
        assert send(reader, path, **fields).status_code == 403
    with opened(silent) as there, there.reading() as connection:
        assert levels(connection) == {}


def test_forms_of_other_pages_and_sessions_are_refused(admin: httpx.Client) -> None:
    here = address(admin)
    assert admin.post(f"{here}/acknowledge", data={"token": "x"}).status_code == 403
    fields = {"token": token(admin, "/dashboard/alarms")}
    other = {"Sec-Fetch-Site": "cross-site"}
    assert admin.post(f"{here}/acknowledge", data=fields, headers=other).status_code == 403


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/dashboard/alarms/999/acknowledge", {}, 404),
        ("{here}/snooze", {"weeks": "3"}, 400),
        ("{here}/snooze", {"weeks": "-1"}, 400),
        ("{here}/notes", {"text": ""}, 400),
        ("{here}/notes", {"text": "a\x00b"}, 400),
        ("/dashboard/alarms/levels", {"name": "weather", "level": "0.01"}, 400),
        ("/dashboard/alarms/levels", {"name": "return", "level": "0.5"}, 400),
        ("/dashboard/alarms/levels", {"name": "return", "level": "nan"}, 400),
        ("/dashboard/alarms/levels", {"name": "return", "level": "often"}, 400),
    ],
)
def test_what_there_is_not_is_refused_in_words(
    admin: httpx.Client, path: str, fields: dict[str, str], status: int
) -> None:
    answer = send(admin, path.format(here=address(admin)), **fields)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text


def test_what_a_level_would_have_found_is_told_before_it_is_set(
    admin: httpx.Client, silent: Path, last: int
) -> None:
    path = "/dashboard/alarms/levels"
    tried = admin.get(path, params={"name": "return", "level": "0.1", "weeks": "26"}).text
    found = re.findall(r"With the level 0.1 something would have been found in (\d+) of the last", tried)
    assert int(found[0]) >= 1
    assert f'<tr><th scope="row">{iso_name(last)}</th><td>Homes fall silent' in tried
    off = admin.get(path, params={"name": "return", "level": "0", "weeks": "26"}).text
    assert "With the level 0.0 something would have been found in 0 of the last" in off
    with opened(silent) as there, there.reading() as connection:
        assert levels(connection) == {}
    assert send(admin, path, name="return", level="0.1").status_code == 303
    with opened(silent) as there, there.reading() as connection:
        assert levels(connection) == {"return": 0.1}
    assert send(admin, path, name="return").status_code == 303
    with opened(silent) as there, there.reading() as connection:
        assert levels(connection) == {}


@pytest.mark.parametrize(
    "query", ["name=return&level=x&weeks=26", "name=return&level=0.1&weeks=7", "name=x&level=0.1&weeks=26"]
)
def test_a_level_that_makes_no_sense_is_refused(admin: httpx.Client, query: str) -> None:
    assert admin.get(f"/dashboard/alarms/levels?{query}").status_code == 400


def test_strangers_are_led_to_the_login(visitor: httpx.Client) -> None:
    for path in ("/dashboard/alarms/1", "/dashboard/alarms/levels"):
        assert visitor.get(path).status_code == 303


LONG = 60
EVERY_INPUT: list[tuple[str, Inputs, tuple[str, ...]]] = [
    (
        "errors/print_failed",
        ShareInputs(Rule(Side.HIGH, 1.0), Allowance(), (Part(10, 100),) * LONG, Part(60, 100)),
        ("week", "state", "share", "hits", "homes"),
    ),
    (
        "prints",
        CountInputs(Rule(Side.BOTH, 0.5), Allowance(), (Weekly(500.0, 100.0),) * LONG, Weekly(900, 100), 100),
        ("week", "state", "value", "events", "of"),
    ),
    (
        "country",
        MixInputs(0.001, ({"DE": 50, "US": 50},) * LONG, {"DE": 90, "US": 10}),
        ("value", "before", "now"),
    ),
    (
        "return",
        DriftInputs(tuple(Returning(20, 90, 100) for _ in range(LONG))),
        ("week", "state", "share", "hits", "homes"),
    ),
    (
        "release/2.0.0/print_failed",
        ReleaseInputs({"print_failed": Kind((Part(60, 100),), ((Part(10, 100),),) * 4)}, "print_failed"),
        ("release", "hits", "homes"),
    ),
    ("silence", SilenceInputs(9, 200.0), ("days", "expected")),
]


@pytest.mark.parametrize(("series", "inputs", "columns"), EVERY_INPUT)
def test_every_kind_of_finding_shows_what_it_was_judged_from(
    series: str, inputs: Inputs, columns: tuple[str, ...]
) -> None:
    (panel,) = panels_of([evidence(series, 2900, inputs)])
    assert tuple(column.name for column in panel.columns) == columns
    assert panel.sentence.endswith(".")
    assert panel.by_week == (columns[0] == "week")
    for row in panel.records():
        assert not {None, ""} & {*row.values()}
    if panel.by_week:
        assert len(panel.rows) == 52
        assert panel.rows[-1][:2] == [iso_name(2900), "complete"]
    else:
        assert panel.rows
    if series.startswith("release"):
        assert [row[0] for row in panel.rows] == ["4 before", "3 before", "2 before", "1 before", "this one"]
        assert panel.rows[-1][1:] == [60, 100]
