"""The options pages about reports: their fields, the next one, those that were sent."""

from dataclasses import replace
import hashlib
import json
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from custom_components.printernizer_stats.const import DEFAULT_ENDPOINT
from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.sharing.outbox import ReportState, StoredReport
from custom_components.printernizer_stats.flows.report import comparison

from ..forms import async_choose, async_open_options, defaults, page_text
from ..helpers import AGREED, EN, StatisticsService, async_act, async_pass, async_setup, message
from ..second_service import SecondService


def code_block(text: str) -> bytes:
    """Return what a page shows between its fences."""
    found = re.search(r"```json\n(.*)\n```", text, re.DOTALL)
    assert found is not None
    return found[1].encode()


def seen(text: str) -> str:
    """Return a text without the places where a line may end."""
    return text.replace("\u200b", "")


def fields_of(text: str) -> dict[str, str]:
    """Return the rows of the tables that a page shows, by the path of the field."""
    return dict(re.findall(r"^\| `([a-z0-9_.]+)` \| (.*) \|$", text, re.MULTILINE))


async def async_send(hass: HomeAssistant, page: Any) -> Any:
    """Tick that the previewed report is to be sent."""
    assert defaults(page) == {"send": False}
    return await hass.config_entries.options.async_configure(page["flow_id"], {"send": True})


async def test_every_field_is_shown_with_its_purpose(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker
) -> None:
    text = page_text(await async_open_options(hass, await async_setup(hass), "collected"))
    rows = fields_of(text)
    assert rows.keys() == DICTIONARY.report.keys()
    for path, declared in DICTIONARY.report.items():
        assert rows[path].endswith(f"| {declared.unit or ''} | {declared.purpose}"), path
    for category, holds in DICTIONARY.categories.items():
        name = EN["selector"]["category"]["options"][category]
        assert f"**{name}** (not shared): {holds}" in text
    assert rows["usage_stats.print_hours"].startswith("Whole number, 0-1000000 | h |")
    assert rows["installation.platform"].startswith("One of: darwin, linux, other, windows |")
    assert rows["usage_stats.feature_usage"].startswith("For each of auto_job_creation_enabled, ")
    assert ": Yes or no |" in rows["usage_stats.feature_usage"]
    assert aioclient_mock.call_count == 0


@pytest.mark.parametrize(
    ("protocol", "asked", "version"),
    [("1.0", True, "Always 1.0"), ("2.0", True, "Always 2.0"), ("1.0", False, "Always 1.0")],
)
async def test_the_fields_are_those_of_the_protocol_that_the_service_speaks_or_was_agreed_to(
    hass: HomeAssistant,
    service: StatisticsService,
    second: SecondService,
    protocol: str,
    asked: bool,
    version: str,
) -> None:
    url = second.url if protocol == "2.0" else service.url
    entry = await async_setup(hass, **{**service.options(), "url": url})
    if asked:
        report = json.loads((await async_act(hass, "preview_report"))["body"])
        assert report["schema_version"] == protocol
    rows = fields_of(page_text(await async_open_options(hass, entry, "collected")))
    assert rows["schema_version"].startswith(f"{version} |")
    only_in_2 = {path for path, declared in DICTIONARY.report.items() if declared.protocol == "2.0"}
    assert rows.keys() == DICTIONARY.report.keys() - (only_in_2 if protocol == "1.0" else set())


