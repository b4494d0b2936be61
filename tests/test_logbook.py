"""Usage events as the logbook shows them, by its own processor and over its WebSocket command."""

from typing import Any, Final

from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.printernizer_stats.const import DOMAIN, NAME
from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.models import UsageEvent

from .helpers import EN, OctoPrint, async_settle, async_setup

TEXTS: Final[dict[str, str]] = EN["selector"]["event_type"]["options"]
DATA: Final[dict[str, dict[str, Any]]] = {
    "error_occurred": {"error_type": "print_failed"},
    "job_completed": {"duration_seconds": 3725},
    "feature_enabled": {"feature": "sharing_enabled"},
    "feature_disabled": {"feature": "sharing_enabled"},
}


async def async_read(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> list[tuple[str, str]]:
    """Return who did what, as the logbook's page asks for it."""
    await get_instance(hass).async_block_till_done()
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "logbook/get_events", "start_time": "2020-01-01T00:00:00Z"})
    answer = await client.receive_json()
    return [(row["name"], row["message"]) for row in answer["result"] if row.get("domain") == DOMAIN]


@pytest.fixture
async def entry(recorder_mock: Recorder, hass: HomeAssistant) -> MockConfigEntry:
    """Count a printer, with a logbook that sees it."""
    for component in ("http", "websocket_api", "logbook"):
        assert await async_setup_component(hass, component, {})
    printer = OctoPrint(hass, "abc", "Prusa MK4")
    return await async_setup(hass, printers=[printer.id])


async def async_happen(hass: HomeAssistant, entry: MockConfigEntry, printer: str | None, *types: str) -> None:
    """Store events as they happen now."""
    entry.runtime_data.store.record(
        tuple(UsageEvent(type=each, at=1.79e9, printer=printer, data=DATA.get(each, {})) for each in types)
    )
    await async_settle(hass, entry)


async def test_every_event_reads_as_a_sentence(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry
) -> None:
    (printer,) = entry.runtime_data.printers
    types = list(DICTIONARY.events)
    await async_happen(hass, entry, printer, *types)
    lines = await async_read(hass, hass_ws_client)
    told = dict(TEXTS, job_completed=f"{TEXTS['job_completed']} (1:02:05)")
    assert lines[-len(types) :] == [("Prusa MK4", told[each]) for each in types]


async def test_what_no_printer_did_is_told_of_us(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry
) -> None:
    await async_happen(hass, entry, None, "file_uploaded")
    await async_happen(hass, entry, "gone", "job_failed")
    lines = await async_read(hass, hass_ws_client)
    assert lines[-2:] == [(NAME, TEXTS["file_uploaded"]), (NAME, TEXTS["job_failed"])]


async def test_the_past_can_be_read_while_nothing_is_counted(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry
) -> None:
    (printer,) = entry.runtime_data.printers
    await async_happen(hass, entry, printer, "job_failed")
    await hass.config_entries.async_unload(entry.entry_id)
    assert (NAME, TEXTS["job_failed"]) in await async_read(hass, hass_ws_client)
