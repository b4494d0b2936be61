"""A statistics file that fails under a page: the person is told, and nothing is lost or half saved."""

import asyncio
from datetime import timedelta
from functools import partial
import hashlib
import sqlite3
from typing import Any, Final
from uuid import uuid4

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy import event

from custom_components.printernizer_stats.core.models import UsageEvent

from ..broken import unreadable, unwritable
from ..clock import async_fire_due
from ..forms import async_choose, async_open_options, sharing
from ..helpers import (
    AGREED,
    CLIENT_KEY,
    EN,
    OctoPrint,
    StatisticsService,
    async_act,
    async_pass,
    async_print,
    async_settle,
    async_setup,
    printer_key,
)
from ..proofs import part, tries
from ..second_service import SecondService
from ..texts import LANGUAGES

PAGES: Final = tuple(EN["options"]["step"]["init"]["menu_options"])
EVERY: Final = tries(1, fast=3)
"""Of the pages, so manieth fail in each way; in script/test --fast each of them in one way."""
OFF: Final = sharing(share=False)
type Typed = dict[str, Any]


def typed(page: str, printer: OctoPrint) -> Typed:
    """Return what is sent from a page that cannot be sent as it is."""
    sent: dict[str, Typed] = {
        "printers": {"printers": [], "min_print_seconds": 60},
        "manual": {"entity": "sensor.garage", "printer_type": "other"},
        "energy": {"printer": printer.id},
        "sharing": OFF,
        "import_file": {"file": str(uuid4()), "move": False},
    }
    return sent.get(page, {})


@pytest.fixture
def printer(hass: HomeAssistant) -> OctoPrint:
    """Show a printer."""
    return OctoPrint(hass)


@pytest.fixture
async def entry(
    hass: HomeAssistant, service: StatisticsService, freezer: FrozenDateTimeFactory, printer: OctoPrint
) -> MockConfigEntry:
    """Share, print, have maintenance done and a report sent, and count something after it."""
    freezer.move_to("2026-10-14 10:00:00+00:00")
    entry = await async_setup(hass, **service.options((printer.id,)))
    await async_print(hass, entry, freezer, printer)
    entry.runtime_data.maintenance.async_done(printer_key(entry, printer), 3600)
    await async_act(hass, "submit_now")
    await async_pass(hass, entry, freezer, days=1)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await hass.async_block_till_done(wait_background_tasks=True)
    await async_settle(hass, entry)
    return entry


async def async_next(hass: HomeAssistant, page: Any, sent: Typed) -> Any:
    """Send a page of the options."""
    return await hass.config_entries.options.async_configure(page["flow_id"], sent)


