"""A maintainer's service at home: nothing before it is added, then its figures, alarms, failures and key."""

from datetime import timedelta
import json
import socket
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats import async_remove_config_entry_device
from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.diagnostics import async_get_config_entry_diagnostics
from custom_components.printernizer_stats.fleet_coordinator import FleetCoordinator

from ..clock import async_fire_due
from ..helpers import async_pass, async_setup
from ..maintained import (
    KEY,
    SERVICE,
    MaintainedService,
    alarm,
    async_answered,
    async_setup_maintainer,
    fleet_state,
)

KEYS: Final = (
    "active_homes",
    "new_homes",
    "growth",
    "newest_version_share",
    "open_alarms",
    "last_report",
)


def coordinator(entry: MockConfigEntry) -> FleetCoordinator:
    """Return what asks the service."""
    found: FleetCoordinator = entry.runtime_data.fleet[SERVICE]
    return found


async def async_wait(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, **time: float
) -> None:
    """Let time go by, and what is due in it be answered."""
    freezer.tick(timedelta(**time))
    async_fire_due(hass)
    await async_answered(hass, entry)


def listen(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what the event entity fires from now on."""
    heard: list[dict[str, Any]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is not None:
            heard.append(dict(state.attributes))

    async_track_state_change_event(hass, fleet_state(hass, "alarms", "event").entity_id, note)
    return heard


async def test_before_it_is_added_there_is_no_socket_and_no_entity(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched: list[str] = []
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, lambda *_, name=name: touched.append(name))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: touched.append("getaddrinfo"))
    entry = await async_setup(hass)
    for _ in range(48):
        await async_pass(hass, entry, freezer, hours=1)
    assert touched == []
    assert entry.runtime_data.fleet == {}
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert not [each for each in entities if (each.translation_key or "").startswith("fleet_")]


async def test_figures_are_sensors_on_a_device_of_the_service(
    hass: HomeAssistant, maintained: MaintainedService
) -> None:
    maintained.alarms = [alarm(), alarm(2, "ended")]
    entry = await async_setup_maintainer(hass, maintained)
    assert [fleet_state(hass, key).state for key in KEYS] == ["1000", "7", "2.5", "61.5", "1", "2026-11-26"]
    assert fleet_state(hass, "newest_version_share").attributes["version"] == "1.4.0"
    (told,) = fleet_state(hass, "open_alarms").attributes["alarms"]
    assert told == {
        "title": "Homes do not come back",
        "state": "open",
        "since": "2026-W46",
        "homes": 210,
        "text": "Fewer homes came back.",
    }
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, SERVICE), entry.entry_id)
    assert device is not None
    assert (device.entry_type, device.configuration_url) == ("service", f"{maintained.url}/dashboard")
    assert (device.config_entry_id, device.config_subentry_id) == (entry.entry_id, SERVICE)
    assert not await async_remove_config_entry_device(hass, entry, device)


async def test_it_is_asked_once_an_hour(
    hass: HomeAssistant, maintained: MaintainedService, freezer: FrozenDateTimeFactory
) -> None:
    entry = await async_setup_maintainer(hass, maintained)
    once = ["/stats/summary", "/stats/installations?days=8", "/stats/versions?limit=1", "/alarms"]
    assert maintained.asked == once
    maintained.active = 1100
    for _ in range(12):
        await async_wait(hass, entry, freezer, minutes=5, seconds=1)
    assert maintained.asked == once * 2
    assert fleet_state(hass, "active_homes").state == "1100"


async def test_an_alarm_is_told_when_it_opens_comes_back_and_ends_also_over_a_restart(
    hass: HomeAssistant, maintained: MaintainedService, freezer: FrozenDateTimeFactory
) -> None:
    maintained.alarms = [alarm(7, "ended")]
    entry = await async_setup_maintainer(hass, maintained)
    heard = listen(hass)
    assert fleet_state(hass, "alarms", "event").state == "unknown", "what was there before is no news"
    maintained.alarms.append(alarm(8))
    await async_wait(hass, entry, freezer, hours=1, seconds=1)
    assert await hass.config_entries.async_unload(entry.entry_id)
    maintained.alarms = [alarm(7, "regressed", times=2), alarm(8, "ended")]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_answered(hass, entry)
    await async_wait(hass, entry, freezer, hours=1, seconds=1)
    fired = [each for each in heard if each.get("event_type")]
    events = list(dict.fromkeys((each["event_type"], each["title"], each["text"]) for each in fired))
    title = "Homes do not come back"
    assert events == [
        ("opened", title, "Fewer homes came back."),
        ("regressed", title, "Fewer homes came back."),
        ("ended", title, ""),
    ]


@pytest.mark.allowed_logs
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"status": 500}, "fleet_away"),
        ({"status": 429, "headers": {"Retry-After": "soon"}}, "fleet_away"),
        ({"status": 302}, "fleet_unreadable"),
        ({"body": "<html>"}, "fleet_unreadable"),
        ({"body": "[" * 1_100_000}, "fleet_unreadable"),
        ({"body": '{"active_30d": -1}'}, "fleet_unreadable"),
    ],
    ids=["broken", "busy", "elsewhere", "a page", "too long", "another form"],
)
async def test_while_it_is_away_it_is_asked_ever_more_rarely_and_counting_goes_on(
    hass: HomeAssistant,
    maintained: MaintainedService,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    said: dict[str, Any],
    reason: str,
) -> None:
    entry = await async_setup_maintainer(hass, maintained)
    before = {name: getattr(maintained, name) for name in said}
    vars(maintained).update(said)
    maintained.asked.clear()
    for _ in range(48):
        await async_wait(hass, entry, freezer, hours=1)
    times = maintained.asked.count("/stats/summary")
    assert 7 <= times <= 15, "in two days: first every hour, then once in six to twelve"
    assert coordinator(entry).reason == reason
    assert fleet_state(hass, "active_homes").state == "unavailable"
    assert fleet_state(hass, "alarms", "event").state != "unavailable", "that it comes back is no alarm"
    assert caplog.text.count("Error fetching fleet figures data") == 1
    assert entry.state.value == "loaded"
    vars(maintained).update(before)
    await async_wait(hass, entry, freezer, hours=13)
    assert fleet_state(hass, "active_homes").state == "1000"
    assert (coordinator(entry).failures, coordinator(entry).reason) == (0, None)


@pytest.mark.allowed_logs
async def test_a_service_that_wants_to_be_left_alone_is(
    hass: HomeAssistant, maintained: MaintainedService, freezer: FrozenDateTimeFactory
) -> None:
    maintained.status, maintained.headers = 503, {"Retry-After": "7200"}
    entry = await async_setup_maintainer(hass, maintained)
    asked = len(maintained.asked)
    for _ in range(23):
        await async_wait(hass, entry, freezer, minutes=5)
    assert len(maintained.asked) == asked
    await async_wait(hass, entry, freezer, minutes=10)
    assert len(maintained.asked) == asked + 1


@pytest.mark.allowed_logs
async def test_a_key_that_is_refused_is_not_tried_again_that_day_and_a_new_one_is_asked_for(
    hass: HomeAssistant, maintained: MaintainedService, freezer: FrozenDateTimeFactory
) -> None:
    maintained.key = "another-key"
    entry = await async_setup_maintainer(hass, maintained)
    asked = len(maintained.asked)
    (flow,) = hass.config_entries.flow.async_progress()
    assert (flow["context"]["source"], flow["step_id"]) == ("reauth", "reauth_confirm")
    for _ in range(23):
        await async_wait(hass, entry, freezer, hours=1)
    assert len(maintained.asked) == asked
    assert coordinator(entry).reason == "fleet_key_refused"


async def test_a_service_that_is_taken_out_leaves_nothing(
    hass: HomeAssistant, maintained: MaintainedService, freezer: FrozenDateTimeFactory
) -> None:
    entry = await async_setup_maintainer(hass, maintained)
    hass.config_entries.async_remove_subentry(entry, SERVICE)
    await async_answered(hass, entry)
    maintained.asked.clear()
    for _ in range(5):
        await async_wait(hass, entry, freezer, hours=1)
    assert maintained.asked == []
    assert dr.async_get(hass).async_get_device_by_identifier((DOMAIN, SERVICE), entry.entry_id) is None


@pytest.mark.allowed_logs
async def test_diagnostics_have_neither_the_key_nor_the_address_nor_a_figure(
    hass: HomeAssistant, maintained: MaintainedService
) -> None:
    entry = await async_setup_maintainer(hass, maintained)
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["fleet"] == [{"failures": 0, "reason": None, "known": True}]
    text = json.dumps(told, default=str)
    assert KEY not in text
    assert maintained.url not in text
    assert str(maintained.active) not in json.dumps(told["fleet"])
