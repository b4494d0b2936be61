"""Repairs: printers that appear later, and a file that could not be read."""

import asyncio
from http import HTTPStatus
from pathlib import Path
import sqlite3
from typing import Any

from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import sqlalchemy

from custom_components.printernizer_stats import issues
from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.models import UsageEvent

from .clock import SECONDS
from .helpers import EN, OctoPrint, async_act, async_settle, async_setup, entity_state

type Client = TestClient[Request, Application]
_FIX = "/api/repairs/issues/fix"


async def async_open(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> tuple[Client, Any]:
    """Open the repair of new printers as the frontend does."""
    assert await async_setup_component(hass, "repairs", {})
    client: Client = await hass_client()
    answer = await client.post(_FIX, json={"handler": DOMAIN, "issue_id": "new_printers"})
    assert answer.status == HTTPStatus.OK, await answer.text()
    return client, await answer.json()


async def async_finish(client: Client, form: Any, printers: list[str]) -> None:
    """Answer the form."""
    answer = await client.post(f"{_FIX}/{form['flow_id']}", json={"printers": printers})
    assert answer.status == HTTPStatus.OK, await answer.text()
    assert (await answer.json())["type"] == "create_entry"


def offered(issue_registry: ir.IssueRegistry) -> ir.IssueEntry | None:
    return issue_registry.async_get_issue(DOMAIN, "new_printers")


def test_all_issues_are_translated() -> None:
    known = {value for name, value in vars(issues).items() if name.startswith("ISSUE_")}
    assert known == set(EN["issues"])


async def test_no_issue_while_all_printers_are_known(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry
) -> None:
    counted, declined = OctoPrint(hass, "abc"), OctoPrint(hass, "def")
    await async_setup(hass, printers=[counted.id], declined=[declined.id])
    assert issue_registry.issues == {}


async def test_a_new_printer_is_offered_and_then_counted(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry, hass_client: ClientSessionGenerator
) -> None:
    known, declined = OctoPrint(hass, "abc", "Prusa"), OctoPrint(hass, "def", "Ender")
    entry = await async_setup(hass, printers=[known.id], declined=[declined.id], min_print_seconds=0)
    added = OctoPrint(hass, "ghi", "Voron")
    await async_settle(hass, entry)
    issue = offered(issue_registry)
    assert issue is not None
    assert issue.is_fixable
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.translation_key in EN["issues"]

    client, form = await async_open(hass, hass_client)
    assert (form["type"], form["step_id"]) == ("form", "confirm")
    assert form["step_id"] in EN["issues"]["new_printers"]["fix_flow"]["step"]
    (printers,) = form["data_schema"]
    assert printers["name"] == "printers"
    assert printers["default"] == [known.id, added.id]
    options = printers["selector"]["select"]["options"]
    assert {option["value"] for option in options} == {known.id, declined.id, added.id}

    await async_finish(client, form, [known.id, added.id])
    await async_settle(hass, entry)
    assert entry.options["printers"] == [known.id, added.id]
    assert entry.options["declined"] == [declined.id]
    assert entry.options["min_print_seconds"] == 0
    assert issue_registry.issues == {}

    added.show("printing")
    added.show("cancelling")
    added.show("printing")
    await async_settle(hass, entry)
    assert entity_state(hass, entry, "prints_cancelled").state == "1"


async def test_a_declined_printer_is_not_offered_again(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry, hass_client: ClientSessionGenerator
) -> None:
    entry = await async_setup(hass)
    added = OctoPrint(hass)
    await async_settle(hass, entry)
    client, form = await async_open(hass, hass_client)
    await async_finish(client, form, [])
    await async_settle(hass, entry)
    assert entry.options["declined"] == [added.id]
    assert issue_registry.issues == {}

    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    assert issue_registry.issues == {}


async def test_the_offer_goes_with_the_printer(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry, entity_registry: er.EntityRegistry
) -> None:
    entry = await async_setup(hass)
    added = OctoPrint(hass)
    await async_settle(hass, entry)
    assert offered(issue_registry) is not None
    entity_registry.async_remove(added.entity_id)
    await async_settle(hass, entry)
    assert offered(issue_registry) is None


async def test_the_offer_goes_with_the_entry(hass: HomeAssistant, issue_registry: ir.IssueRegistry) -> None:
    OctoPrint(hass)
    entry = await async_setup(hass)
    assert offered(issue_registry) is not None
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert issue_registry.issues == {}


@pytest.mark.allowed_logs
async def test_a_damaged_file_is_reported_and_kept(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry, database: Path
) -> None:
    damaged = b"this is no database, and it is long enough to be taken for one" * 100
    database.write_bytes(damaged)
    entry: MockConfigEntry = await async_setup(hass)
    issue = issue_registry.async_get_issue(DOMAIN, "damaged_file")
    assert issue is not None
    assert not issue.is_fixable
    assert issue.translation_placeholders is not None
    kept = database.with_name(issue.translation_placeholders["file"])
    assert kept.read_bytes() == damaged
    assert entity_state(hass, entry, "prints_completed").state == "0"

    text = EN["issues"][issue.translation_key]["description"].format(**issue.translation_placeholders)
    assert kept.name in text

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert issue_registry.issues == {}
    assert not kept.exists()


@pytest.mark.allowed_logs
async def test_a_file_damaged_while_it_is_used_is_reported_too(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry, database: Path
) -> None:
    entry = await async_setup(hass)
    assert entity_state(hass, entry, "storage_status").state == "ok"
    database.write_bytes(b"\x00garbage" * 2000)
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_settle(hass, entry)
    issue = issue_registry.async_get_issue(DOMAIN, "damaged_file")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert b"garbage" in database.with_name(issue.translation_placeholders["file"]).read_bytes()
    assert entity_state(hass, entry, "storage_status").state == "recovered"
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_settle(hass, entry)
    assert entity_state(hass, entry, "storage_status").state == "recovered", "until the next start"
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    assert entity_state(hass, entry, "storage_status").state == "ok"


@pytest.mark.allowed_logs
async def test_a_file_that_cannot_be_written_is_shown_until_it_can(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    coordinator, full, told = entry.runtime_data.coordinator, True, asyncio.Event()

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        if full:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")

    def tell() -> None:
        if coordinator.data.problem:
            told.set()

    sqlalchemy.event.listen(entry.runtime_data.store._opened.engine, "connect", limit)
    stop = coordinator.async_add_listener(tell)
    uploads = tuple(UsageEvent(type="file_uploaded", at=1.7e9 + number) for number in range(5000))
    entry.runtime_data.store.record(uploads)
    async with asyncio.timeout(SECONDS):
        await told.wait()
    stop()
    assert entity_state(hass, entry, "storage_status").state == "not_writable"
    full = False
    await async_settle(hass, entry)
    assert entity_state(hass, entry, "storage_status").state == "ok"
    assert entity_state(hass, entry, "events_stored").state == "5001"
