"""What an answer changes: nothing from before it is sent, and nothing that was taken back."""

from datetime import UTC, datetime
import json
import socket
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.core.sharing.outbox import all_reports
from custom_components.printernizer_stats.core.store.consent_ledger import ledger

from ...background.test_report_scheduler import refused
from ...helpers import (
    AGREED,
    StatisticsService,
    async_act,
    async_pass,
    async_send_rest,
    async_settle,
    async_setup,
    entity_state,
)

UPLOAD = {"event_type": "file_uploaded"}
ERROR = {"event_type": "error_occurred", "data": {"error_type": "printer_error"}}


def agreed(*categories: str, **changes: Any) -> dict[str, Any]:
    """An answer in the options."""
    return {**AGREED, "categories": sorted({"base", *categories}), **changes}


async def async_answer(hass: HomeAssistant, entry: MockConfigEntry, **options: Any) -> None:
    """Change the options as the flows do."""
    hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)


def decisions(entry: MockConfigEntry) -> list[tuple[str, int, list[str]]]:
    known = entry.runtime_data.store.run(ledger).result()
    assert known["intact"]
    return [(each["decision"], each["version"], each["categories"]) for each in known["entries"]]


def bodies(service: StatisticsService) -> list[dict[str, Any]]:
    """What arrived, by its period: what was closed at a person's wish comes before what waited."""
    received = [json.loads(body) for body in service.received]
    return sorted(received, key=lambda body: str(body["period"]["start"]))


@pytest.fixture(autouse=True)
def _wednesday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime(2026, 10, 14, 9, tzinfo=UTC))


async def test_more_is_shared_from_the_answer_on(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **service.options() | {"consent": agreed("usage")})
    await async_act(hass, "record_event", UPLOAD)
    await async_act(hass, "record_event", ERROR)
    await async_answer(hass, entry, consent=agreed("usage", "errors"))
    assert decisions(entry) == [("agreed", 1, ["base", "usage"]), ("agreed", 1, ["base", "errors", "usage"])]
    (before,) = entry.runtime_data.store.run(all_reports).result()
    assert b"printer_error" not in before.body
    assert json.loads(before.body)["usage_stats"]["upload_count"] == 1

    await async_act(hass, "record_event", {**ERROR, "data": {"error_type": "setup_error"}})
    await async_pass(hass, entry, freezer, days=1)
    await async_act(hass, "submit_now")
    await async_send_rest(hass, entry, freezer)
    first, second = bodies(service)
    assert "error_summary" not in first
    assert second["error_summary"] == {"setup_error": 1}


async def test_a_second_answer_on_one_day_keeps_what_was_in_between(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **service.options() | {"consent": agreed()})
    await async_act(hass, "record_event", UPLOAD)
    await async_answer(hass, entry, consent=agreed("usage"))
    await async_act(hass, "record_event", ERROR)
    await async_answer(hass, entry, consent=agreed("usage", "errors"))
    await async_act(hass, "record_event", UPLOAD)
    await async_pass(hass, entry, freezer, days=1)
    await async_act(hass, "submit_now")
    await async_send_rest(hass, entry, freezer)
    first, second = bodies(service)
    assert (first["usage_stats"].get("upload_count"), first.get("error_summary")) == (None, None)
    assert (second["usage_stats"]["upload_count"], second["error_summary"]) == (1, {})
    assert first["period"]["end"] == second["period"]["start"]


async def test_what_was_taken_back_is_not_sent_any_more(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    service.status = 503
    entry = await async_setup(hass, **service.options() | {"consent": agreed("usage", "errors")})
    await async_act(hass, "record_event", ERROR)
    with refused("submission_delayed"):
        await async_act(hass, "submit_now")
    await async_act(hass, "record_event", ERROR)
    for _ in range(5):
        await async_pass(hass, entry, freezer, days=1)
    tried, waiting = entry.runtime_data.store.run(all_reports).result()
    assert (tried.attempts > 0, waiting.attempts) == (True, 0)

    await async_answer(hass, entry, consent=agreed("usage"))
    reports = entry.runtime_data.store.run(all_reports).result()
    assert [(each.state.value, each.start) for each in reports] == [
        ("withdrawn", tried.start),
        ("pending", waiting.start),
    ]
    service.status = 200
    await async_act(hass, "record_event", ERROR)
    await async_act(hass, "submit_now")
    await async_send_rest(hass, entry, freezer)
    assert [body["period"]["start"][:10] for body in bodies(service)] == [waiting.start, "2026-10-19"]
    assert all("error_summary" not in body for body in bodies(service))


async def test_exchanged_categories_act_at_once_both_ways(
    hass: HomeAssistant, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **service.options() | {"consent": agreed("usage")})
    await async_act(hass, "record_event", UPLOAD)
    await async_act(hass, "record_event", ERROR)
    await async_answer(hass, entry, consent=agreed("errors"))
    (before,) = entry.runtime_data.store.run(all_reports).result()
    content = json.loads(before.body)
    assert (content["usage_stats"], content.get("error_summary")) == ({"uptime_hours": 0}, None)


async def test_other_words_for_the_same_are_noted(hass: HomeAssistant, service: StatisticsService) -> None:
    entry = await async_setup(hass, **service.options())
    await async_act(hass, "record_event", UPLOAD)
    for _ in range(2):
        await async_answer(hass, entry, consent={**AGREED, "language": "nl"})
    assert len(decisions(entry)) == 2
    assert entry.runtime_data.store.run(all_reports).result() == []


async def test_an_answer_outside_the_flow_is_noted_without_a_text(
    hass: HomeAssistant, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **service.options())
    await async_answer(hass, entry, share=False)
    assert decisions(entry)[1:] == [("withdrawn", 1, [])]
    await async_answer(hass, entry, share=True)
    assert [decision for decision, *_ in decisions(entry)] == ["agreed", "withdrawn", "agreed"]


async def test_sharing_pauses_where_nobody_wants_to_be_tracked(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: StatisticsService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = await async_setup(hass, **service.options())
    await async_act(hass, "record_event", UPLOAD)
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    with monkeypatch.context() as patched:
        attempts: list[str] = []
        patched.setattr(socket.socket, "connect", lambda *_: attempts.append("connect"))
        patched.setattr(socket, "getaddrinfo", lambda *_, **__: attempts.append("getaddrinfo"))
        await async_answer(hass, entry)
        assert entity_state(hass, entry, "submission_status").state == "paused"
        assert entity_state(hass, entry, "next_submission").state == "unknown"
        with refused("sharing_paused"):
            await async_act(hass, "submit_now")
        for _ in range(15):
            await async_act(hass, "record_event", ERROR)
            await async_pass(hass, entry, freezer, days=1)
        await async_act(hass, "preview_report")
        await async_answer(hass, entry)
        assert attempts == []
    assert service.asked == 0

    monkeypatch.delenv("DO_NOT_TRACK")
    await async_answer(hass, entry)
    assert [decision for decision, *_ in decisions(entry)] == ["agreed"], "nobody changed their mind"
    await async_act(hass, "record_event", UPLOAD)
    await async_act(hass, "submit_now")
    await async_send_rest(hass, entry, freezer)
    before, after = bodies(service)
    assert (before["usage_stats"]["upload_count"], after["usage_stats"]["upload_count"]) == (1, 1)
    assert before["error_summary"] == after["error_summary"] == {}
    assert (before["period"]["start"][:10], after["period"]["start"][:10]) == ("2026-10-14", "2026-10-29")
