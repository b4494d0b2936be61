"""The actions, called as automations and the developer tools call them."""

import asyncio
from contextlib import closing
import json
from pathlib import Path
import sqlite3
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.models import UsageEvent

from .helpers import (
    INTEGRATION,
    OctoPrint,
    StatisticsService,
    async_act,
    async_print,
    async_refused,
    async_settle,
    async_setup,
    entity_state,
    message,
)

WEDNESDAY: Final = "2026-10-14 10:00:00+00:00"
ACTIONS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("get_statistics", {}),
    ("get_prints", {}),
    ("get_events", {}),
    ("export_data", {}),
    ("import_data", {"path": "/media/printernizer_stats.json"}),
    ("delete_data", {"confirm": True}),
    ("record_event", {"event_type": "file_uploaded"}),
    ("preview_report", {}),
    ("rotate_identity", {"sent": "keep"}),
    ("submit_now", {}),
    ("set_community", {"receive": True}),
)


@pytest.fixture(autouse=True)
def _wednesday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(WEDNESDAY)


def test_all_actions_are_tested() -> None:
    names = [line[:-1] for line in (INTEGRATION / "services.yaml").read_text().splitlines() if line[0] != " "]
    assert sorted(names) == sorted(name for name, _ in ACTIONS)


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_only_administrators_may_act(
    hass: HomeAssistant, hass_read_only_user: User, action: str, data: dict[str, Any]
) -> None:
    entry = await async_setup(hass)
    stored = entry.runtime_data.coordinator.data.snapshot
    with pytest.raises(Unauthorized):
        await async_act(hass, action, data, user_id=hass_read_only_user.id)
    await async_settle(hass, entry)
    assert entry.runtime_data.coordinator.data.snapshot == stored


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_without_a_loaded_entry_nobody_may_act(
    hass: HomeAssistant, action: str, data: dict[str, Any]
) -> None:
    entry = await async_setup(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as refused:
        await async_act(hass, action, data)
    assert refused.value.translation_key is not None
    assert "{" not in str(refused.value)


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("get_statistics", {"more": 1}),
        ("delete_data", {"confirm": "perhaps"}),
        ("record_event", {}),
        ("record_event", {"event_type": "file_uploaded", "data": "text"}),
        ("record_event", {"event_type": "file_uploaded", "printer": "mine"}),
        ("submit_now", {"sha256": {}}),
    ],
)
async def test_fields_are_checked(hass: HomeAssistant, action: str, data: dict[str, Any]) -> None:
    await async_setup(hass)
    with pytest.raises(probatio.Invalid):
        await async_act(hass, action, data)


async def test_every_field_has_an_example_that_is_taken(hass: HomeAssistant) -> None:
    await async_setup(hass)
    registered = hass.services.async_services_for_domain(DOMAIN)
    for name, described in load_yaml_dict(str(INTEGRATION / "services.yaml")).items():
        fields = (described or {}).get("fields", {})
        examples = {
            field: json.loads(each["example"]) if "object" in each["selector"] else each["example"]
            for field, each in fields.items()
        }
        schema = registered[name].schema
        assert schema is not None
        assert schema(examples).keys() == fields.keys(), name


@pytest.mark.allowed_logs
async def test_a_file_that_cannot_be_written_is_told_and_nothing_is_lost(
    hass: HomeAssistant, database: Path, freezer: FrozenDateTimeFactory
) -> None:
    entry = await async_setup(hass)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        acting = hass.async_create_task(async_act(hass, "record_event", {"event_type": "file_uploaded"}))
        await asyncio.sleep(0)
        freezer.tick(60)
        with pytest.raises(HomeAssistantError) as failed:
            await acting
        other.execute("ROLLBACK")
    assert failed.value.translation_key == "storage_failed"
    assert str(failed.value) == message("storage_failed")
    await async_settle(hass, entry)
    answer = await async_act(hass, "get_events", {"event_type": "file_uploaded"})
    assert len(answer["events"]) == 1, "what was taken in is stored as soon as that works"


@pytest.mark.allowed_logs
@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("delete_data", {"confirm": True}),
        ("import_data", {"path": "nowhere.json"}),
        ("preview_report", {}),
        ("rotate_identity", {}),
        ("submit_now", {}),
    ],
)
async def test_behind_a_writer_that_is_stuck_nothing_waits_for_ever(
    hass: HomeAssistant,
    sharing_entry: MockConfigEntry,
    service: StatisticsService,
    database: Path,
    freezer: FrozenDateTimeFactory,
    action: str,
    data: dict[str, Any],
) -> None:
    asked = service.asked
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        event = UsageEvent(type="file_uploaded", at=dt_util.utcnow().timestamp())
        sharing_entry.runtime_data.tracker.async_record(event)
        acting = hass.async_create_task(async_act(hass, action, data))
        await asyncio.sleep(0)
        freezer.tick(60)
        with pytest.raises(HomeAssistantError) as failed:
            await acting
        other.execute("ROLLBACK")
    assert failed.value.translation_key == "storage_failed"
    await async_settle(hass, sharing_entry)
    assert service.asked == asked
    answer = await async_act(hass, "get_events", {"event_type": "file_uploaded"})
    assert len(answer["events"]) == 2, "nothing was deleted, and nothing lost"