async def async_all(hass: HomeAssistant, entry: MockConfigEntry) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options, and all that the file holds; not when that was asked."""
    export = await async_act(hass, "export_data", {"identity": True})
    del export["created"]
    return dict(entry.options), export


async def async_lose_patience(
    entry: MockConfigEntry, waiting: asyncio.Task[Any], freezer: FrozenDateTimeFactory
) -> Any:
    """Let a minute go by once the store has noticed, and return what the page says that waits for it."""
    coordinator, noticed = entry.runtime_data.coordinator, asyncio.Event()

    def look() -> None:
        if coordinator.data.problem:
            noticed.set()

    stop = coordinator.async_add_listener(look)
    await noticed.wait()
    stop()
    freezer.tick(60)
    return await waiting


def assert_told(result: Any) -> None:
    """Look for the text, and that the flow is over."""
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "storage_failed")


def test_pages_say_what_actions_say() -> None:
    for texts in LANGUAGES.values():
        assert texts["options"]["abort"]["storage_failed"] == texts["exceptions"]["storage_failed"]["message"]


@pytest.mark.parametrize("page", part(PAGES, EVERY))
async def test_a_page_that_is_opened_tells_of_it(
    hass: HomeAssistant, entry: MockConfigEntry, page: str
) -> None:
    options = hass.config_entries.options
    menu = await options.async_init(entry.entry_id)
    with unreadable(entry):
        shown = await async_choose(hass, menu, page)
        if page == "sharing":
            assert shown["step_id"] == "switch_off"
            options.async_abort(shown["flow_id"])
        else:
            assert_told(shown)
    assert not options.async_progress()
    assert (await async_open_options(hass, entry, page))["type"] is not FlowResultType.ABORT


@pytest.mark.parametrize("page", [each for each in part(PAGES, EVERY, 1) if each != "sharing"])
async def test_a_page_that_is_sent_tells_of_it_and_saves_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, page: str
) -> None:
    before = await async_all(hass, entry)
    form = await async_open_options(hass, entry, page)
    with unreadable(entry):
        assert_told(await async_next(hass, form, typed(page, printer)))
    assert await async_all(hass, entry) == before


@pytest.mark.allowed_logs
async def test_sharing_is_switched_off_without_the_file_and_the_ledger_has_it_later(
    hass: HomeAssistant, entry: MockConfigEntry, service: StatisticsService, freezer: FrozenDateTimeFactory
) -> None:
    sent = len(service.received)
    form = await async_open_options(hass, entry, "sharing")
    with unreadable(entry):
        page = await async_next(hass, form, OFF)
        assert (page["type"], page["step_id"]) == (FlowResultType.FORM, "switch_off")
        done = await async_next(hass, page, {})
        assert done["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        assert entry.options["share"] is False
        assert entry.state is ConfigEntryState.SETUP_RETRY
        freezer.tick(timedelta(days=20))
        async_fire_due(hass)
        # The next attempt runs in the background, and must not open the file while it is put back.
        await hass.async_block_till_done(wait_background_tasks=True)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_pass(hass, entry, freezer, days=8)
    assert len(service.received) == sent
    held = await async_act(hass, "export_data")
    assert [each["decision"] for each in held["consents"]] == ["agreed", "withdrawn"]
    step = EN["options"]["step"]["switch_off"]
    text = f"{step['title']}\n{step['description']}"
    assert held["consents"][-1]["text_sha256"] == hashlib.sha256(text.encode()).hexdigest()


async def test_who_does_not_share_is_told_of_the_file_on_the_page_of_sharing(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    with unreadable(entry):
        assert_told(await async_open_options(hass, entry, "sharing"))


async def async_leave(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Go to the page that asks whether to delete what was sent, too."""
    return await async_next(hass, await async_open_options(hass, entry, "sharing"), OFF)


async def async_delete(hass: HomeAssistant, entry: MockConfigEntry, scope: str, *, remote: bool) -> Any:
    """Go to the last page before something is deleted."""
    page = await async_open_options(hass, entry, "delete")
    return await async_next(hass, page, {"scope": scope, "remote": remote})


@pytest.mark.parametrize(
    ("async_go", "sent"),
    [
        (async_leave, {"delete_sent": True}),
        (partial(async_open_options, page="preview"), {"send": True}),
        (partial(async_delete, scope="events", remote=False), {}),
        (partial(async_delete, scope="events", remote=True), {}),
        (partial(async_delete, scope="everything", remote=False), {}),
        (partial(async_delete, scope="everything", remote=True), {}),
    ],
    ids=["leave", "send", "delete_events", "events_and_sent", "delete_everything", "everything_and_sent"],
)
async def test_what_cannot_be_written_is_not_half_done(
    hass: HomeAssistant, entry: MockConfigEntry, service: StatisticsService, async_go: Any, sent: Typed
) -> None:
    before, asked = await async_all(hass, entry), service.asked
    page = await async_go(hass, entry)
    with unwritable(entry):
        assert_told(await async_next(hass, page, sent))
    assert await async_all(hass, entry) == before
    assert service.asked == asked
    done = await async_next(hass, await async_go(hass, entry), sent)
    await async_settle(hass, entry)
    assert done.get("reason") != "storage_failed"
    assert await async_all(hass, entry) != before