async def test_the_fields_of_all_protocols_are_shown_while_nobody_knows(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    rows = fields_of(page_text(await async_open_options(hass, entry, "collected")))
    assert rows["schema_version"].startswith("One of: 1.0, 2.0 |")
    assert rows.keys() == DICTIONARY.report.keys()


@pytest.mark.parametrize("page", ["collected", "preview", "reports"])
async def test_pages_answer_what_people_ask(hass: HomeAssistant, page: str) -> None:
    """What, why, where to, how long, how to stop it; and first of all whether it is on."""
    entry = await async_setup(hass)
    text = page_text(await async_open_options(hass, entry, page))
    assert text.startswith("Sharing is off: nothing is sent.")
    assert DEFAULT_ENDPOINT in text
    if page == "collected":
        asked = ["What:", "Why:", "Where:", "How long:", "How to stop:"]
        assert [each for each in re.findall(r"\*\*(.+?)\*\*", text) if each.endswith(":")] == asked


async def test_the_preview_shows_the_exact_bytes_and_sends_nothing_while_sharing_is_off(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker
) -> None:
    entry = await async_setup(hass)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    page = await async_open_options(hass, entry, "preview")
    shown = await async_act(hass, "preview_report")
    text = page_text(page)
    assert code_block(text) == shown["body"].encode()
    assert hashlib.sha256(code_block(text)).hexdigest() == shown["sha256"]
    assert f"`{shown['sha256']}`" in text
    assert f"Size: {len(code_block(text))} bytes" in text
    assert defaults(page) == {}
    assert aioclient_mock.call_count == 0


async def test_what_was_previewed_is_sent_and_its_receipt_is_shown(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, service: StatisticsService
) -> None:
    reports = page_text(await async_open_options(hass, sharing_entry, "reports"))
    assert "Reports so far: 0" in reports
    assert "No reports have been created yet." in reports

    page = await async_open_options(hass, sharing_entry, "preview")
    assert page_text(page).startswith("Sharing is on: one report is sent each week.")
    result = await async_send(hass, page)
    assert service.received == [code_block(page_text(page))]
    assert result["step_id"] == "reports"
    assert "| 2026-10-14 - 2026-10-14 | Received | 2026-10-14 | Confirms this text |" in page_text(result)
    assert json.loads(service.received[0])["period"]["start"] == "2026-10-14T00:00:00Z"


async def test_other_bytes_than_those_shown_are_not_sent(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, service: StatisticsService
) -> None:
    page = await async_open_options(hass, sharing_entry, "preview")
    menu = await hass.config_entries.options.async_configure(page["flow_id"], {"send": False})
    assert (menu["step_id"], service.received) == ("init", [])
    page = await async_choose(hass, menu, "preview")
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    result = await async_send(hass, page)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "not_sent")
    assert page_text(result).rstrip(".") == message("preview_outdated")
    assert service.received == []

    again = await hass.config_entries.options.async_configure(result["flow_id"], {})
    await async_send(hass, again)
    assert service.received == [code_block(page_text(again))]


async def test_a_report_that_waits_is_shown_as_it_will_be_sent(
    hass: HomeAssistant,
    sharing_entry: MockConfigEntry,
    service: StatisticsService,
    freezer: FrozenDateTimeFactory,
) -> None:
    service.status = 503
    page = await async_open_options(hass, sharing_entry, "preview")
    first = code_block(page_text(page))
    result = await async_send(hass, page)
    assert page_text(result).rstrip(".") == message("submission_delayed")
    assert "| Waiting |" in page_text(await async_open_options(hass, sharing_entry, "reports"))

    again = await async_open_options(hass, sharing_entry, "preview")
    assert code_block(page_text(again)) == first
    service.status = 410
    await async_send(hass, again)
    assert "| Refused, will not be sent again |" in page_text(
        await async_open_options(hass, sharing_entry, "reports")
    )

    page = await async_open_options(hass, sharing_entry, "preview")
    assert defaults(page) == {}
    service.status = 200
    await async_pass(hass, sharing_entry, freezer, days=1)
    await async_act(hass, "record_event", {"event_type": "file_downloaded"})
    page = await async_open_options(hass, sharing_entry, "preview")
    await async_send(hass, page)
    assert service.received == [code_block(page_text(page))]


