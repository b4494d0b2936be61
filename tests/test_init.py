"""Set-up, unload, reload and removal leave nothing behind, and stops are told from crashes."""

import asyncio
from contextlib import closing
from pathlib import Path
import sqlite3
import threading
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DOMAIN

from .clock import async_fire_due
from .helpers import OctoPrint, StatisticsService, async_act, async_settle, async_setup, entity_state


def _writers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "PrinternizerStats"]


def _listeners(hass: HomeAssistant) -> dict[str, int]:
    """Count the listeners; of the last write only ours, as registries listen too until they are saved."""
    last = [job for job in hass.bus._listeners[EVENT_HOMEASSISTANT_FINAL_WRITE] if DOMAIN in str(job)]
    counts = {str(event_type): count for event_type, count in hass.bus.async_listeners().items()}
    return {**counts, str(EVENT_HOMEASSISTANT_FINAL_WRITE): len(last)}


def _types(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as conn, conn:
        rows = conn.execute("SELECT event_type FROM events JOIN event_types USING (event_type_id)")
        types = [row[0] for row in rows]
    conn.close()
    return types


async def test_reloads_leave_nothing_behind(hass: HomeAssistant, database: Path) -> None:
    entry = await async_setup(hass)
    listeners = _listeners(hass)
    for _ in range(5):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await async_settle(hass, entry)
    assert _listeners(hass) == listeners
    assert len(_writers()) == 1
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert _writers() == []
    assert not database.with_name(database.name + "-wal").exists()
    assert _types(database) == ["app_start"], "a reload is no start"


async def test_removal_asks_nothing_and_leaves_nothing(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: StatisticsService,
    sharing_entry: MockConfigEntry,
    database: Path,
) -> None:
    """Also with a report that waits, a deletion that is not confirmed, and a damaged file that was kept."""
    await async_act(hass, "submit_now")
    service.status = 503
    await async_act(hass, "delete_data", {"confirm": True, "scope": "events"})
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    with pytest.raises(ServiceValidationError):
        await async_act(hass, "submit_now")
    await sharing_entry.runtime_data.keys.async_key("a registry id")
    database.with_name(f"{database.name}.corrupt.20261122").write_bytes(b"damaged")
    asked = service.asked

    assert await hass.config_entries.async_remove(sharing_entry.entry_id)
    for _ in range(30):
        freezer.tick(86400)
        async_fire_due(hass)
        await hass.async_block_till_done()
    assert service.asked == asked
    ours = [
        file for file in Path(hass.config.config_dir).rglob("*") if DOMAIN in file.name and file.is_file()
    ]
    assert ours == []
    assert _writers() == []


async def test_removal_deletes_everything(hass: HomeAssistant, database: Path) -> None:
    printer = OctoPrint(hass)
    entry = await async_setup(hass, printers=[printer.id])
    assert database.exists()
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert not list(database.parent.glob("printernizer_stats.db*"))
    assert _writers() == []
    assert not ir.async_get(hass).issues


async def test_a_stop_of_home_assistant_is_an_event_and_closes_the_file(
    hass: HomeAssistant, database: Path
) -> None:
    entry = await async_setup(hass)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert _writers() == []
    assert _types(database) == ["app_start", "app_shutdown"]
    assert await hass.config_entries.async_unload(entry.entry_id), "an unload after the stop is fine"


async def test_a_crash_is_found_at_the_next_start(hass: HomeAssistant, database: Path) -> None:
    entry = await async_setup(hass)
    with patch.object(entry.runtime_data.store, "run"):
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_settle(hass, entry)
    assert entity_state(hass, entry, "errors").state == "1"
    assert _types(database) == ["app_start", "error_occurred"]


@pytest.mark.allowed_logs
async def test_a_damaged_file_is_a_repair_issue_and_counting_goes_on(
    hass: HomeAssistant, database: Path
) -> None:
    await asyncio.to_thread(database.write_bytes, b"no database at all" * 50)
    entry = await async_setup(hass)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_settle(hass, entry)
    assert entity_state(hass, entry, "events_stored").state == "2"
    assert list(ir.async_get(hass).issues) == [(DOMAIN, "damaged_file")]


@pytest.mark.allowed_logs
async def test_a_newer_file_is_left_alone(hass: HomeAssistant, database: Path) -> None:
    entry = await async_setup(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    with closing(sqlite3.connect(database)) as conn, conn:
        conn.execute("INSERT INTO schema_changes (schema_version, changed_ts) VALUES (99, 0)")
    conn.close()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "store_too_new"
    assert list(ir.async_get(hass).issues) == [(DOMAIN, "file_too_new")]
    with closing(sqlite3.connect(database)) as conn, conn:
        assert conn.execute("SELECT max(schema_version) FROM schema_changes").fetchone() == (99,)
        conn.execute("DELETE FROM schema_changes WHERE schema_version = 99")
    conn.close()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert not ir.async_get(hass).issues


@pytest.mark.allowed_logs
async def test_a_file_that_cannot_be_opened_is_tried_again(hass: HomeAssistant, database: Path) -> None:
    await asyncio.to_thread(database.mkdir)
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "store_unusable"
    assert _writers() == []
