"""Sharing in Home Assistant: off is silent, on is once a week, failures lose nothing."""

from datetime import UTC, datetime, timedelta
import json
import socket
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import CONF_SHARE
from custom_components.printernizer_stats.core.sharing.outbox import ReportState, all_reports

from ..helpers import (
    OctoPrint,
    StatisticsService,
    async_act,
    async_pass,
    async_print,
    async_send_rest,
    async_settle,
    async_setup,
    entity_state,
)
from ..proofs import tries


def refused(key: str) -> pytest.RaisesExc[ServiceValidationError]:
    """Expect the translated error with that key."""
    return pytest.raises(ServiceValidationError, check=lambda error: error.translation_key == key)


FAILURES = tries(30, fast=10)
WEDNESDAY = datetime(2026, 10, 14, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _wednesday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(WEDNESDAY)


async def _record(hass: HomeAssistant) -> None:
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})


async def _async_change(hass: HomeAssistant, entry: MockConfigEntry, **options: Any) -> None:
    """Change the options as the options flow does."""
    hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)


def _next(hass: HomeAssistant, entry: MockConfigEntry) -> datetime:
    return datetime.fromisoformat(entity_state(hass, entry, "next_submission").state)


async def _async_until_next(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Let the days pass up to the next submission, each with its midnight."""
    due = _next(hass, entry)
    while (left := due - datetime.now(UTC)) > timedelta(days=1):
        await async_pass(hass, entry, freezer, days=1)
        assert left > timedelta(0)
    await async_pass(hass, entry, freezer, seconds=left.total_seconds() + 1)


async def _reports(entry: MockConfigEntry) -> list[tuple[str, str, str]]:
    return [
        (report.state.value, report.start, report.end)
        for report in entry.runtime_data.store.run(all_reports).result()
    ]


async def test_off_opens_no_socket_and_asks_no_name_server(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[str] = []
    monkeypatch.setattr(socket.socket, "connect", lambda *_: attempts.append("connect"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: attempts.append("getaddrinfo"))
    printer = OctoPrint(hass)
    printer.show("operational", 0)
    entry = await async_setup(hass, printers=[printer.id])
    await async_print(hass, entry, freezer, printer)
    for _ in range(10):
        await async_pass(hass, entry, freezer, days=1)
    await async_act(hass, "preview_report")
    await async_act(hass, "export_data")
    with refused("sharing_off"):
        await async_act(hass, "submit_now")
    await async_act(hass, "delete_data", {"confirm": True})
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert attempts == []


async def test_once_a_week_and_what_was_counted_is_in_exactly_one_report(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **service.options())
    assert entity_state(hass, entry, "submission_status").state == "scheduled"
    for _ in range(4):
        await _record(hass)
        for _ in range(7):
            await async_pass(hass, entry, freezer, days=1)
    bodies = [json.loads(body) for body in service.received]
    assert len(bodies) in (3, 4), "one a week, and the last week's slot may have passed or not"
    assert {body["usage_stats"]["upload_count"] for body in bodies} == {1}
    periods = [(body["period"]["start"], body["period"]["end"]) for body in bodies]
    assert periods[0] == ("2026-10-14T00:00:00Z", "2026-10-19T00:00:00Z")
    assert periods[1] == ("2026-10-19T00:00:00Z", "2026-10-26T00:00:00Z")
    assert len(set(periods)) == len(periods)
    assert entity_state(hass, entry, "submission_status").state == "sent"
    assert entity_state(hass, entry, "last_submission").state != "unknown"


async def test_the_bytes_shown_are_the_bytes_sent(hass: HomeAssistant, service: StatisticsService) -> None:
    await async_setup(hass, **service.options())
    await _record(hass)
    preview = await async_act(hass, "preview_report")
    sent = await async_act(hass, "submit_now", {"sha256": preview["sha256"]})
    assert service.received == [preview["body"].encode()]
    assert sent["receipt"]["body_sha256"] == sent["sha256"] == preview["sha256"]
    exported = await async_act(hass, "export_data")
    assert exported["reports"][0]["body"] == preview["body"]
    assert exported["reports"][0]["receipt"]["submission_id"] == 1


async def test_what_was_counted_since_the_preview_stops_the_submission(
    hass: HomeAssistant, service: StatisticsService
) -> None:
    await async_setup(hass, **service.options())
    await _record(hass)
    preview = await async_act(hass, "preview_report")
    await _record(hass)
    with refused("preview_outdated"):
        await async_act(hass, "submit_now", {"sha256": preview["sha256"]})
    assert service.received == []
    again = await async_act(hass, "preview_report")
    assert again["pending"] == [], "nothing was closed by the refusal"
    assert json.loads(again["body"])["usage_stats"]["upload_count"] == 2


async def test_one_early_report_a_day(hass: HomeAssistant, service: StatisticsService) -> None:
    await async_setup(hass, **service.options())
    await _record(hass)
    await async_act(hass, "submit_now")
    await _record(hass)
    with refused("nothing_to_submit"):
        await async_act(hass, "submit_now")
    assert len(service.received) == 1


async def test_a_dead_service_loses_nothing(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: StatisticsService,
    caplog: pytest.LogCaptureFixture,
) -> None:
    service.status = 500
    entry = await async_setup(hass, **service.options())
    await _record(hass)
    with refused("submission_unreachable"):
        await async_act(hass, "submit_now")
    assert entity_state(hass, entry, "submission_status").state == "unreachable"
    attempts = service.asked
    for _ in range(FAILURES):
        before = datetime.now(UTC)
        await _async_until_next(hass, entry, freezer)
        assert datetime.now(UTC) - before >= timedelta(minutes=59)
        attempts += 1
        assert service.asked == attempts
    service.status = 200
    await _async_until_next(hass, entry, freezer)
    assert json.loads(service.received[0])["usage_stats"]["upload_count"] == 1
    gone = [line for line in caplog.messages if "does not take reports" in line]
    back = [line for line in caplog.messages if "takes reports again" in line]
    assert (len(gone), len(back)) == (1, 1)


async def test_retry_after_is_obeyed(hass: HomeAssistant, service: StatisticsService) -> None:
    service.status = 429
    service.headers = {"Retry-After": "200000"}
    entry = await async_setup(hass, **service.options())
    await _record(hass)
    with refused("submission_delayed"):
        await async_act(hass, "submit_now")
    assert _next(hass, entry) >= WEDNESDAY + timedelta(seconds=200000)


async def test_a_refused_report_is_parked_and_not_sent_again(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    service.status = 410
    entry = await async_setup(hass, **service.options())
    await _record(hass)
    with refused("submission_rejected"):
        await async_act(hass, "submit_now")
    (parked,) = entry.runtime_data.store.run(all_reports).result()
    service.status = 200
    await _async_until_next(hass, entry, freezer)
    assert parked.body not in service.received
    assert (await _reports(entry))[0] == ("parked", "2026-10-14", "2026-10-15")


async def test_nothing_from_before_consent_is_sent(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **{**service.options(), CONF_SHARE: False})
    for _ in range(9):
        await _record(hass)
        await async_pass(hass, entry, freezer, days=1)
    await _async_change(hass, entry, share=True)
    assert await _reports(entry) == []
    await _record(hass)
    await async_act(hass, "submit_now")
    assert len(service.received) == 1
    body = json.loads(service.received[0])
    assert body["usage_stats"]["upload_count"] == 1
    assert body["period"]["start"] == "2026-10-23T00:00:00Z"


async def test_off_is_immediate_and_what_waited_is_dropped(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    service.status = 503
    entry = await async_setup(hass, **service.options())
    await _record(hass)
    with pytest.raises(ServiceValidationError):
        await async_act(hass, "submit_now")
    asked = service.asked
    await _async_change(hass, entry, share=False)
    assert entity_state(hass, entry, "submission_status").state == "off"
    assert entity_state(hass, entry, "next_submission").state == "unknown"
    service.status = 200
    await _async_change(hass, entry, share=True)
    for _ in range(15):
        await async_pass(hass, entry, freezer, days=1)
    assert all(json.loads(body)["usage_stats"]["upload_count"] == 0 for body in service.received)
    assert service.asked - asked == len(service.received)


async def test_overdue_after_a_restart_is_sent_after_a_quarter_of_an_hour(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **service.options())
    await _record(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(timedelta(days=21))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_settle(hass, entry)
    assert await _reports(entry) == [], "the service has not been asked what it speaks"
    assert entry.runtime_data.report_scheduler.state.pending == 1
    assert service.received == []
    await async_pass(hass, entry, freezer, hours=1, seconds=1)
    assert await _reports(entry) == [(ReportState.ACKNOWLEDGED, "2026-10-14", "2026-10-19")]
    assert _next(hass, entry) > datetime.now(UTC)


async def test_a_submission_in_progress_is_not_doubled(
    hass: HomeAssistant, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **service.options())
    await _record(hass)
    service.open.clear()
    first = hass.async_create_task(async_act(hass, "submit_now"))
    while not service.asked:
        await hass.async_add_executor_job(lambda: None)
    with refused("already_sending"):
        await async_act(hass, "submit_now")
    report_scheduler = entry.runtime_data.report_scheduler
    report_scheduler.async_stop()  # the timer has fired
    due = hass.async_create_task(report_scheduler._async_due(WEDNESDAY))
    service.open.set()
    await first
    await due
    assert service.asked == 1
    assert _next(hass, entry) > WEDNESDAY, "the plan goes on"
    assert len(service.received) == 1


@pytest.mark.allowed_logs
async def test_a_file_that_cannot_be_written_is_tried_again(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **service.options())
    await _record(hass)
    store = entry.runtime_data.store
    refuse = "BEGIN SELECT RAISE(ABORT, 'full'); END"
    for table in ("settings", "reports"):
        trigger = f"CREATE TRIGGER full_{table} BEFORE INSERT ON usage_{table} {refuse}"
        store.run(lambda conn, sql=trigger: conn.exec_driver_sql(sql)).result()
    for _ in range(14):
        await async_pass(hass, entry, freezer, days=1)
    assert service.received == []
    for table in ("settings", "reports"):
        trigger = f"DROP TRIGGER full_{table}"
        store.run(lambda conn, sql=trigger: conn.exec_driver_sql(sql)).result()
    for _ in range(3):
        await async_pass(hass, entry, freezer, hours=1)
    assert json.loads(service.received[0])["usage_stats"]["upload_count"] == 1


@pytest.mark.parametrize("status", [400, 413, 415, 422])
async def test_what_is_not_understood_is_kept_and_tried_again_and_holds_up_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService, status: int
) -> None:
    """As an older service answers to a newer client, or one whose clock is wrong."""
    entry = await async_setup(hass, **service.options())
    await _record(hass)
    service.status = status
    with refused("submission_held"):
        await async_act(hass, "submit_now")
    assert entity_state(hass, entry, "submission_status").state == "held"
    (held,) = entry.runtime_data.store.run(all_reports).result()
    assert held.state is ReportState.PENDING
    service.status = 200
    await async_pass(hass, entry, freezer, days=1)
    await _record(hass)
    await async_act(hass, "submit_now")
    assert held.body not in service.received, "what came after it does not wait for it"
    await async_send_rest(hass, entry, freezer)
    assert service.received.count(held.body) == 1
    assert {each.state for each in entry.runtime_data.store.run(all_reports).result()} == {"acknowledged"}


async def test_what_is_not_understood_is_tried_once_a_day_at_most(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **service.options())
    await _record(hass)
    service.status = 422
    with refused("submission_held"):
        await async_act(hass, "submit_now")
    for _ in range(30 * 2):
        await async_pass(hass, entry, freezer, hours=12)
    tried = entry.runtime_data.store.run(all_reports).result()
    assert {each.state.value for each in tried} == {"pending"}
    # A moment late on a Sunday is over on Monday in steps of 12 hours, and leaves out the week that begins.
    assert 3 <= sum(each.attempts for each in tried) <= 31 * len(tried)