async def test_a_report_that_nobody_answered_yet_waits(
    hass: HomeAssistant,
    sharing_entry: MockConfigEntry,
    service: StatisticsService,
    freezer: FrozenDateTimeFactory,
) -> None:
    await sharing_entry.runtime_data.report_scheduler.async_preview()
    freezer.move_to("2026-10-19 00:00:01+00:00")
    await sharing_entry.runtime_data.report_scheduler.async_close_week()
    text = page_text(await async_open_options(hass, sharing_entry, "reports"))
    assert "| 2026-10-14 - 2026-10-18 | Waiting |  | None |" in text
    assert service.received == []


async def test_what_changed_since_the_last_report_is_bold(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    page = await async_open_options(hass, sharing_entry, "preview")
    assert "| Field | This report |" in page_text(page)
    assert "| `usage_stats.upload_count` | 1 |" in seen(page_text(page))
    await async_send(hass, page)

    await async_pass(hass, sharing_entry, freezer, days=1)
    for event_type in ("file_uploaded", "file_downloaded", "file_downloaded"):
        await async_act(hass, "record_event", {"event_type": event_type})
    await async_act(
        hass, "record_event", {"event_type": "error_occurred", "data": {"error_type": "printer_error"}}
    )
    text = seen(page_text(await async_open_options(hass, sharing_entry, "preview")))
    assert "| Field | Report for 2026-10-14 - 2026-10-14 | This report |" in text
    assert "| `usage_stats.upload_count` | 1 | 1 |" in text
    assert "| `usage_stats.file_count` | 0 | **2** |" in text
    assert "| `error_summary.printer_error` |  | **1** |" in text
    assert '| `period.start` | "2026-10-14T00:00:00Z" | **"2026-10-15T00:00:00Z"** |' in text


def test_what_an_earlier_report_had_and_this_one_has_not() -> None:
    earlier = StoredReport(
        id=1, state=ReportState.ACKNOWLEDGED, body=b'{"error_summary":{"printer_error":3}}', sha256="",
        start="2026-10-14", end="2026-10-15", attempts=1, answered_at=None, status=200, receipt=None,
        endpoint=None,
    )  # fmt: skip
    shown = comparison(str, earlier, replace(earlier, body=b'{"error_summary":{}}'))
    assert "| `error_summary.printer_error` | 3 | **-** |" in seen(shown)


def test_no_cell_of_the_comparison_is_so_wide_that_the_next_one_is_cut_off() -> None:
    history = {"weeks_since_previous_report": "none"}
    body = json.dumps({"consent": {"text_sha256": "0" * 64}, "history": history})
    report = StoredReport(
        id=1, state=ReportState.ACKNOWLEDGED, body=body.encode(), sha256="",
        start="2026-10-14", end="2026-10-15", attempts=1, answered_at=None, status=200, receipt=None,
        endpoint=None,
    )  # fmt: skip
    for earlier in (None, report):
        rows = comparison(str, earlier, report).splitlines()[2:]
        assert f'"{"0" * 64}"' in seen(rows[0])
        runs = [run for row in rows for run in re.split(r"[\s\u200b]", row)]
        assert max(map(len, runs)) <= 14


async def test_the_fields_are_told_by_what_was_agreed_to(
    hass: HomeAssistant, service: StatisticsService
) -> None:
    consent = {**AGREED, "categories": ["base", "usage"]}
    entry = await async_setup(hass, **{**service.options(), "consent": consent})
    text = page_text(await async_open_options(hass, entry, "collected"))
    assert re.findall(r"\*\*(\w+)\*\* \(shared\)", text) == ["Basics", "Usage"]
    assert re.findall(r"\*\*(\w+)\*\* \(not shared\)", text) == ["Printers", "Features", "Errors"]


async def test_a_machine_that_asks_not_to_be_tracked_sends_nothing(
    hass: HomeAssistant, service: StatisticsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    entry = await async_setup(hass, **service.options())
    page = await async_open_options(hass, entry, "preview")
    assert page_text(page).startswith("Sharing is paused")
    assert defaults(page) == {}
    assert "(shared)" not in page_text(await async_open_options(hass, entry, "collected"))
    assert service.asked == 0
