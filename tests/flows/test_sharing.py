"""Opting in, by category and with a last look, and opting out, as a user does it."""

import hashlib
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DEFAULT_CLIENT_KEY, DEFAULT_ENDPOINT, DOMAIN
from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.store.consent_ledger import ledger

from ..forms import (
    async_agree,
    async_open_options,
    async_to_sharing,
    defaults,
    error_of,
    server_defaults,
    sharing,
)
from ..helpers import (
    AGREED,
    CLIENT_KEY,
    EN,
    OctoPrint,
    StatisticsService,
    async_act,
    async_pass,
    async_send_rest,
    async_settle,
    async_setup,
)
from ..texts import LANGUAGES, assert_step_is_translated


async def async_next(hass: HomeAssistant, page: Any, typed: dict[str, Any]) -> Any:
    """Send a page of the options."""
    return await hass.config_entries.options.async_configure(page["flow_id"], typed)


def decisions(entry: MockConfigEntry) -> list[dict[str, Any]]:
    """Return the ledger's entries, after a look at its chain."""
    known = entry.runtime_data.store.run(ledger).result()
    assert known["intact"]
    entries: list[dict[str, Any]] = known["entries"]
    return entries


async def test_nothing_is_ticked_that_was_not_agreed_to(
    hass: HomeAssistant, service: StatisticsService
) -> None:
    first = await async_to_sharing(hass)
    flow = hass.config_entries.flow
    page: Any = await flow.async_configure(first["flow_id"], sharing(service.url))
    assert defaults(page) == {"categories": []}
    assert_step_is_translated(page, EN["config"])
    for path, declared in DICTIONARY.report.items():
        assert f"- `{path}`: {declared.purpose}" in page["description_placeholders"]["fields"]
    with pytest.raises(InvalidData):
        await flow.async_configure(page["flow_id"], {"categories": ["base"]})

    page = await flow.async_configure(page["flow_id"], {"categories": ["usage"]})
    assert defaults(page) == {"agree": False}
    assert_step_is_translated(page, EN["config"])
    shown = page["description_placeholders"]
    assert shown["endpoint"] == service.url
    assert "usage_stats.job_count" in shown["fields"]
    assert "installation.installation_id" in shown["fields"]
    assert "printer_fleet" not in shown["fields"]
    assert "error_summary" not in shown["fields"]

    page = await flow.async_configure(page["flow_id"], {"agree": False})
    assert error_of(page, "config") == "not_agreed"
    assert hass.config_entries.async_entries(DOMAIN) == []

    done = await flow.async_configure(page["flow_id"], {"agree": True})
    entry = done["result"]
    await async_settle(hass, entry)
    step = EN["config"]["step"]["agree"]
    labels = [step["data"]["agree"], step["data_description"]["agree"]]
    text = "\n".join([step["title"], step["description"].format(**shown), *labels])
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert entry.options["consent"] == {
        "version": 1,
        "categories": ["base", "usage"],
        "text_sha256": digest,
        "language": "en",
        "includes_past": False,
    }
    (decided,) = decisions(entry)
    assert decided["decision"] == "agreed"
    assert {name: decided[name] for name in entry.options["consent"]} == entry.options["consent"]


async def test_only_what_was_agreed_to_is_sent(hass: HomeAssistant, service: StatisticsService) -> None:
    page = await async_to_sharing(hass)
    done = await async_agree(hass.config_entries.flow, page, sharing(service.url), "usage")
    await async_settle(hass, done["result"])
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    error = {"event_type": "error_occurred", "data": {"error_type": "printer_error"}}
    await async_act(hass, "record_event", error)
    await async_act(hass, "submit_now")
    (body,) = (json.loads(body) for body in service.received)
    assert body["usage_stats"]["upload_count"] == 1
    assert "feature_usage" not in body["usage_stats"]
    assert body["printer_fleet"] == {}
    assert "error_summary" not in body


