"""The options pages for taking the statistics along and for deleting them."""

from datetime import date
from http import HTTPStatus
from io import BytesIO
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from sqlalchemy import text

from custom_components.printernizer_stats.core.sharing import identity

from ..forms import async_open_options, defaults, page_text
from ..helpers import AGREED, CLIENT_KEY, EN, OctoPrint, async_act, async_print, async_setup, printer_key
from ..second_service import SecondService

FLOWS = "/api/config/config_entries/options/flow"


async def async_ask_page(client: Any, entry: MockConfigEntry, page: str) -> dict[str, Any]:
    """Open a page over HTTP, as the frontend does, so that its links are a person's own."""
    menu = await (await client.post(FLOWS, json={"handler": entry.entry_id})).json()
    answer = await client.post(f"{FLOWS}/{menu['flow_id']}", json={"next_step_id": page})
    assert answer.status == HTTPStatus.OK
    result: dict[str, Any] = await answer.json()
    return result


async def test_the_export_page_links_to_the_files(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await async_setup_component(hass, "config", {})
    entry = await async_setup(hass)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    shown = page_text(await async_ask_page(await hass_client(), entry, "export"))
    links = {file: path for path, file in re.findall(r'<a href="([^"]+)" target="_blank">([^<]+)</a>', shown)}

    nobody = await hass_client_no_auth()
    exported = await (await nobody.get(links["printernizer_stats.json"])).json()
    assert [each["type"] for each in exported["events"]] == ["app_start", "file_uploaded"]
    tables = await nobody.get(links["printernizer_stats.zip"])
    assert tables.content_type == "application/zip"
    prints = await nobody.get(links["printernizer_stats_prints.csv"])
    assert (await prints.text()).startswith("ended,printer,")


@pytest.mark.allowed_logs
async def test_an_export_with_its_identity_moves_to_this_machine(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    await async_setup_component(hass, "config", {})
    entry = await async_setup(hass)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    entry.runtime_data.store.run(lambda conn: identity.weekly(conn, date(2026, 11, 16))).result()
    client = await hass_client()
    shown = page_text(await async_ask_page(client, entry, "export"))
    links = {file: path for path, file in re.findall(r'<a href="([^"]+)" target="_blank">([^<]+)</a>', shown)}
    exported = await (await client.get(links["printernizer_stats_with_identity.json"])).read()
    await async_act(hass, "delete_data", {"confirm": True})

    async def upload(content: bytes) -> str:
        answer = await client.post("/api/file_upload", data={"file": BytesIO(content)})
        return str((await answer.json())["file_id"])

    page = await async_open_options(hass, entry, "import_file")
    configure = hass.config_entries.options.async_configure
    refused = await configure(page["flow_id"], {"file": await upload(b"PK"), "move": True})
    assert refused["errors"] == {"base": "import_refused"}
    assert str((refused["description_placeholders"] or {})["reason"]).startswith(
        "The file is not a JSON export"
    )
    result = await configure(page["flow_id"], {"file": await upload(exported), "move": True})
    assert result["type"] is FlowResultType.ABORT, result
    assert result["reason"] == "imported"
    assert result["description_placeholders"] == {"events": "2", "reports": "0"}
    again = await async_open_options(hass, entry, "import_file")
    result = await configure(again["flow_id"], {"file": await upload(exported), "move": False})
    assert result["description_placeholders"] == {"events": "0", "reports": "0"}


async def async_delete(hass: HomeAssistant, page: Any, **chosen: Any) -> Any:
    """Choose what is to go, see what the next page says of it, and agree."""
    confirm = await hass.config_entries.options.async_configure(page["flow_id"], chosen)
    assert (confirm["type"], confirm["step_id"]) == (FlowResultType.FORM, "delete_confirm")
    assert page_text(confirm).startswith(
        "Everything is deleted" if chosen["scope"] == "everything" else "All events"
    )
    assert ("deleted at the statistics service too" in page_text(confirm)) is chosen.get("remote", False)
    result = await hass.config_entries.options.async_configure(page["flow_id"], {})
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.ABORT
    assert EN["options"]["abort"][result["reason"]]
    return result["reason"]


async def test_deleting_asks_twice_and_begins_at_zero(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    printer = OctoPrint(hass)
    entry = await async_setup(hass, printers=[printer.id])
    await async_print(hass, entry, freezer, printer)
    entry.runtime_data.maintenance.async_done(printer_key(entry, printer), 3600)

    page = await async_open_options(hass, entry, "delete")
    # Nothing was ever sent, so nobody is asked whether to delete it elsewhere.
    assert defaults(page) == {"scope": "events"}
    confirm = await hass.config_entries.options.async_configure(page["flow_id"], {"scope": "events"})
    assert "4 events are stored" in page_text(confirm)
    assert entry.runtime_data.coordinator.data.of()["job_completed"] == 1

    page = await async_open_options(hass, entry, "delete")
    assert await async_delete(hass, page, scope="events") == "deleted"
    assert entry.runtime_data.coordinator.data.of() == {}
    assert (await async_act(hass, "get_events"))["events"] == []
    (maintained,) = entry.runtime_data.maintenance.printers.values()
    assert maintained.done_seconds == 0


async def test_a_confirmation_that_comes_too_late_says_so(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    page = await async_open_options(hass, entry, "delete")
    await hass.config_entries.options.async_configure(page["flow_id"], {"scope": "events"})
    assert await hass.config_entries.async_unload(entry.entry_id)
    result = await hass.config_entries.options.async_configure(page["flow_id"], {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")


@pytest.mark.parametrize(("status", "reason"), [(200, "deleted"), (503, "deletion_waits")])
async def test_deleting_at_the_service_too_is_told_as_it_is(
    hass: HomeAssistant, second: SecondService, freezer: FrozenDateTimeFactory, status: int, reason: str
) -> None:
    freezer.move_to("2026-10-14 10:00:00+00:00")
    entry = await async_setup(hass, share=True, consent=AGREED, url=second.url, client_key=CLIENT_KEY)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_act(hass, "submit_now")
    page = await async_open_options(hass, entry, "reports")
    assert "| Received | 2026-10-14 | Confirms this text, signature verified |" in page_text(page)

    page = await async_open_options(hass, entry, "delete")
    assert defaults(page) == {"scope": "events", "remote": True, "at_once": False}
    second.status = status
    assert await async_delete(hass, page, scope="everything", remote=True) == reason
    assert (len(second.received), len(second.deleted)) == ((0, 1) if status == 200 else (1, 0))
    assert "No reports have been created yet." in page_text(await async_open_options(hass, entry, "reports"))
    assert entry.options["share"] is False


async def test_what_was_sent_can_stay(hass: HomeAssistant, second: SecondService) -> None:
    entry = await async_setup(hass, share=True, consent=AGREED, url=second.url, client_key=CLIENT_KEY)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_act(hass, "submit_now")
    page = await async_open_options(hass, entry, "delete")
    assert await async_delete(hass, page, scope="events", remote=False) == "deleted"
    assert (len(second.received), second.deleted) == (1, [])


@pytest.mark.usefixtures("impatient")
async def test_a_file_that_somebody_reads_may_keep_traces_and_that_is_said(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    page = await async_open_options(hass, entry, "delete")
    with entry.runtime_data.store.reader() as conn:
        conn.execute(text("SELECT count(*) FROM events")).scalar()
        assert await async_delete(hass, page, scope="events") == "delete_unfinished"
    page = await async_open_options(hass, entry, "delete")
    assert await async_delete(hass, page, scope="events") == "deleted"