@pytest.mark.allowed_logs
async def test_leaving_holds_once_the_deletion_is_noted(
    hass: HomeAssistant, second: SecondService, freezer: FrozenDateTimeFactory
) -> None:
    entry = await async_setup(hass, share=True, consent=AGREED, url=second.url, client_key=CLIENT_KEY)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_act(hass, "submit_now")
    page = await async_leave(hass, entry)

    def forbid(connection: sqlite3.Connection, _record: object) -> None:
        if second.deleted:
            connection.execute("PRAGMA query_only = ON")

    event.listen(entry.runtime_data.store._opened.engine, "connect", forbid)
    left = await async_next(hass, page, {"delete_sent": True})
    assert left["type"] is FlowResultType.CREATE_ENTRY
    await async_settle(hass, entry)
    assert entry.options["share"] is False
    held = await async_act(hass, "export_data")
    assert [each["decision"] for each in held["consents"]] == ["agreed", "withdrawn"]
    assert [each["confirmed"] for each in held["deletions"]] == [None]
    await async_pass(hass, entry, freezer, seconds=61)
    (deletion,) = (await async_act(hass, "export_data"))["deletions"]
    assert deletion["confirmed"] is not None


@pytest.mark.parametrize("page", [each for each in part(PAGES, EVERY, 2) if each != "preview"])
async def test_what_can_be_read_is_shown_on_a_disk_that_cannot_be_written(
    hass: HomeAssistant, entry: MockConfigEntry, page: str
) -> None:
    with unwritable(entry):
        assert (await async_open_options(hass, entry, page))["type"] is not FlowResultType.ABORT


@pytest.mark.allowed_logs
async def test_a_preview_without_what_was_counted_just_now_is_not_shown(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    with unwritable(entry):
        counted = UsageEvent(type="file_uploaded", at=dt_util.utcnow().timestamp())
        entry.runtime_data.tracker.async_record(counted)
        opening = hass.async_create_task(async_choose(hass, menu, "preview"))
        assert_told(await async_lose_patience(entry, opening, freezer))
    await async_settle(hass, entry)
    assert (await async_open_options(hass, entry, "preview"))["type"] is FlowResultType.FORM


async def test_sharing_is_not_switched_on_without_what_it_would_say(
    hass: HomeAssistant, service: StatisticsService
) -> None:
    entry = await async_setup(hass)
    before = await async_all(hass, entry)
    page = await async_next(hass, await async_open_options(hass, entry, "sharing"), sharing(service.url))
    agree = await async_next(hass, page, {"categories": ["usage"]})
    with unreadable(entry):
        assert_told(await async_next(hass, agree, {"agree": True}))
    assert await async_all(hass, entry) == before
    assert service.received == []


@pytest.mark.allowed_logs
async def test_nothing_is_saved_while_something_waits_to_be_written(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Saving starts everything anew: what waits in memory would be lost then."""
    before = await async_act(hass, "get_events", {"event_type": "file_uploaded"})
    page = await async_open_options(hass, entry, "dashboard")
    runtime = entry.runtime_data
    with unwritable(entry):
        runtime.tracker.async_record(UsageEvent(type="file_uploaded", at=dt_util.utcnow().timestamp()))
        saving = hass.async_create_task(async_next(hass, page, {"dashboard": True}))
        assert_told(await async_lose_patience(entry, saving, freezer))
    await async_settle(hass, entry)
    assert entry.runtime_data is runtime
    after = await async_act(hass, "get_events", {"event_type": "file_uploaded"})
    assert len(after["events"]) == len(before["events"]) + 1


async def test_a_backup_is_waited_for_and_not_for_long(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    held, release = entry.runtime_data.store.hold(60)
    await asyncio.wrap_future(held)
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    opening = hass.async_create_task(async_choose(hass, menu, "reports"))
    await asyncio.sleep(0)
    freezer.tick(60)
    assert_told(await opening)
    release.set()
    assert (await async_open_options(hass, entry, "reports"))["type"] is FlowResultType.FORM


@pytest.mark.allowed_logs
async def test_maintenance_that_was_done_is_written_as_soon_as_that_works(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint
) -> None:
    key, book = printer_key(entry, printer), entry.runtime_data.maintenance
    page = await async_open_options(hass, entry, "maintenance")
    with unwritable(entry):
        await async_next(hass, page, {"printers": [key], "interval_hours": 250, "done": False})
        assert book.printers[key].interval_hours == 250
    await async_settle(hass, entry)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.maintenance.printers[key].interval_hours == 250
