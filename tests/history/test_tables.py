"""Prints and events as tables: actions, the WebSocket command and the CSV download."""

import asyncio
import csv
from datetime import datetime
from http import HTTPStatus
import io
from typing import Any, Final

from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.core.store.writer import Task
from custom_components.printernizer_stats.history.tables import PRINT_COLUMNS

from ..broken import unreadable
from ..helpers import (
    OctoPrint,
    StatisticsService,
    async_act,
    async_print,
    async_refused,
    async_settle,
    async_setup,
    printer_key,
)

type Client = TestClient[Request, Application]
PRINTS: Final = f"/api/{DOMAIN}/prints.csv"
WEDNESDAY: Final = "2026-10-14 10:00:00-07:00"


@pytest.fixture(autouse=True)
def _wednesday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(WEDNESDAY)


@pytest.fixture
def printer(hass: HomeAssistant) -> OctoPrint:
    """Show an idle printer."""
    printer = OctoPrint(hass, "abc", "Prusa MK4")
    printer.show("operational", 0)
    return printer


@pytest.fixture
async def entry(hass: HomeAssistant, printer: OctoPrint) -> MockConfigEntry:
    """Count the printer."""
    return await async_setup(hass, printers=[printer.id])


async def async_fill(
    hass: HomeAssistant, entry: MockConfigEntry, *days: str, printer: str = "gone", **data: int
) -> None:
    """Store a print of ten minutes at noon (UTC) of each day, by a printer that is gone if none is named."""
    entry.runtime_data.store.record(
        tuple(
            UsageEvent(
                type="job_completed",
                at=datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp(),
                printer=printer,
                data={"printer_type": "prusa", "duration_seconds": 600, **data},
            )
            for day in days
        )
    )
    await async_settle(hass, entry)


async def async_ask(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    token: str | None = None,
    command: str = "prints",
    **message: Any,
) -> Any:
    """Ask for prints, or for something else, as the frontend does."""
    assert await async_setup_component(hass, "websocket_api", {})
    client = await (hass_ws_client(hass, token) if token else hass_ws_client(hass))
    await client.send_json_auto_id({"type": f"{DOMAIN}/{command}", **message})
    return await client.receive_json()


@pytest.mark.parametrize("command", ["prints", "report"])
async def test_the_frontend_is_told_of_a_file_that_cannot_be_read(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator, command: str
) -> None:
    with unreadable(entry):
        answer = await async_ask(hass, hass_ws_client, command=command)
    assert answer["error"]["translation_key"] == "storage_failed"
    assert (await async_ask(hass, hass_ws_client, command=command))["success"]


