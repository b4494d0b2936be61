"""The past: what the recorder still knows is counted once, as it would have been counted at the time."""

from datetime import UTC, datetime
import json
from pathlib import Path
import sqlite3
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import get_metadata, statistics_during_period
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from custom_components.printernizer_stats.const import EVENT_USAGE
from custom_components.printernizer_stats.core.store.settings import get_setting

from ..helpers import OctoPrint, async_pass, async_settle, async_setup, entity_state

MORNING: Final = datetime(2026, 11, 18, 8, tzinfo=UTC)
HOUR: Final = 3600.0

pytestmark = pytest.mark.usefixtures("recorder_mock")


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory, recorder_mock: Recorder) -> None:
    freezer.move_to(MORNING)


class Past:
    """Lets a printer print before anybody counts."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self.printer = OctoPrint(hass)
        self._freezer = freezer
        self.printer.show("operational", 0)

    def wait(self, seconds: float) -> None:
        self._freezer.tick(seconds)

    def print_once(self, seconds: float, *, progress: float = 100) -> None:
        """Print for so long, up to that progress."""
        self.wait(600)
        self.printer.show("printing", 1)
        self.wait(seconds)
        self.printer.show("operational", progress)
        self.wait(600)


async def _async_look_back(hass: HomeAssistant, past: Past, **options: Any) -> MockConfigEntry:
    await async_wait_recording_done(hass)
    entry = await async_setup(hass, printers=[past.printer.id], **{"backfill": True, **options})
    await hass.async_block_till_done(wait_background_tasks=True)
    await async_settle(hass, entry)
    return entry


def _stored(database: Path) -> list[tuple[str, float, bool, str | None]]:
    """Return type, time, whether a report counts it, and metadata of the stored events of printers."""
    conn = sqlite3.connect(database)
    rows = conn.execute(
        "SELECT event_type, time_fired_ts, interval_id IS NOT NULL, shared_data FROM usage_events"
        " JOIN event_types USING (event_type_id) LEFT JOIN event_data USING (data_id)"
        " WHERE printer_id IS NOT NULL ORDER BY event_id"
    ).fetchall()
    conn.close()
    return [(row[0], row[1], bool(row[2]), row[3]) for row in rows]


async def test_past_prints_are_counted_and_marked(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, database: Path
) -> None:
    past = Past(hass, freezer)
    past.print_once(HOUR)
    past.print_once(HOUR / 2, progress=40)
    past.print_once(30)
    told = async_capture_events(hass, EVENT_USAGE)
    entry = await _async_look_back(hass, past)

    stored = [each for each in _stored(database) if not each[2]]
    begun = MORNING.timestamp()
    assert [(each[0], each[1] - begun) for each in stored] == [
        ("printer_connected", 0),
        ("job_created", 600),
        ("job_completed", 600 + HOUR),
        ("job_created", 1800 + HOUR),
        ("job_cancelled", 1800 + HOUR * 1.5),
    ]
    assert all('"backfilled":true' in (each[3] or "") for each in stored)
    assert entity_state(hass, entry, "prints_completed").state == "1"
    assert entity_state(hass, entry, "prints_cancelled").state == "1"
    assert float(entity_state(hass, entry, "print_time").state) == 1.5
    assert "job_completed" not in entry.runtime_data.coordinator.data.snapshot.interval
    assert not [each for each in told if each.data.get("backfilled")], "what is past is no news"
    with entry.runtime_data.store.reader() as conn:
        plan = get_setting(conn, "backfill")
    assert plan == {"until": entry.runtime_data.printer_manager.since, "done": True}


async def test_the_past_is_counted_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, database: Path
) -> None:
    past = Past(hass, freezer)
    past.print_once(HOUR)
    entry = await _async_look_back(hass, past)
    stored = len(_stored(database))
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await async_settle(hass, entry)
    assert [each for each in _stored(database) if not each[2]] == [
        each for each in _stored(database)[:stored] if not each[2]
    ]
    assert entity_state(hass, entry, "prints_completed").state == "1"


async def test_nothing_is_looked_up_unasked(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, database: Path
) -> None:
    past = Past(hass, freezer)
    past.print_once(HOUR)
    entry = await _async_look_back(hass, past, backfill=False)
    assert entity_state(hass, entry, "prints_completed").state == "0"
    assert all(each[2] for each in _stored(database))


async def test_a_print_that_runs_is_counted_by_who_sees_its_end(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, database: Path
) -> None:
    past = Past(hass, freezer)
    past.print_once(HOUR)
    past.printer.show("printing", 1)
    past.wait(HOUR)
    past.printer.show("printing", 50)
    entry = await _async_look_back(hass, past)
    past.wait(HOUR)
    past.printer.show("operational", 100)
    await async_pass(hass, entry, freezer, seconds=120)
    types = [each[0] for each in _stored(database)]
    assert types.count("job_created") == types.count("job_completed") == 2
    assert entity_state(hass, entry, "prints_completed").state == "2"
    assert float(entity_state(hass, entry, "print_time").state) == 3


async def test_of_a_print_that_ended_during_a_stop_what_was_seen_is_counted(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, database: Path
) -> None:
    past = Past(hass, freezer)
    past.printer.show("printing", 1)
    past.wait(HOUR)
    await async_wait_recording_done(hass)
    await get_instance(hass).async_add_executor_job(_add_run, hass, dt_util.utcnow())
    past.wait(60)
    past.printer.show("operational", 100)
    past.wait(600)
    await _async_look_back(hass, past)
    ended = [each for each in _stored(database) if each[0] == "job_completed"]
    assert len(ended) == 1
    assert ended[0][3] is not None
    counted = json.loads(ended[0][3])
    assert (counted["duration_seconds"], counted["estimated"]) == (HOUR, True)


def _add_run(hass: HomeAssistant, start: datetime) -> None:
    """Note a start of Home Assistant as the recorder does."""
    from homeassistant.components.recorder.db_schema import RecorderRuns  # noqa: PLC0415
    from homeassistant.helpers.recorder import session_scope  # noqa: PLC0415

    with session_scope(hass=hass) as session:
        session.add(RecorderRuns(start=start, created=start))


def _statistics(hass: HomeAssistant, entity_id: str) -> list[tuple[datetime, float | None, float | None]]:
    rows = statistics_during_period(
        hass, dt_util.utc_from_timestamp(0), None, {entity_id}, "hour", None, {"state", "sum"}
    )
    return [
        (dt_util.utc_from_timestamp(row["start"]), row["state"], row["sum"])
        for row in rows.get(entity_id, [])
    ]


async def test_past_hours_have_statistics_and_sums_go_on(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    assert await async_setup_component(hass, "sensor", {})
    past = Past(hass, freezer)
    past.print_once(HOUR)  # 08:10 to 09:10
    past.print_once(HOUR)  # 09:30 to 10:30
    hass.set_state(CoreState.starting)
    entry = await _async_look_back(hass, past)
    past.wait(1)
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)  # 10:40:01
    await hass.async_block_till_done(wait_background_tasks=True)
    await async_settle(hass, entry)
    completed = entity_state(hass, entry, "prints_completed").entity_id
    of_printer = entity_state(hass, entry, "prints_completed", printer=past.printer).entity_id
    hours = entity_state(hass, entry, "print_time").entity_id
    await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=MORNING.replace(hour=10, minute=40))
    freezer.move_to(MORNING.replace(hour=11, minute=10))
    do_adhoc_statistics(hass, start=MORNING.replace(hour=10, minute=55))
    await async_wait_recording_done(hass)

    executor = get_instance(hass).async_add_executor_job
    seven = MORNING.replace(hour=7)
    for entity_id in (completed, of_printer):
        assert await executor(_statistics, hass, entity_id) == [
            (seven, 0, 0),
            (seven.replace(hour=8), 0, 0),
            (seven.replace(hour=9), 1, 1),
            (seven.replace(hour=10), 2, 2),
        ]
    assert await executor(_statistics, hass, hours) == [
        (seven, 0, 0),
        (seven.replace(hour=8), 0, 0),
        (seven.replace(hour=9), 1, 1),
        (seven.replace(hour=10), 2, 2),
    ]
    found = await executor(lambda: get_metadata(hass, statistic_ids={completed, hours}))
    for entity_id, unit, unit_class in ((completed, "prints", None), (hours, "h", "duration")):
        metadata = found[entity_id][1]
        assert (metadata["mean_type"], metadata["has_sum"]) == (StatisticMeanType.NONE, True)
        assert (metadata["unit_of_measurement"], metadata["unit_class"]) == (unit, unit_class)


async def test_a_past_of_minutes_has_no_hours(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """The hour of the set-up belongs to the sensors."""
    past = Past(hass, freezer)
    past.wait(60)
    past.printer.show("printing", 1)
    past.wait(600)
    past.printer.show("operational", 100)
    past.wait(60)
    entry = await _async_look_back(hass, past)
    completed = entity_state(hass, entry, "prints_completed")
    assert completed.state == "1"
    await async_wait_recording_done(hass)
    rows = await get_instance(hass).async_add_executor_job(_statistics, hass, completed.entity_id)
    assert rows == [(MORNING.replace(hour=7), 0, 0)]


async def test_nothing_remembered_is_nothing_counted(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, database: Path
) -> None:
    printer = OctoPrint(hass)
    entry = await async_setup(hass, printers=[printer.id], backfill=True)
    await hass.async_block_till_done(wait_background_tasks=True)
    await async_settle(hass, entry)
    assert _stored(database) == []
    with entry.runtime_data.store.reader() as conn:
        assert get_setting(conn, "backfill")["done"] is True


async def test_statistics_that_are_there_are_left_alone(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    assert await async_setup_component(hass, "sensor", {})
    past = Past(hass, freezer)
    past.print_once(HOUR)
    first = await _async_look_back(hass, past, backfill=False)
    completed = entity_state(hass, first, "prints_completed").entity_id
    await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=dt_util.utcnow().replace(minute=55))
    await async_wait_recording_done(hass)
    executor = get_instance(hass).async_add_executor_job
    before = await executor(_statistics, hass, completed)
    assert await hass.config_entries.async_remove(first.entry_id)
    freezer.tick(2 * HOUR)
    second = await _async_look_back(hass, past)
    assert entity_state(hass, second, "prints_completed").state == "1"
    await async_wait_recording_done(hass)
    assert await executor(_statistics, hass, completed) == before


@pytest.mark.allowed_logs
@pytest.mark.no_fail_on_log_exception
async def test_a_recorder_that_cannot_be_read_is_asked_again_at_the_next_start(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    past = Past(hass, freezer)
    past.print_once(HOUR)
    await async_wait_recording_done(hass)
    await get_instance(hass).async_add_executor_job(
        _execute, hass, "ALTER TABLE recorder_runs RENAME TO lost"
    )
    entry = await _async_look_back(hass, past)
    assert caplog.text.count("The past could not be read from the recorder (OperationalError)") == 1
    assert entity_state(hass, entry, "prints_completed").state == "0"

    await get_instance(hass).async_add_executor_job(
        _execute, hass, "ALTER TABLE lost RENAME TO recorder_runs"
    )
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await async_settle(hass, entry)
    assert entity_state(hass, entry, "prints_completed").state == "1"


def _execute(hass: HomeAssistant, statement: str) -> None:
    engine = get_instance(hass).engine
    assert engine is not None
    with engine.begin() as conn:
        conn.exec_driver_sql(statement)
