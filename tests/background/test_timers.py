"""What the clock brings: uptime and open prints to the file, a new day to the sensors, weeks to reports."""

from contextlib import closing
from datetime import UTC, datetime
from functools import partial
import json
from pathlib import Path
import sqlite3
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats import runtime
from custom_components.printernizer_stats.background.lifecycle import Uptime
from custom_components.printernizer_stats.background.timers import async_start_timers
from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.models import Period
from custom_components.printernizer_stats.core.sharing.outbox import all_reports
from custom_components.printernizer_stats.core.store.settings import load_sessions

from ..clock import async_fire_due
from ..helpers import OctoPrint, StatisticsService, async_act, async_pass, async_setup

SUNDAY: Final = datetime(2026, 10, 18, 22, 40, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clocks(freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Move the monotonic clock too, which frozen time leaves alone."""
    freezer.move_to(SUNDAY)
    monkeypatch.setattr(runtime, "Uptime", lambda: Uptime(lambda: dt_util.utcnow().timestamp()))


async def _upload(hass: HomeAssistant) -> None:
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})


def _stored_uptime(database: Path) -> int:
    """Return the uptime in the file: what would be left after a crash."""
    with closing(sqlite3.connect(database)) as conn, conn:
        sql = "SELECT sum(value) FROM usage_aggregates WHERE scope = 'total' AND metric = 'uptime_seconds'"
        (seconds,) = conn.execute(sql).fetchone()
    conn.close()
    return int(seconds or 0)


def _reports(entry: MockConfigEntry) -> list[tuple[str, str, dict[str, Any]]]:
    """Return first day, day after the last, and usage of each report."""
    reports = entry.runtime_data.store.run(all_reports).result()
    return [(each.start, each.end, json.loads(each.body)["usage_stats"]) for each in reports]


async def test_uptime_and_open_prints_are_stored_every_15_minutes(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, database: Path
) -> None:
    printer = OctoPrint(hass)
    printer.show("operational", 0)
    entry = await async_setup(hass, printers=[printer.id])
    run = entry.runtime_data.store.run
    printer.show("printing", 10)
    await async_pass(hass, entry, freezer, minutes=14, seconds=59)
    printer.show("printing", 40)
    assert _stored_uptime(database) == 0
    (known,) = run(load_sessions).result().values()
    await async_pass(hass, entry, freezer, seconds=2)
    assert _stored_uptime(database) == 901
    (saved,) = run(load_sessions).result().values()
    assert (known["job"]["last_progress"], saved["job"]["last_progress"]) == (10, 40)
    await async_pass(hass, entry, freezer, minutes=15)
    assert _stored_uptime(database) == 1801, "each second once"


async def test_a_clock_that_was_wrong_is_a_repair_until_the_week_is_over(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, issue_registry: ir.IssueRegistry
) -> None:
    entry = await async_setup(hass)
    assert issue_registry.async_get_issue(DOMAIN, "clock_wrong") is None
    freezer.move_to(datetime(1970, 1, 1, 0, 1, tzinfo=UTC))
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_pass(hass, entry, freezer, minutes=1)
    assert issue_registry.async_get_issue(DOMAIN, "clock_wrong") is not None
    freezer.move_to(SUNDAY)
    await _upload(hass)
    await async_pass(hass, entry, freezer, minutes=20)
    assert issue_registry.async_get_issue(DOMAIN, "clock_wrong") is not None
    await async_pass(hass, entry, freezer, hours=1)
    assert issue_registry.async_get_issue(DOMAIN, "clock_wrong") is None


async def test_three_clocks_that_can_be_stopped(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("America/Los_Angeles")
    entry = await async_setup(hass)
    parts, measured = entry.runtime_data, list[float | None]()
    stops = async_start_timers(hass, parts.store, parts.report_scheduler, parts.community, measured.append)
    await async_pass(hass, entry, freezer, minutes=15)
    assert measured == [None]
    freezer.move_to("2026-10-19 00:00:00.6+00:00")
    await async_pass(hass, entry, freezer, seconds=0)
    midnight = datetime(2026, 10, 19, tzinfo=UTC).timestamp()
    assert measured == [None, None, midnight - 1], "UTC ends its day"
    freezer.move_to("2026-10-19 00:00:01.6-07:00")
    await async_pass(hass, entry, freezer, seconds=0)
    assert measured[3:] == [None, midnight + 7 * 3600 - 1], "the user's day ends"
    for stop in stops:
        stop()
    await async_pass(hass, entry, freezer, days=1)
    assert len(measured) == 5


async def test_what_is_due_happens_in_its_order(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Whatever was planned first, and however the loop keeps it."""
    happened = list[int]()
    for seconds in range(50, 0, -1):
        async_call_later(hass, seconds, partial(_note, happened, seconds))
    freezer.tick(60)
    async_fire_due(hass)
    assert happened == list(range(1, 51))


@callback
def _note(happened: list[int], seconds: int, _now: datetime) -> None:
    happened.append(seconds)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
async def test_the_day_is_the_users(hass: HomeAssistant, freezer: FrozenDateTimeFactory, zone: str) -> None:
    """What was measured up to midnight is of the day that ended with it."""
    await hass.config.async_set_time_zone(zone)
    freezer.move_to(datetime(2026, 10, 14, 23, 50, tzinfo=dt_util.get_default_time_zone()))
    entry = await async_setup(hass)
    await _upload(hass)
    await async_pass(hass, entry, freezer, minutes=10, seconds=1)
    data = entry.runtime_data.coordinator.data
    assert data.today == "2026-10-15"
    for metric, amount in (("uptime_seconds", 601), ("file_uploaded", 1)):
        assert data.of(Period.DAY).get(metric, 0) == 0, metric
        assert data.of(Period.WEEK)[metric] == amount


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
async def test_a_week_ends_at_midnight_utc_wherever_one_lives(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService, zone: str
) -> None:
    await hass.config.async_set_time_zone(zone)
    entry = await async_setup(hass, **service.options())
    await _upload(hass)
    await async_pass(hass, entry, freezer, minutes=80, seconds=1)
    await hass.async_block_till_done(wait_background_tasks=True)
    await _upload(hass)
    ((start, end, usage),) = _reports(entry)
    assert (start, end) == ("2026-10-18", "2026-10-19")
    assert (usage["upload_count"], usage["uptime_hours"]) == (1, 1)


async def test_a_file_that_refuses_stops_no_clock(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService, database: Path
) -> None:
    """Neither raised nor logged: a warning would fail this test."""
    entry = await async_setup(hass, **service.options())
    await _upload(hass)
    run = entry.runtime_data.store.run
    refuse = "BEGIN SELECT RAISE(ABORT, 'full'); END"
    trigger = f"CREATE TRIGGER full BEFORE INSERT ON usage_intervals {refuse}"
    run(lambda conn: conn.exec_driver_sql(trigger)).result()
    await async_pass(hass, entry, freezer, hours=3)
    before = _stored_uptime(database)
    assert before > 3600, "what can be stored is stored"
    run(lambda conn: conn.exec_driver_sql("DROP TRIGGER full"))
    await async_pass(hass, entry, freezer, days=1)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert _stored_uptime(database) > before
    ((start, end, usage),) = _reports(entry)
    assert (start, end, usage["upload_count"]) == ("2026-10-18", "2026-10-19", 1)
