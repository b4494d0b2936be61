"""Previewing and submitting the report, with a service on the loopback network."""

import asyncio
import hashlib
import json

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.printernizer_stats.const import DOMAIN

from ..helpers import (
    StatisticsService,
    async_act,
    async_pass,
    async_refused,
    async_send_rest,
    async_settle,
    async_setup,
    entity_state,
)


async def test_sharing_off_shows_a_preview_but_sends_nothing(hass: HomeAssistant) -> None:
    await async_setup(hass)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    preview = await async_act(hass, "preview_report")
    assert json.loads(preview["body"])["usage_stats"]["upload_count"] == 1
    assert preview["pending"] == []
    assert await async_refused(hass, "submit_now") == "sharing_off"


async def test_what_is_sent_is_what_was_shown(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, service: StatisticsService
) -> None:
    preview = await async_act(hass, "preview_report")
    body = preview["body"].encode()
    assert preview["sha256"] == hashlib.sha256(body).hexdigest()
    assert preview["size"] == len(body)
    assert preview["period"] == {"start": "2026-10-14", "end": "2026-10-15"}
    assert preview["final"] is False
    assert service.asked == 0

    answer = await async_act(hass, "submit_now", {"sha256": preview["sha256"]})
    assert service.received == [body]
    assert answer["body"] == preview["body"]
    assert answer["sha256"] == preview["sha256"] == answer["receipt"]["body_sha256"]
    assert answer["submission_id"] == 1

    await async_settle(hass, sharing_entry)
    assert entity_state(hass, sharing_entry, "submission_status").state == "sent"
    assert entity_state(hass, sharing_entry, "last_submission").state == "2026-10-14T10:00:00+00:00"
    assert entity_state(hass, sharing_entry, "next_submission").state > "2026-10-14T10:00:00+00:00"


async def test_without_a_response_it_is_sent_too(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, service: StatisticsService
) -> None:
    await hass.services.async_call(DOMAIN, "submit_now", blocking=True)
    assert len(service.received) == 1
    assert sharing_entry.runtime_data.report_scheduler.state.pending == 0


async def test_a_preview_that_is_outdated_is_not_sent(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, service: StatisticsService
) -> None:
    preview = await async_act(hass, "preview_report")
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    refusal = await async_refused(hass, "submit_now", {"sha256": preview["sha256"]})
    assert refusal == "preview_outdated"
    assert service.asked == 0
    newer = await async_act(hass, "preview_report")
    assert json.loads(newer["body"])["usage_stats"]["upload_count"] == 2
    await async_act(hass, "submit_now", {"sha256": newer["sha256"]})
    assert service.received == [newer["body"].encode()]
    assert sharing_entry.runtime_data.report_scheduler.state.pending == 0


async def test_there_is_one_report_a_day(
    hass: HomeAssistant,
    service: StatisticsService,
    freezer: FrozenDateTimeFactory,
    sharing_entry: MockConfigEntry,
) -> None:
    await async_act(hass, "submit_now")
    await async_act(hass, "record_event", {"event_type": "file_downloaded"})
    assert await async_refused(hass, "submit_now") == "nothing_to_submit"
    assert len(service.received) == 1

    await async_pass(hass, sharing_entry, freezer, days=1)
    answer = await async_act(hass, "submit_now")
    report = json.loads(answer["body"])
    assert (report["usage_stats"]["upload_count"], report["usage_stats"]["file_count"]) == (0, 1)
    assert report["period"]["start"] == "2026-10-15T00:00:00Z"
    assert answer["submission_id"] == 2


@pytest.mark.parametrize(
    ("status", "refusal", "shown", "waits"),
    [
        (500, "submission_unreachable", "unreachable", 1),
        (429, "submission_delayed", "delayed", 1),
        (503, "submission_delayed", "delayed", 1),
        (401, "submission_key_refused", "key_refused", 1),
        (403, "submission_key_refused", "key_refused", 1),
        (422, "submission_held", "held", 1),
        (410, "submission_rejected", "rejected", 0),
    ],
)
async def test_what_the_service_does_not_take_is_told_and_kept(
    hass: HomeAssistant,
    sharing_entry: MockConfigEntry,
    service: StatisticsService,
    status: int,
    refusal: str,
    shown: str,
    waits: int,
) -> None:
    service.status = status
    preview = await async_act(hass, "preview_report")
    assert await async_refused(hass, "submit_now") == refusal
    await async_settle(hass, sharing_entry)
    assert entity_state(hass, sharing_entry, "submission_status").state == shown
    (report,) = (await async_act(hass, "export_data"))["reports"]
    assert (report["body"], report["attempts"], report["status"]) == (preview["body"], 1, status)
    again = await async_act(hass, "preview_report")
    assert [each["sha256"] for each in again["pending"]] == [preview["sha256"]] * waits

    service.status = 200
    if not waits:
        assert await async_refused(hass, "submit_now") == "nothing_to_submit"
        return
    assert (again["final"], again["body"]) == (True, preview["body"])
    answer = await async_act(hass, "submit_now", {"sha256": preview["sha256"]})
    assert answer["body"] == preview["body"]
    assert service.received == [preview["body"].encode()]
    assert entity_state(hass, sharing_entry, "submission_status").state == "sent"


