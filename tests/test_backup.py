"""Backups: what was recorded is in the copied file, and what comes meanwhile is written afterwards."""

import asyncio
from pathlib import Path
import shutil
import sqlite3
from unittest.mock import patch

from homeassistant.components.backup.const import DATA_MANAGER
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats import backup
from custom_components.printernizer_stats.backup import async_post_backup, async_pre_backup
from custom_components.printernizer_stats.const import DOMAIN

from .clock import SECONDS
from .helpers import async_act, async_settle, async_setup


def _events(file: Path) -> list[str]:
    """Return the event types in a file that is opened by itself, after checking that it is whole."""
    conn = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = conn.execute("SELECT event_type FROM events JOIN event_types USING (event_type_id)")
    types = [row[0] for row in rows]
    conn.close()
    return types


def _record(hass: HomeAssistant, event_type: str) -> asyncio.Task[object]:
    return hass.async_create_task(async_act(hass, "record_event", {"event_type": event_type}))


async def _async_waiting(entry: MockConfigEntry) -> None:
    """Wait until what was recorded waits, with its acknowledgment, for the writer to go on."""
    queue = entry.runtime_data.store._writer.queue
    while queue.qsize() < 2:  # noqa: ASYNC110 - the queue is a thread's, and tells nobody
        await asyncio.sleep(0)


@pytest.fixture
async def _backups(hass: HomeAssistant) -> None:
    """Set up the real backup component."""
    assert await async_setup_component(hass, "backup", {})
    await hass.async_block_till_done()


@pytest.mark.usefixtures("_backups")
async def test_the_hooks_of_the_real_component_hold_the_file(
    hass: HomeAssistant, database: Path, tmp_path: Path
) -> None:
    entry = await async_setup(hass)
    manager = hass.data[DATA_MANAGER]
    assert DOMAIN in manager.platforms
    await _record(hass, "file_uploaded")

    await manager.async_pre_backup_actions()
    during = _record(hass, "file_downloaded")
    await _async_waiting(entry)
    copy = tmp_path / "copy.db"
    await asyncio.to_thread(shutil.copy, database, copy)
    log = database.with_name(f"{database.name}-wal")
    assert not log.exists() or not log.stat().st_size, "the file alone is the whole truth"
    assert _events(copy) == ["app_start", "file_uploaded"]
    assert not during.done()

    await manager.async_post_backup_actions()
    await during
    await async_settle(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert _events(database) == ["app_start", "file_uploaded", "file_downloaded"]


async def test_the_end_may_come_twice_or_without_a_beginning(hass: HomeAssistant) -> None:
    await async_post_backup(hass)
    await async_setup(hass)
    await async_pre_backup(hass)
    await async_pre_backup(hass)
    await async_post_backup(hass)
    await async_post_backup(hass)
    await _record(hass, "file_uploaded")


async def test_a_backup_without_an_entry_goes_on(hass: HomeAssistant) -> None:
    await async_pre_backup(hass)
    await async_post_backup(hass)


async def test_an_unload_does_not_wait_for_the_end_of_a_backup(hass: HomeAssistant, database: Path) -> None:
    entry = await async_setup(hass)
    await async_pre_backup(hass)
    during = _record(hass, "file_uploaded")
    await _async_waiting(entry)
    async with asyncio.timeout(SECONDS):
        assert await hass.config_entries.async_unload(entry.entry_id)
    await during
    await async_post_backup(hass)
    assert _events(database) == ["app_start", "file_uploaded"]


async def test_a_busy_writer_does_not_fail_a_backup(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await async_setup(hass)
    finish: asyncio.Event = asyncio.Event()

    def stuck(_: object) -> None:
        asyncio.run_coroutine_threadsafe(finish.wait(), hass.loop).result()

    working = entry.runtime_data.store.run(stuck)
    with patch.object(backup, "_PATIENCE", 0.1), caplog.at_level("INFO"):
        await async_pre_backup(hass)
    assert "backed up as it is (TimeoutError)" in caplog.text
    finish.set()
    await asyncio.wrap_future(working)
    await _record(hass, "file_uploaded")
    await async_settle(hass, entry)
    assert entry.runtime_data.coordinator.data.snapshot.events_stored == 2, "nothing is held any more"


async def test_a_closed_store_does_not_fail_a_backup(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    await entry.runtime_data.async_stop()
    await async_pre_backup(hass)
    await async_post_backup(hass)


async def test_a_hold_ends_by_itself(hass: HomeAssistant) -> None:
    await async_setup(hass)
    with patch.object(backup, "_LONGEST", 0.2):
        await async_pre_backup(hass)
    async with asyncio.timeout(SECONDS):
        await _record(hass, "file_uploaded")
