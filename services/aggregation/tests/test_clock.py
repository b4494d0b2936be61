"""Wrong clocks: nothing is removed by one that is ahead, and no report is lost to one that is behind."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
import logging
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from aggregation import BUILT
from aggregation.clock import Clock, ClockState
from aggregation.ingest import service
from aggregation.keeping.writer import Writer
from aggregation.rollups.retention import Purged, purge
from aggregation.storage.engine import Database
from aggregation.storage.records import Retention
from aggregation.storage.schema import SUBMISSIONS
from aggregation.weeks import monday
from tests.made import WEEK, count, folded, made
from tests.support import ID, calling, day, encoded, live_server, settings_for, submit

TODAY = monday(WEEK + 1) + timedelta(days=2)
YEAR = timedelta(days=365)

type SetClock = Callable[[timedelta], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Return what sets the clock that reports are judged by, as an offset to the right one."""

    def shift(offset: timedelta) -> None:
        class Shifted(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.now(tz) + offset

        monkeypatch.setattr(service, "datetime", Shifted)

    return shift


def purged(storage: Database, today: date, *, trusted: bool = False) -> Purged:
    return purge(storage, Retention(), today, trusted=trusted)


@pytest.mark.parametrize("ahead", [timedelta(days=420), 3 * YEAR, 10 * YEAR])
def test_a_clock_ahead_removes_nothing(storage: Database, ahead: timedelta) -> None:
    folded(storage, *(made("a", WEEK - number) for number in (0, 1, 20, 50)))
    assert purged(storage, TODAY) == Purged(raw=0, ids=0)
    wrong = purged(storage, TODAY + ahead)
    assert wrong == Purged(raw=0, ids=0)
    assert wrong.held_days >= ahead.days - 7
    assert count(storage, SUBMISSIONS) == 4
    assert purged(storage, TODAY) == Purged(raw=0, ids=0)


def test_one_report_from_the_future_moves_the_purge_by_a_few_weeks_at_most(storage: Database) -> None:
    folded(storage, *(made(f"h{number}", WEEK - number) for number in range(57)))
    purged(storage, TODAY)
    folded(storage, made("wrong clock", WEEK + 60))
    assert purged(storage, TODAY + timedelta(weeks=61)).ids <= 6


def test_a_right_clock_catches_up_after_a_long_rest(storage: Database) -> None:
    folded(storage, made("a", WEEK - 60), made("b", WEEK - 40))
    purged(storage, monday(WEEK - 39))
    folded(storage, made("c"))
    counts = [purged(storage, TODAY + timedelta(days=number)).ids for number in range(10)]
    assert (sum(counts), counts[-1]) == (1, 0)


def test_a_person_can_vouch_for_the_clock(storage: Database) -> None:
    folded(storage, made("a"))
    assert purged(storage, TODAY + 2 * YEAR, trusted=True).ids == 1


def test_a_person_can_vouch_for_a_clock_that_was_ahead_before(storage: Database) -> None:
    clock, newest = Clock(storage.reading), WEEK + 30
    today = TODAY + timedelta(weeks=30)
    folded(storage, made("a", newest), made("wrong clock", newest + 60))
    clock.load()
    assert clock.state(today) is ClockState.BEHIND
    purged(storage, today, trusted=True)
    clock.load()
    assert (clock.state(today), clock.days_ahead(today)) == (ClockState.PLAUSIBLE, 0)
    assert clock.state(today + timedelta(weeks=60)) is ClockState.AHEAD
    folded(storage, made("b", newest + 10))
    clock.load()
    assert clock.state(today) is ClockState.BEHIND


def test_a_purge_that_is_held_is_logged(storage: Database, caplog: pytest.LogCaptureFixture) -> None:
    folded(storage, made("a"))
    with caplog.at_level(logging.WARNING):
        Writer(storage).purge(TODAY)
        assert not caplog.messages
        Writer(storage).purge(TODAY + 3 * YEAR)
    assert "no report supports" in caplog.text
    caplog.clear()


def test_the_newest_week_judges_the_clock(storage: Database) -> None:
    clock = Clock(storage.reading)
    assert [clock.state(BUILT + offset) for offset in (-timedelta(days=1), timedelta(0), YEAR)] == [
        ClockState.BEHIND, ClockState.PLAUSIBLE, ClockState.PLAUSIBLE,
    ]  # fmt: skip
    newest = WEEK + 30
    folded(storage, made("a", newest))
    clock.load()
    offsets = {
        -200: ClockState.BEHIND,
        0: ClockState.PLAUSIBLE,
        20: ClockState.PLAUSIBLE,
        60: ClockState.AHEAD,
    }
    found = {number: clock.state(monday(newest + 1) + timedelta(days=number)) for number in offsets}
    assert found == offsets
    assert clock.days_ahead(monday(newest + 1) + timedelta(days=7)) == 1


def test_a_clock_before_the_build_lets_clients_try_again(client: httpx.Client, set_clock: SetClock) -> None:
    body = encoded()
    set_clock(BUILT - YEAR - datetime.now(UTC).date())
    answer = submit(client, body)
    assert (answer.status_code, int(answer.headers["retry-after"])) == (503, 3600)
    assert answer.json() == {"detail": service.CLOCK_BEHIND}
    set_clock(timedelta(0))
    assert submit(client, body).status_code == 200


def test_a_period_in_the_future_is_tried_again(client: httpx.Client, set_clock: SetClock) -> None:
    moment = int(datetime.now(UTC).timestamp()) + 30 * 86400
    body = encoded({ID: str(uuid4()), "period.start": day(moment), "period.end": day(moment + 7 * 86400)})
    answer = submit(client, body)
    assert (answer.status_code, int(answer.headers["retry-after"])) == (503, 3600)
    wrong = encoded({"period.start": day(moment), "period.end": day(moment + 7 * 86400), ID: "no id"})
    assert submit(client, wrong).status_code == 422
    set_clock(timedelta(days=37))
    assert submit(client, body).status_code == 200


def test_what_is_too_old_is_refused_only_by_a_clock_that_reports_support(
    database: Path, set_clock: SetClock
) -> None:
    settings = settings_for(database)
    with live_server(settings) as url, calling(url) as client:
        assert submit(client, encoded()).status_code == 200
    with live_server(settings) as url, calling(url) as client:
        start = int(datetime.now(UTC).timestamp()) - 500 * 86400
        old = encoded({"period.start": day(start), "period.end": day(start + 7 * 86400)})
        assert submit(client, old).status_code == 422
        set_clock(3 * YEAR)
        assert submit(client, encoded()).status_code == 503


def test_readiness_and_metrics_tell_of_the_clock(client: httpx.Client) -> None:
    assert client.get("/health/ready").json()["clock"] == "plausible"
    assert "aggregation_clock_ahead_seconds 0.0" in client.get("/metrics").text