@pytest.mark.allowed_logs
@pytest.mark.parametrize(
    ("action", "table"),
    [
        ("get_statistics", "usage_aggregates"),
        ("get_events", "usage_events"),
        ("export_data", "usage_reports"),
        ("preview_report", "usage_intervals"),
    ],
)
async def test_a_file_that_cannot_be_read_is_told(
    hass: HomeAssistant, database: Path, action: str, table: str
) -> None:
    await async_setup(hass)
    with closing(sqlite3.connect(database)) as other:
        other.execute("PRAGMA foreign_keys=OFF")
        other.execute(f"ALTER TABLE {table} RENAME TO gone")
    with pytest.raises(HomeAssistantError) as failed:
        await async_act(hass, action)
    assert failed.value.translation_key == "storage_failed"


@pytest.mark.parametrize(
    ("event_type", "data", "refusal", "place"),
    [
        ("made_up", {}, "unknown_event_type", ""),
        ("file_uploaded", {"file_name": "benchy.gcode"}, "unknown_key", "file_uploaded"),
        ("file_uploaded", {"printer_type": "benchy"}, "invalid_value", "printer_type"),
        ("job_completed", {"duration_seconds": -1}, "invalid_value", "duration_seconds"),
        ("job_completed", {"duration_seconds": 1.5}, "invalid_value", "duration_seconds"),
        ("job_completed", {"estimated": 1}, "invalid_value", "estimated"),
        ("error_occurred", {"component": "app"}, "missing_key", "error_type"),
    ],
)
async def test_events_that_are_not_in_the_dictionary_are_refused(
    hass: HomeAssistant, event_type: str, data: dict[str, Any], refusal: str, place: str
) -> None:
    entry = await async_setup(hass)
    stored = entry.runtime_data.coordinator.data.snapshot
    with pytest.raises(ServiceValidationError) as refused:
        await async_act(hass, "record_event", {"event_type": event_type, "data": data})
    assert refused.value.translation_key == refusal
    assert str(refused.value) == message(refusal, name=place)
    assert "benchy" not in str(refused.value)
    assert entry.runtime_data.coordinator.data.snapshot == stored


async def test_recorded_events_are_stored_when_the_action_returns(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    data = {"error_type": "print_failed", "printer_type": "prusa"}
    await async_act(hass, "record_event", {"event_type": "error_occurred", "data": data})
    exported = await async_act(hass, "export_data")
    assert exported["events"][-1] == {
        "id": exported["events"][-1]["id"],
        "type": "error_occurred",
        "time": "2026-10-14T10:00:00+00:00",
        "printer": None,
        "interval": exported["events"][-1]["interval"],
        "data": data,
    }
    await async_settle(hass, entry)
    assert entity_state(hass, entry, "errors").state == "1"


async def test_the_export_holds_everything(hass: HomeAssistant, sharing_entry: MockConfigEntry) -> None:
    await async_act(hass, "submit_now")
    exported = await async_act(hass, "export_data")
    assert [event["type"] for event in exported["events"]] == [
        "app_start",
        "feature_enabled",
        "file_uploaded",
    ]
    assert exported["truncated"] is False
    assert [entry["decision"] for entry in exported["consents"]] == ["agreed"]
    (report,) = exported["reports"]
    assert report["state"] == "acknowledged"
    assert json.loads(report["body"])["usage_stats"]["upload_count"] == 1
    counted = {(row["scope"], row["metric"]): row["value"] for row in exported["counters"]}
    assert counted["total", "file_uploaded"] == 1
    assert sharing_entry.entry_id not in json.dumps(exported)


async def test_a_long_export_is_cut_and_says_so(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    uploads = tuple(UsageEvent(type="file_uploaded", at=1.7e9 + number) for number in range(5000))
    entry.runtime_data.store.record(uploads)
    exported = await async_act(hass, "export_data")
    assert len(exported["events"]) == 5000
    assert exported["truncated"] is True
    assert exported["events"][0]["type"] == "app_start"


async def test_nothing_is_deleted_without_confirmation(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    before = await async_act(hass, "export_data")
    for data in ({}, {"confirm": False}):
        assert await async_refused(hass, "delete_data", data) == "delete_not_confirmed"
    after = await async_act(hass, "export_data")
    assert after["events"] == before["events"]
    assert entry.runtime_data.coordinator.data.snapshot.events_stored == 1


async def test_deleting_makes_everything_zero_and_counting_goes_on(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, sharing_entry: MockConfigEntry
) -> None:
    printer = OctoPrint(hass)
    printer.show("operational")
    hass.config_entries.async_update_entry(
        sharing_entry, options={**sharing_entry.options, "printers": [printer.id]}
    )
    await hass.config_entries.async_reload(sharing_entry.entry_id)
    await async_settle(hass, sharing_entry)
    await async_print(hass, sharing_entry, freezer, printer)
    await async_act(hass, "submit_now")
    await async_settle(hass, sharing_entry)
    assert entity_state(hass, sharing_entry, "prints_completed").state == "1"

    await async_act(hass, "delete_data", {"confirm": True})
    await async_settle(hass, sharing_entry)
    for key in ("prints_completed", "prints_failed", "prints_cancelled", "errors", "events_stored"):
        assert entity_state(hass, sharing_entry, key).state == "0", key
    assert float(entity_state(hass, sharing_entry, "print_time").state) == 0
    for key in ("success_rate", "last_print_result", "last_print_end"):
        assert entity_state(hass, sharing_entry, key).state == "unknown", key
    exported = await async_act(hass, "export_data")
    # The uptime goes on, by the real clock.
    left = [row for row in exported["counters"] if row["metric"] != "uptime_seconds"]
    assert (exported["events"], exported["reports"], left) == ([], [], [])

    await async_print(hass, sharing_entry, freezer, printer)
    assert entity_state(hass, sharing_entry, "prints_completed").state == "1"
