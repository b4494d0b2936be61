"""Deleting, as a person does it: what is gone, what stays, and what the long-term statistics make of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from sqlalchemy import Connection, event

from ..helpers import (
    OctoPrint,
    StatisticsService,
    async_act,
    async_pass,
    async_print,
    async_settle,
    async_setup,
    entity_state,
    message,
    printer_key,
)

MORNING: Final = datetime(2026, 11, 18, 8, tzinfo=UTC)
PRINTED: Final = (
    "prints_completed",
    "print_time",
    "prints_this_week",
    "print_time_this_week",
    "print_time_this_month",
)


async def async_sent(hass: HomeAssistant) -> None:
    """Share a report, and count something after it."""
    await async_act(hass, "submit_now")
    await async_act(hass, "record_event", {"event_type": "file_downloaded"})


async def test_events_go_and_what_was_sent_stays(hass: HomeAssistant, sharing_entry: MockConfigEntry) -> None:
    await async_sent(hass)
    before = await async_act(hass, "export_data", {"identity": True})
    await async_act(hass, "delete_data", {"confirm": True, "scope": "events", "remote": False})
    await async_settle(hass, sharing_entry)
    after = await async_act(hass, "export_data")
    assert after["reports"] == before["reports"]
    assert after["consents"] == before["consents"] != []
    for section in ("events", "counters", "last_prints", "printers", "sessions"):
        assert after[section] == [], section
    assert sharing_entry.options["share"] is True
    assert sharing_entry.runtime_data.coordinator.data.snapshot.of() == {}


async def test_everything_goes_and_sharing_is_off(
    hass: HomeAssistant, service: StatisticsService, sharing_entry: MockConfigEntry, database: Path
) -> None:
    await async_sent(hass)
    before = await async_act(hass, "export_data")
    await async_act(hass, "delete_data", {"confirm": True, "remote": False})
    await async_settle(hass, sharing_entry)
    after = await async_act(hass, "export_data")
    for section in ("events", "reports", "last_prints", "printers", "deletions", "consents"):
        assert after[section] == [], section
    assert sharing_entry.options["share"] is False
    assert "consent" not in sharing_entry.options
    assert entity_state(hass, sharing_entry, "submission_status").state == "off"
    identity = before["settings"]["installation_id"].encode()
    for file in database.parent.glob(f"{database.name}*"):
        assert identity not in file.read_bytes(), file.name
    assert len(service.received) == 1


@pytest.mark.usefixtures("impatient")
async def test_a_running_download_is_told_of(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    with entry.runtime_data.store.reader() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM usage_events").scalar()
        with pytest.raises(HomeAssistantError, match=message("delete_unfinished")):
            await async_act(hass, "delete_data", {"confirm": True, "scope": "events"})
    await async_act(hass, "delete_data", {"confirm": True, "scope": "events"})


async def test_a_disk_without_room_for_a_new_file_is_told_of(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    printer = OctoPrint(hass)
    entry = await async_setup(hass, printers=[printer.id])
    await async_print(hass, entry, freezer, printer)
    maintenance = entry.runtime_data.maintenance
    maintenance.async_done(printer_key(entry, printer), 3600)
    full = True

    def refuse(conn: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if full and statement == "VACUUM":
            conn.exec_driver_sql("PRAGMA query_only = ON")

    event.listen(entry.runtime_data.store._opened.engine, "before_cursor_execute", refuse)
    with pytest.raises(HomeAssistantError, match=message("delete_unfinished")):
        await async_act(hass, "delete_data", {"confirm": True, "scope": "events"})
    assert (await async_act(hass, "get_events"))["events"] == []
    assert [each.done_seconds for each in maintenance.printers.values()] == [0]
    full = False
    await async_act(hass, "delete_data", {"confirm": True, "scope": "events"})


def _sums(hass: HomeAssistant, entity_id: str) -> list[float]:
    rows = statistics_during_period(
        hass, dt_util.utc_from_timestamp(0), None, {entity_id}, "5minute", None, {"sum"}
    )
    return [row["sum"] or 0 for row in rows.get(entity_id, [])]


@pytest.mark.parametrize("scope", ["events", "everything"])
async def test_long_term_statistics_neither_fall_nor_jump(
    recorder_mock: Recorder, hass: HomeAssistant, freezer: FrozenDateTimeFactory, scope: str
) -> None:
    freezer.move_to(MORNING)
    assert await async_setup_component(hass, "sensor", {})
    printer = OctoPrint(hass)
    printer.show("operational")
    entry = await async_setup(hass, printers=[printer.id])

    async def async_compile() -> None:
        await async_pass(hass, entry, freezer, minutes=5)
        await async_wait_recording_done(hass)
        now = dt_util.utcnow()
        do_adhoc_statistics(hass, start=now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0))
        await async_wait_recording_done(hass)

    await async_compile()
    for _ in range(2):
        await async_print(hass, entry, freezer, printer)
        await async_compile()
    await async_act(hass, "delete_data", {"confirm": True, "scope": scope})
    await async_settle(hass, entry)
    await async_compile()
    await async_print(hass, entry, freezer, printer)
    await async_compile()

    for key in PRINTED:
        entity_id = entity_state(hass, entry, key).entity_id
        sums = await get_instance(hass).async_add_executor_job(_sums, hass, entity_id)
        each = 1 if "prints" in key else 1.0
        assert sums[-4:] == [each, 2 * each, 2 * each, 3 * each], key
    assert entity_state(hass, entry, "prints_completed").state == "1"
    assert entity_state(hass, entry, "prints_this_week").attributes["last_reset"] > MORNING.isoformat()