async def test_the_text_and_the_language_of_the_house_are_noted(
    hass: HomeAssistant, service: StatisticsService
) -> None:
    flow: Any = hass.config_entries.flow
    german = LANGUAGES["de"]
    purposes = german["selector"]["report"]["options"]
    hass.config.language = "de"
    page = await async_to_sharing(hass)
    page = await flow.async_configure(page["flow_id"], sharing(service.url))
    page = await flow.async_configure(page["flow_id"], {"categories": []})
    shown = page["description_placeholders"]
    assert f"- `installation.platform`: {purposes['installation-platform']}" in shown["fields"]
    done = await flow.async_configure(page["flow_id"], {"agree": True})
    consent = done["result"].options["consent"]
    step = german["config"]["step"]["agree"]
    labels = [step["data"]["agree"], step["data_description"]["agree"]]
    text = "\n".join([step["title"], step["description"].format(**shown), *labels])
    assert consent["language"] == "de"
    assert consent["text_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    hass.config.language = "xx"
    entry = done["result"]
    await async_settle(hass, entry)
    page = await async_open_options(hass, entry, "sharing")
    await async_agree(hass.config_entries.options, page, sharing(service.url))
    await async_settle(hass, entry)
    assert entry.options["consent"]["language"] == "en"
    assert entry.options["consent"]["text_sha256"] != consent["text_sha256"]


async def test_on_and_off_in_the_options(hass: HomeAssistant, service: StatisticsService) -> None:
    printer = OctoPrint(hass)
    entry = await async_setup(hass, printers=[printer.id], min_print_seconds=30)
    page = await async_open_options(hass, entry, "sharing")
    assert defaults(page)["share"] is False
    assert server_defaults(page) == {"url": DEFAULT_ENDPOINT, "client_key": DEFAULT_CLIENT_KEY}
    assert page["description_placeholders"]["ledger"] == ""
    await async_agree(hass.config_entries.options, page, sharing(service.url), "printers", "errors")
    await async_settle(hass, entry)
    assert {**entry.options, "consent": None} == {
        "printers": [printer.id],
        "min_print_seconds": 30,
        "share": True,
        "url": service.url,
        "pseudonymous": service.url,
        "client_key": CLIENT_KEY,
        "consent": None,
    }
    assert entry.runtime_data.report_scheduler.state.next is not None

    page = await async_open_options(hass, entry, "sharing")
    assert defaults(page)["share"] is True
    assert server_defaults(page) == {"url": service.url, "client_key": CLIENT_KEY}
    assert "agreed to Basics, Errors, Printers" in page["description_placeholders"]["ledger"]
    page = await async_next(hass, page, sharing(service.url, share=False))
    assert page["step_id"] == "leave"
    assert entry.options["share"], "not before it is confirmed"
    await async_next(hass, page, {})
    await async_settle(hass, entry)
    assert not entry.options["share"]
    assert entry.runtime_data.report_scheduler.state.next is None
    agreed, withdrawn = decisions(entry)
    assert (agreed["decision"], agreed["categories"]) == ("agreed", ["base", "errors", "printers"])
    assert (withdrawn["decision"], withdrawn["categories"]) == ("withdrawn", [])
    step = EN["options"]["step"]["leave"]
    text = "\n".join([step["title"], step["description"]])
    assert withdrawn["text_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert (service.asked, service.received) == (1, [])

    page = await async_open_options(hass, entry, "sharing")
    assert "turned off" in page["description_placeholders"]["ledger"]


async def test_an_entry_that_is_not_loaded_can_be_switched_off(hass: HomeAssistant) -> None:
    entry = await async_setup(hass, share=True, consent=AGREED)
    assert await hass.config_entries.async_unload(entry.entry_id)
    page = await async_open_options(hass, entry, "sharing")
    page = await async_next(hass, page, sharing(share=False))
    assert (page["step_id"], list(page["data_schema"].schema)) == ("leave", [])
    await async_next(hass, page, {})
    await async_settle(hass, entry)
    assert entry.options["share"] is False


async def test_the_weeks_collected_so_far_are_sent_only_on_request(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    freezer.move_to("2026-10-14 10:00:00+00:00")
    entry = await async_setup(hass)
    for _ in range(3):
        await async_act(hass, "record_event", {"event_type": "file_uploaded"})
        await async_pass(hass, entry, freezer, days=7)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    page = await async_open_options(hass, entry, "sharing")
    page = await async_next(hass, page, sharing(service.url))
    page = await async_next(hass, page, {"categories": ["usage"]})
    assert defaults(page) == {"agree": False, "include_past": False}
    assert_step_is_translated(page, EN["options"])
    assert page["description_placeholders"]["weeks"] == "4"
    await async_next(hass, page, {"agree": True, "include_past": True})
    await async_settle(hass, entry)
    (decided,) = decisions(entry)
    assert decided["includes_past"] is True
    await async_act(hass, "submit_now")
    await async_send_rest(hass, entry, freezer)
    bodies = sorted(map(json.loads, service.received), key=lambda body: str(body["period"]["start"]))[:4]
    assert [body["usage_stats"]["upload_count"] for body in bodies] == [1, 1, 1, 1]
    assert [body["period"]["start"][:10] for body in bodies] == [
        "2026-10-14",
        "2026-10-19",
        "2026-10-26",
        "2026-11-02",
    ]

    page = await async_open_options(hass, entry, "sharing")
    page = await async_next(hass, page, sharing(service.url))
    page = await async_next(hass, page, {"categories": ["usage"]})
    assert defaults(page) == {"agree": False}, "it is on already"


async def test_without_the_tick_the_past_stays_here(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    freezer.move_to("2026-10-14 10:00:00+00:00")
    entry = await async_setup(hass)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_pass(hass, entry, freezer, days=7)
    page = await async_open_options(hass, entry, "sharing")
    await async_agree(hass.config_entries.options, page, sharing(service.url), "usage", include_past=False)
    await async_settle(hass, entry)
    await async_act(hass, "record_event", {"event_type": "file_downloaded"})
    await async_act(hass, "submit_now")
    (body,) = (json.loads(body) for body in service.received)
    assert (body["usage_stats"]["upload_count"], body["usage_stats"]["file_count"]) == (0, 1)


@pytest.mark.parametrize("flow", ["config", "options"])
async def test_where_nobody_wants_to_be_tracked_it_cannot_be_switched_on(
    hass: HomeAssistant, service: StatisticsService, monkeypatch: pytest.MonkeyPatch, flow: str
) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    if flow == "config":
        manager: Any = hass.config_entries.flow
        page = await async_to_sharing(hass)
    else:
        manager = hass.config_entries.options
        page = await async_open_options(hass, await async_setup(hass), "sharing")
    page = await manager.async_configure(page["flow_id"], sharing(service.url))
    assert error_of(page, flow) == "do_not_track"
    assert service.asked == 0
    done = await manager.async_configure(page["flow_id"], sharing(service.url, share=False))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
