"""Reads are reads: counters are read anew from the file only when something changed them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import tzinfo

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from custom_components.printernizer_stats.core.store.counter_cache import CounterCache
from custom_components.printernizer_stats.core.store.settings import set_setting
from custom_components.printernizer_stats.core.store.tables import usage_settings

from ..forms import async_open_options
from ..helpers import OctoPrint, StatisticsService, async_act, async_settle, async_setup

type Reloads = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def at_most(monkeypatch: pytest.MonkeyPatch) -> Reloads:
    """Return what counts how often all counters are read within a block."""
    load, reloads = CounterCache.load, []

    def counting(conn: Connection, zone: tzinfo, now: float) -> CounterCache:
        reloads.append(now)
        return load(conn, zone, now)

    monkeypatch.setattr(CounterCache, "load", counting)

    @contextmanager
    def block(most: int) -> Iterator[None]:
        before = len(reloads)
        yield
        assert len(reloads) - before <= most

    return block


async def test_set_up_reads_the_counters_twice_at_most(
    hass: HomeAssistant, service: StatisticsService, at_most: Reloads
) -> None:
    with at_most(2):
        await async_setup(hass, **service.options())


async def test_submitting_reads_them_three_times_at_most(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, service: StatisticsService, at_most: Reloads
) -> None:
    with at_most(3):
        await async_act(hass, "submit_now")
        await async_settle(hass, sharing_entry)
    assert len(service.received) == 1


async def test_looking_reads_none(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, at_most: Reloads
) -> None:
    shown = []
    sharing_entry.runtime_data.coordinator.async_add_listener(lambda: shown.append(1))
    with at_most(0):
        for action in ("preview_report", "get_prints", "get_events", "get_statistics", "export_data"):
            await async_act(hass, action)
        for page in ("preview", "reports", "collected", "sharing", "delete"):
            await async_open_options(hass, sharing_entry, page)
        await async_settle(hass, sharing_entry)
    assert not shown


async def test_a_print_is_counted_without_reading_any(hass: HomeAssistant, at_most: Reloads) -> None:
    printer = OctoPrint(hass)
    entry = await async_setup(hass, printers=[printer.id])
    with at_most(0):
        await async_act(hass, "record_event", {"event_type": "file_uploaded"})
        await async_settle(hass, entry)
    assert entry.runtime_data.coordinator.data.snapshot.events_stored


async def test_what_reads_cannot_write(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    with pytest.raises(OperationalError, match="readonly"):
        await entry.runtime_data.store.async_read(lambda conn: set_setting(conn, "key", value=1))
    assert await entry.runtime_data.store.async_read(
        lambda conn: conn.scalar(usage_settings.select().where(usage_settings.c.key == "key")) is None
    )