@pytest.mark.parametrize("command", ["prints", "report"])
async def test_the_frontend_is_told_of_a_file_that_is_busy_for_long(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    store, waits = entry.runtime_data.store, asyncio.Event()
    held, release = store.hold(3600)
    await asyncio.wrap_future(held)
    submit = store._submit

    def noticed(task: Task[Any]) -> Any:
        waits.set()
        return submit(task)

    monkeypatch.setattr(store, "_submit", noticed)
    asking = hass.async_create_task(async_ask(hass, hass_ws_client, command=command))
    await waits.wait()
    freezer.tick(60)
    answer = await asking
    release.set()
    assert answer["error"]["translation_key"] == "storage_failed"


async def test_prints_come_latest_first_and_page_by_page(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    await async_fill(
        hass, entry, "2026-10-01", "2026-10-02", filament_mm=1200, energy_wh=350, energy_cost=105
    )
    await async_print(hass, entry, freezer, printer)
    answer = await async_act(hass, "get_prints")
    assert answer["total"] == 3
    assert answer["prints"][0] == {
        "ended": "2026-10-14T18:00:00+00:00",
        "printer": printer_key(entry, printer),
        "name": "Prusa MK4",
        "printer_type": "octoprint",
        "result": "completed",
        "duration_seconds": 3600,
        "filament_mm": None,
        "filament_g": None,
        "energy_wh": None,
        "cost": None,
    }
    assert answer["prints"][1] == {
        "ended": "2026-10-02T12:00:00+00:00",
        "printer": "gone",
        "name": None,
        "printer_type": "prusa",
        "result": "completed",
        "duration_seconds": 600,
        "filament_mm": 1200,
        "filament_g": None,
        "energy_wh": 350,
        "cost": 0.105,
    }
    page = await async_act(hass, "get_prints", {"limit": 1, "offset": 2})
    assert [each["ended"] for each in page["prints"]] == ["2026-10-01T12:00:00+00:00"]
    assert page["total"] == 3


async def test_a_printer_is_named_by_its_device_or_its_key(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    await async_fill(hass, entry, "2026-10-01")
    await async_print(hass, entry, freezer, printer)
    key = printer_key(entry, printer)
    device_id = entry.runtime_data.printers[key].device_id
    for given, found in ((device_id, key), (key, key), ("gone", "gone")):
        answer = await async_act(hass, "get_prints", {"printer": given})
        assert [each["printer"] for each in answer["prints"]] == [found]
        assert answer["total"] == 1
    for action in ("get_prints", "get_events", "get_statistics"):
        assert await async_refused(hass, action, {"printer": "nobody"}) == "unknown_printer"


async def test_a_printer_without_a_device_is_named_by_ours(hass: HomeAssistant) -> None:
    printer = OctoPrint(hass)
    entry = await async_setup(hass, printers=[printer.id])
    key = printer_key(entry, printer)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    device = next(each for each in devices if (DOMAIN, key) in each.identifiers)
    answer = await async_act(hass, "get_statistics", {"printer": device.id})
    assert answer["printer"] == key


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("get_prints", {"limit": 0}),
        ("get_prints", {"limit": 1001}),
        ("get_prints", {"offset": -1}),
        ("get_events", {"event_type": "made_up"}),
        ("get_events", {"since": "yesterday"}),
    ],
)
async def test_fields_have_bounds(
    hass: HomeAssistant, entry: MockConfigEntry, action: str, data: dict[str, Any]
) -> None:
    with pytest.raises(probatio.Invalid):
        await async_act(hass, action, data)


async def test_events_are_filtered(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_fill(hass, entry, "2026-10-01", "2026-10-02", "2026-10-03")

    async def times(**wanted: Any) -> list[str]:
        answer = await async_act(hass, "get_events", {"event_type": "job_completed", **wanted})
        return [each["time"][:10] for each in answer["events"]]

    assert await times() == ["2026-10-01", "2026-10-02", "2026-10-03"]
    assert await times(since="2026-10-02T05:00:00") == ["2026-10-02", "2026-10-03"], "local time"
    assert await times(since="2026-10-02T05:00:01") == ["2026-10-03"]
    assert await times(until="2026-10-02T12:00:00+00:00") == ["2026-10-01"]
    assert await times(printer="gone", limit=1, offset=1) == ["2026-10-02"]
    page = await async_act(hass, "get_events", {"limit": 2})
    assert (len(page["events"]), page["more"]) == (2, True)
    page = await async_act(hass, "get_events", {"limit": 2, "offset": 3, "event_type": "job_completed"})
    assert page == {"events": [], "more": False}


async def test_events_that_were_reported_are_told_from_others(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, service: StatisticsService
) -> None:
    await async_act(hass, "submit_now")
    await async_act(hass, "record_event", {"event_type": "file_downloaded"})
    told = await async_act(hass, "get_events", {"submitted": True})
    assert "file_uploaded" in [each["type"] for each in told["events"]]
    others = await async_act(hass, "get_events", {"submitted": False})
    assert [each["type"] for each in others["events"]] == ["app_start", "feature_enabled", "file_downloaded"]


async def test_the_frontend_pages_through_prints(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry
) -> None:
    await async_fill(hass, entry, "2026-10-01", "2026-10-02")
    answer = await async_ask(hass, hass_ws_client, limit=1)
    assert answer["result"] == await async_act(hass, "get_prints", {"limit": 1})
    answer = await async_ask(hass, hass_ws_client, offset=1, printer="gone")
    assert [each["ended"][:10] for each in answer["result"]["prints"]] == ["2026-10-01"]


@pytest.mark.allowed_logs
async def test_the_frontend_is_told_what_is_wrong(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    entry: MockConfigEntry,
) -> None:
    assert (await async_ask(hass, hass_ws_client, printer="nobody"))["error"]["code"] == "not_found"
    assert (await async_ask(hass, hass_ws_client, limit=0))["error"]["code"] == "invalid_format"
    reader = await async_ask(hass, hass_ws_client, hass_read_only_access_token)
    assert reader["error"]["code"] == "unauthorized"
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await async_ask(hass, hass_ws_client))["error"]["code"] == "not_found"


@pytest.mark.allowed_logs  # the access log cannot tell the time while it stands still
async def test_prints_are_downloaded_as_a_table_that_no_spreadsheet_calculates(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    entry: MockConfigEntry,
    printer: OctoPrint,
) -> None:
    await async_fill(hass, entry, "2026-10-01", energy_cost=-1500)
    await async_fill(hass, entry, "2026-10-02", printer=printer_key(entry, printer))
    source = er.async_get(hass).async_get(printer.entity_id)
    assert source is not None
    assert source.device_id is not None
    dr.async_get(hass).async_update_device(source.device_id, name_by_user='=HYPERLINK("x","y"), sure')
    client: Client = await hass_client()
    answer = await client.get(PRINTS)
    assert answer.status == HTTPStatus.OK
    assert answer.content_type == "text/csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{DOMAIN}_prints.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    head, first, second = csv.reader(io.StringIO(await answer.text()))
    assert head == list(PRINT_COLUMNS)
    assert dict(zip(head, first, strict=True)) == {
        "ended": "2026-10-01T12:00:00+00:00",
        "printer": "gone",
        "name": "",
        "printer_type": "prusa",
        "result": "completed",
        "duration_seconds": "600",
        "filament_mm": "",
        "filament_g": "",
        "energy_wh": "",
        "cost": "-1.5",
    }
    assert dict(zip(head, second, strict=True))["name"] == '\'=HYPERLINK("x","y"), sure'


@pytest.mark.allowed_logs
async def test_others_may_not_download_the_table(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
    entry: MockConfigEntry,
) -> None:
    reader: Client = await hass_client(hass_read_only_access_token)
    assert (await reader.get(PRINTS)).status == HTTPStatus.UNAUTHORIZED
    stranger: Client = await hass_client_no_auth()
    assert (await stranger.get(PRINTS)).status == HTTPStatus.UNAUTHORIZED
    await hass.config_entries.async_unload(entry.entry_id)
    client: Client = await hass_client()
    assert (await client.get(PRINTS)).status == HTTPStatus.SERVICE_UNAVAILABLE
