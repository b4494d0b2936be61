"""Living in Home Assistant for years: reloads, big files, and clocks that go as they like.

PRINTERNIZER_FULL_PROOFS=1 makes it a hundred reloads.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
import gc
import os
from pathlib import Path
import sqlite3
import sys
import threading
from typing import Any, Final
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy import Engine, event

from custom_components.printernizer_stats.core.models import FLEET, Period, UsageEvent
from custom_components.printernizer_stats.core.store import UsageStore

from ..clock import async_fire_due
from ..helpers import OctoPrint, async_pass, async_print, async_settle, async_setup, entity_state
from ..proofs import tries

_EVENTS: Final = tries(100_000, fast=40_000)
_RELOADS: Final = tries(20, fast=10, full=100)
# Home Assistant's own delayed writes and executor come and go; a leak would be one for each reload.
_SLACK: Final = 5
_AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")


def _open_files() -> list[str]:
    """Return what the process has open, threads' own files left out."""
    found = []
    for each in os.listdir("/proc/self/fd"):  # noqa: PTH208 - Path.iterdir opens one more
        try:
            found.append(os.readlink(f"/proc/self/fd/{each}"))  # noqa: PTH115
        except FileNotFoundError:
            continue
    return sorted(found)


def _usage(hass: HomeAssistant) -> dict[str, Any]:
    """Return everything that a reload could leave behind."""
    gc.collect()
    return {
        "threads": sorted(thread.name.rstrip("0123456789_") for thread in threading.enumerate()),
        "tasks": len(asyncio.all_tasks()),
        "timers": len([each for each in hass.loop._scheduled if not each.cancelled()]),  # type: ignore[attr-defined]
        "listeners": dict(hass.bus.async_listeners()),
        "files": [each for each in _open_files() if "printernizer" in each],
        "descriptors": len(_open_files()),
        "states": len(hass.states.async_all()),
    }


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_many_reloads_leave_nothing_behind(hass: HomeAssistant) -> None:
    printer = OctoPrint(hass)
    printer.show("operational", 0)
    entry = await async_setup(hass, printers=[printer.id])
    # The executor's threads are made as they are needed, and stay.
    for _ in range(10):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await async_settle(hass, entry)
    before = _usage(hass)
    for _ in range(_RELOADS):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await async_settle(hass, entry)
    after = _usage(hass)
    assert (after["files"], after["states"]) == (before["files"], before["states"])
    ours = [name for name in after["threads"] if name.startswith("PrinternizerStats")]
    assert ours == ["PrinternizerStats"]
    grown = {kind: after[kind] - before[kind] for kind in ("tasks", "timers", "descriptors")}
    grown["threads"] = len(after["threads"]) - len(before["threads"])
    for name, count in after["listeners"].items():
        grown[name] = count - before["listeners"].get(name, 0)
    assert all(count <= _SLACK for count in grown.values()), grown


