"""Diagnostics and system health: enough to help, nothing that names anything."""

import json

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.core.store.migrations import SCHEMA_VERSION
from custom_components.printernizer_stats.diagnostics import async_get_config_entry_diagnostics

from .broken import unreadable
from .helpers import EN, OctoPrint, StatisticsService, async_act, async_print, async_settle, async_setup

ENDPOINT = "https://stats.my-own-host.example/submit"


async def test_diagnostics_are_counts_and_flags(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to("2026-10-14 10:00:00+00:00")
    printer, other = OctoPrint(hass, "SERIAL123", "Anna's printer"), OctoPrint(hass, "SERIAL456")
    entry = await async_setup(
        hass,
        printers=[printer.id],
        declined=[other.id],
        url=ENDPOINT,
        client_key="a-secret-of-mine",
        min_print_seconds=90,
    )
    await async_print(hass, entry, freezer, printer)
    entry.runtime_data.tracker.async_record(
        UsageEvent(type="file_uploaded", at=1.0, data={"file_name": "anna.gcode"})
    )
    await async_settle(hass, entry)
    found = await async_get_config_entry_diagnostics(hass, entry)

    assert found["options"] == {
        "printers": 1,
        "declined": 1,
        "manual": 0,
        "share": False,
        "backfill": False,
        "default_endpoint": False,
        "default_client_key": False,
        "numbers": {"min_print_seconds": 90},
    }
    assert found["printers"] == [{"type": "octoprint", "outcome": "heuristic"}]
    assert found["sharing"] == {"status": "off", "pending": 0, "submitted": False}
    assert found["values_dropped"] == 1
    assert found["problem"] is None
    store = found["store"]
    assert store["schema_version"] == SCHEMA_VERSION
    assert store["bytes"] > 4096
    assert store["begun_anew"] is False
    assert store["rows"]["usage_events"] == 5
    assert store["rows"]["usage_printers"] == 1
    assert store["counters"]["total"] > 5
    assert store["intervals"] == {"open": 1}
    assert store["reports"] == {}
    assert store["consent"] == {"intact": True, "entries": []}


async def test_what_is_downloaded_names_nothing(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    printer = OctoPrint(hass, "SERIAL123", "Anna's printer")
    entry = await async_setup(hass, printers=[printer.id], url=ENDPOINT, client_key="a-secret-of-mine")
    printer.show("printing", 0)
    await async_settle(hass, entry)
    keys = await entry.runtime_data.keys.async_key(printer.id)
    found = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert set(found) == set(await async_get_config_entry_diagnostics(hass, entry))
    text = json.dumps(found).casefold()
    for secret in (
        printer.id,
        printer.entity_id,
        keys,
        entry.entry_id,
        "serial123",
        "anna",
        "my-own-host",
        "a-secret-of-mine",
        hass.config.config_dir.casefold(),
    ):
        assert secret not in text


async def test_diagnostics_count_reports_by_state(
    hass: HomeAssistant,
    sharing_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.move_to("2026-10-15 10:00:00+00:00")
    await async_act(hass, "submit_now")
    found = await async_get_config_entry_diagnostics(hass, sharing_entry)
    assert found["store"]["reports"] == {"acknowledged": 1}
    assert found["store"]["intervals"] == {"closed": 1, "open": 1, "private": 1}
    assert found["sharing"] == {"status": "sent", "pending": 0, "submitted": True}


@pytest.mark.allowed_logs
async def test_diagnostics_of_a_file_that_cannot_be_read(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    with unreadable(entry):
        found = await async_get_config_entry_diagnostics(hass, entry)
    assert found["store"].keys() == {"bytes", "begun_anew", "error"}
    assert found["store"]["error"].endswith("Error")


async def test_system_health_asks_nobody_while_sharing_is_off(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await async_setup(hass)
    info = await get_system_health_info(hass, DOMAIN)
    assert info == {
        "events_stored": 1,
        "file_kib": info["file_kib"],
        "schema_version": SCHEMA_VERSION,
        "sharing": False,
        "own_service": False,
    }
    assert info["file_kib"] > 3
    assert aioclient_mock.call_count == 0


async def test_system_health_asks_the_service_when_sharing_is_on(
    hass: HomeAssistant,
    sharing_entry: MockConfigEntry,
    service: StatisticsService,
    freezer: FrozenDateTimeFactory,
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    freezer.move_to("2026-10-15 10:00:00+00:00")
    await async_act(hass, "submit_now")
    info = await get_system_health_info(hass, DOMAIN)
    assert info["sharing"] is True
    assert info["own_service"] is True
    assert info["last_submission"].isoformat() == "2026-10-15T10:00:00+00:00"
    assert await info["service_reachable"] == "ok"
    assert service.url not in str(info)
    assert set(info) <= set(EN["system_health"]["info"])


async def test_system_health_of_an_entry_that_is_not_loaded(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "system_health", {})
    entry = await async_setup(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await get_system_health_info(hass, DOMAIN) == {"loaded": False}
