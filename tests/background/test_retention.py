"""Old events go at night; what was counted stays counted."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
import sqlite3

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.core.models import FLEET, Period, UsageEvent, Value

from ..clock import async_fire_due
from ..helpers import async_pass, async_settle, async_setup, entity_state

BEGIN = datetime(2026, 6, 1, 12, tzinfo=UTC)


def _ages(database: Path, now: datetime) -> list[int]:
    """Return the ages of the stored events in days, oldest first."""
    conn = sqlite3.connect(database)
    rows = conn.execute("SELECT time_fired_ts FROM usage_events ORDER BY 1").fetchall()
    conn.close()
    return [round((now.timestamp() - row[0]) / 86400) for row in rows]


async def _async_old_prints(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, **options: int
) -> MockConfigEntry:
    freezer.move_to(BEGIN)
    entry = await async_setup(hass, **options)
    for days in (10, 100, 800):
        at = (BEGIN - timedelta(days=days)).timestamp()
        data: dict[str, Value] = {"printer_type": "octoprint", "duration_seconds": 3600}
        entry.runtime_data.tracker.async_record(UsageEvent(type="job_completed", at=at, data=data))
    await async_settle(hass, entry)
    return entry


async def _async_night(hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory) -> None:
    """Let the night from 04:11 local time go by, and the purge in it come to its end."""
    night = dt_util.start_of_local_day(dt_util.now() + timedelta(days=1)) + timedelta(hours=4, minutes=11)
    freezer.move_to(night)
    async_fire_due(hass)
    await async_pass(hass, entry, freezer, minutes=40)
    await hass.async_block_till_done(wait_background_tasks=True)
    await async_settle(hass, entry)


@pytest.mark.parametrize(
    ("options", "kept"),
    [({}, [1, 11, 101]), ({"retention_days": 30}, [1, 11]), ({"retention_days": 0}, [1, 11, 101, 801])],
)
async def test_events_are_kept_for_as_long_as_wanted(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    database: Path,
    options: dict[str, int],
    kept: list[int],
) -> None:
    entry = await _async_old_prints(hass, freezer, **options)
    assert _ages(database, BEGIN) == [800, 100, 10, 0]
    before = entry.runtime_data.coordinator.data.snapshot.counts
    await _async_night(hass, entry, freezer)
    assert _ages(database, dt_util.utcnow()) == sorted(kept, reverse=True)

    assert entity_state(hass, entry, "prints_completed").state == "3"
    assert float(entity_state(hass, entry, "print_time").state) == 3
    assert entity_state(hass, entry, "events_stored").state == str(len(kept))
    after = entry.runtime_data.coordinator.data.snapshot.counts
    for period in (Period.EVER, Period.YEAR):
        for metric, value in before[period][FLEET].items():
            if metric != "events_stored":
                assert after[period][FLEET][metric] == value


async def test_recording_goes_on_after_a_purge(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, database: Path
) -> None:
    """The metadata that a purge deletes is stored again when it comes again."""
    entry = await _async_old_prints(hass, freezer, retention_days=1)
    await _async_night(hass, entry, freezer)
    at = dt_util.utcnow().timestamp()
    data: dict[str, Value] = {"printer_type": "octoprint", "duration_seconds": 3600}
    entry.runtime_data.tracker.async_record(UsageEvent(type="job_completed", at=at, data=data))
    await async_settle(hass, entry)
    conn = sqlite3.connect(database)
    rows = conn.execute(
        "SELECT shared_data FROM usage_events JOIN event_types USING (event_type_id)"
        " JOIN event_data USING (data_id) WHERE event_type = 'job_completed'"
    ).fetchall()
    conn.close()
    assert rows == [('{"duration_seconds":3600,"printer_type":"octoprint"}',)]
    assert entity_state(hass, entry, "prints_completed").state == "4"


@pytest.mark.allowed_logs
async def test_a_purge_that_fails_is_tried_again_every_night_and_told_of_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> list[str]:
        return [line for line in caplog.messages if line.startswith("Old events")]

    entry = await _async_old_prints(hass, freezer)
    refuse = "CREATE TRIGGER keep BEFORE DELETE ON usage_events BEGIN SELECT RAISE(ABORT, 'no'); END"
    fails = ["Old events could not be deleted (IntegrityError); trying again every night"]
    await asyncio.to_thread(_execute, database, refuse)
    for _ in range(3):
        await _async_night(hass, entry, freezer)
        assert told() == fails
    assert _ages(database, BEGIN) == [800, 100, 10, 0]

    await asyncio.to_thread(_execute, database, "DROP TRIGGER keep")
    for _ in range(2):
        await _async_night(hass, entry, freezer)
        assert told() == [*fails, "Old events are deleted again"]
    assert _ages(database, BEGIN) == [100, 10, 0]

    await asyncio.to_thread(_execute, database, refuse)
    entry.runtime_data.tracker.async_record(UsageEvent(type="app_start", at=0, data={}))
    await _async_night(hass, entry, freezer)
    assert told() == [*fails, "Old events are deleted again", *fails], "another time"


def _execute(database: Path, statement: str) -> None:
    conn = sqlite3.connect(database)
    conn.execute(statement)
    conn.close()