@contextmanager
def _counting_steps() -> Iterator[Callable[[], int]]:
    """Count the work of SQLite, in thousands of steps of its virtual machine, of all connections."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_progress_handler(step, 1000)

    event.listen(Engine, "connect", connected)
    try:
        yield lambda: steps
    finally:
        event.remove(Engine, "connect", connected)


def _fill(database: Path, count: int) -> None:
    """Store that many prints of the same few days by way of the store."""
    now = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
    store = UsageStore(database, _AMSTERDAM, lambda _: None)
    store.open(now)
    for begin in range(0, count, 5000):
        store.record(
            tuple(
                UsageEvent(
                    type="job_completed",
                    at=now - index % 1000 * 600,
                    printer="p",
                    data={"printer_type": "octoprint", "duration_seconds": index % 100 * 60},
                )
                for index in range(begin, min(begin + 5000, count))
            )
        )
    store.close()


async def _async_setup_steps(hass: HomeAssistant, database: Path, count: int) -> int:
    """Return the work of setting up the entry on a file with that many events."""
    await asyncio.to_thread(_fill, database, count)
    with _counting_steps() as steps:
        entry = await async_setup(hass)
        needed = steps()
    assert entity_state(hass, entry, "prints_completed").state == str(count)
    assert await hass.config_entries.async_remove(entry.entry_id)
    return needed


async def test_the_work_of_a_set_up_does_not_grow_with_the_events(
    hass: HomeAssistant, database: Path, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-06-01 12:00:00+00:00")
    few = await _async_setup_steps(hass, database, 1_000)
    many = await _async_setup_steps(hass, database, _EVENTS)
    # Reading a row would take three steps at least: 300,000 in all, in script/test --fast 120,000.
    assert 0 < few <= many < 60, f"{many} thousand steps"
    assert many - few < 10, f"{many} thousand steps instead of {few}"


def _counts(entry: MockConfigEntry, period: Period) -> int:
    snapshot = entry.runtime_data.coordinator.data.snapshot
    return int(snapshot.of(period, FLEET).get("job_completed", 0))


def _assert_sane(entry: MockConfigEntry) -> None:
    """Check that no counter is negative, and that no running period has more than ever."""
    snapshot = entry.runtime_data.coordinator.data.snapshot
    for owners in snapshot.counts.values():
        for counts in owners.values():
            assert all(value >= 0 for value in counts.values()), counts
    for period in Period:
        assert _counts(entry, period) <= _counts(entry, Period.EVER)


@pytest.mark.parametrize(
    ("evening", "expected"),
    [
        # The night of 2026-03-29 has 23 hours, that of 2026-10-25 has 25.
        ("2026-03-28 21:30:00+00:00", {"2026-03-28": 1, "2026-03-29": 21, "2026-03-30": 2}),
        ("2026-10-24 20:30:00+00:00", {"2026-10-24": 1, "2026-10-25": 23}),
    ],
)
async def test_days_are_right_when_the_clocks_change(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    database: Path,
    evening: str,
    expected: dict[str, int],
) -> None:
    await hass.config.async_set_time_zone(_AMSTERDAM.key)
    freezer.move_to(evening)  # 22:30 local time
    printer = OctoPrint(hass)
    printer.show("operational", 0)
    entry = await async_setup(hass, printers=[printer.id])
    for _ in range(24):
        await async_print(hass, entry, freezer, printer)  # takes 1 h 05 m 10 s
        _assert_sane(entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await asyncio.to_thread(_days, database) == expected
    assert sum(await asyncio.to_thread(_durations, database)) == 24 * 3600


def _query(database: Path, query: str) -> list[Any]:
    conn = sqlite3.connect(database)
    rows = conn.execute(query).fetchall()
    conn.close()
    return rows


def _days(database: Path) -> dict[str, int]:
    query = (
        "SELECT period, value FROM usage_aggregates"
        " WHERE scope = 'day' AND printer_key = '' AND metric = 'job_completed' ORDER BY 1"
    )
    return dict(_query(database, query))


def _durations(database: Path) -> list[int]:
    query = "SELECT duration_seconds FROM usage_prints"
    return [row[0] for row in _query(database, query)]


@pytest.mark.parametrize(
    "jumps",
    [
        ["2026-06-01", "2026-05-31", "2026-06-02"],
        ["2026-06-01", "2031-01-01", "2026-06-02"],
        ["2026-06-01", "1999-12-31", "2026-06-02"],
        ["2026-12-31 23:59:59", "2027-01-01 00:00:01", "2026-12-31 23:59:58", "2027-01-04"],
    ],
    ids=["a day back", "years on and back", "years back and on", "over New Year and back"],
)
async def test_a_clock_that_jumps_loses_and_doubles_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, database: Path, jumps: list[str]
) -> None:
    freezer.move_to(jumps[0])
    printer = OctoPrint(hass)
    printer.show("operational", 0)
    entry = await async_setup(hass, printers=[printer.id], retention_days=0)
    ever = []
    for jump in jumps:
        moment = dt_util.parse_datetime(f"{jump}+00:00" if " " in jump else f"{jump} 00:00:00+00:00")
        assert moment is not None
        freezer.move_to(moment)
        async_fire_due(hass)
        await async_settle(hass, entry)
        await async_print(hass, entry, freezer, printer)
        await async_pass(hass, entry, freezer, hours=1)
        _assert_sane(entry)
        ever.append(_counts(entry, Period.EVER))
        assert _counts(entry, Period.DAY) >= 1
    assert ever == list(range(1, len(jumps) + 1))
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    assert _counts(entry, Period.EVER) == len(jumps)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert all(value >= 0 for (value,) in await asyncio.to_thread(_query, database, _VALUES))
    assert all(0 <= each <= 86400 for each in await asyncio.to_thread(_durations, database))
    assert len(await asyncio.to_thread(_query, database, _OPEN)) == 1


_VALUES: Final = "SELECT value FROM usage_aggregates"
_OPEN: Final = "SELECT 1 FROM usage_intervals WHERE state = 'open'"


async def test_a_clock_that_jumps_in_the_middle_of_a_print(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, database: Path
) -> None:
    freezer.move_to("2026-06-01 12:00:00+00:00")
    printer = OctoPrint(hass)
    printer.show("operational", 0)
    entry = await async_setup(hass, printers=[printer.id])
    printer.show("printing", 0)
    await async_pass(hass, entry, freezer, minutes=10)
    freezer.move_to(datetime(2026, 6, 1, 10, tzinfo=UTC))
    printer.show("printing", 50)
    await async_pass(hass, entry, freezer, minutes=5)
    printer.show("operational", 100)
    await async_pass(hass, entry, freezer, minutes=5)
    freezer.move_to(datetime(2026, 6, 1, 13, tzinfo=UTC) + timedelta(minutes=1))
    async_fire_due(hass)
    await async_settle(hass, entry)
    assert _counts(entry, Period.EVER) == 1
    assert all(each >= 0 for each in await asyncio.to_thread(_durations, database))
    _assert_sane(entry)