async def test_the_preview_explains_itself(
    hass: HomeAssistant,
    sharing_entry: MockConfigEntry,
    service: StatisticsService,
    freezer: FrozenDateTimeFactory,
) -> None:
    first = await async_act(hass, "preview_report")
    assert first["compared_with"] is None
    values = {each["path"]: each["value"] for each in first["fields"]}
    assert values["usage_stats.upload_count"] == 1
    await async_act(hass, "submit_now")
    await async_act(hass, "record_event", {"event_type": "file_downloaded"})
    await async_pass(hass, sharing_entry, freezer, days=7)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    preview = await async_act(hass, "preview_report")
    assert preview["compared_with"] == {"start": "2026-10-15", "end": "2026-10-19"}
    changes = {each["path"]: (each["old"], each["new"]) for each in preview["changes"]}
    assert changes["period.start"] == ("2026-10-15T00:00:00Z", "2026-10-19T00:00:00Z")
    assert changes["usage_stats.file_count"] == (1, 0)
    assert changes["usage_stats.upload_count"] == (0, 1)


async def test_the_frontend_can_ask_for_the_preview(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    entry = await async_setup(hass)
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": f"{DOMAIN}/report"})
    answer = await client.receive_json()
    assert answer["result"] == json.loads(json.dumps(await async_act(hass, "preview_report")))
    assert await hass.config_entries.async_unload(entry.entry_id)
    await client.send_json_auto_id({"type": f"{DOMAIN}/report"})
    assert (await client.receive_json())["error"]["code"] == "not_found"


async def test_what_was_refused_can_be_looked_at(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, service: StatisticsService
) -> None:
    service.status = 410
    preview = await async_act(hass, "preview_report")
    await async_refused(hass, "submit_now")
    await async_settle(hass, sharing_entry)
    (parked,) = (await async_act(hass, "preview_report"))["parked"]
    assert (parked["body"], parked["state"], parked["status"]) == (preview["body"], "parked", 410)
    assert entity_state(hass, sharing_entry, "parked_reports").state == "1"
    assert entity_state(hass, sharing_entry, "pending_reports").state == "0"
    assert entity_state(hass, sharing_entry, "bytes_sent").state == str(preview["size"])


async def test_half_a_year_is_kept_when_the_service_is_away(
    hass: HomeAssistant,
    sharing_entry: MockConfigEntry,
    service: StatisticsService,
    freezer: FrozenDateTimeFactory,
) -> None:
    service.status = 500
    for _ in range(30):
        await async_act(hass, "record_event", {"event_type": "file_uploaded"})
        await async_pass(hass, sharing_entry, freezer, days=7)
    await async_settle(hass, sharing_entry)
    preview = await async_act(hass, "preview_report")
    assert (len(preview["pending"]), preview["dropped"]) == (26, 4)
    service.status = 200
    await async_send_rest(hass, sharing_entry, freezer)
    assert entity_state(hass, sharing_entry, "pending_reports").state == "0"
    assert entity_state(hass, sharing_entry, "dropped_reports").state == "4"
    starts = [json.loads(body)["period"]["start"] for body in service.received]
    assert 26 <= len(starts) == len(set(starts)), "and those of the weeks that go by meanwhile"
    assert starts == sorted(starts), "the oldest goes first"


@pytest.mark.timeout(1200)
async def test_two_submissions_do_not_run_at_once(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, service: StatisticsService
) -> None:
    service.open.clear()
    first = asyncio.ensure_future(async_act(hass, "submit_now"))
    await service.busy.wait()
    assert await async_refused(hass, "submit_now") == "already_sending"
    service.open.set()
    assert (await first)["submission_id"] == 1
    assert len(service.received) == 1
    await async_settle(hass, sharing_entry)
    assert entity_state(hass, sharing_entry, "submission_status").state == "sent"


async def test_how_sharing_stands(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    freezer.move_to("2026-10-14 17:00:00+00:00")
    entry = await async_setup(hass, **service.options())
    assert entity_state(hass, entry, "submission_status").state == "scheduled"
    assert entity_state(hass, entry, "last_submission").state == "unknown"
    planned = entity_state(hass, entry, "next_submission").state
    assert "2026-10-19T00:00" <= planned < "2026-10-26T00:00", "in the week that follows"

    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    service.status = 500
    await async_pass(hass, entry, freezer, days=14)
    assert entity_state(hass, entry, "submission_status").state == "unreachable"
    service.status = 200
    await async_pass(hass, entry, freezer, days=1)
    assert entity_state(hass, entry, "submission_status").state == "sent"
    assert entity_state(hass, entry, "last_submission").state == "2026-10-29T17:00:00+00:00"
    assert len(service.received) == 1
