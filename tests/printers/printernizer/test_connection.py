"""How often Printernizer is asked, and what is told of it while it is away or refuses."""

from datetime import timedelta
from types import MappingProxyType

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest

from custom_components.printernizer_stats.const import DOMAIN

from .at_home import INSTANCE, Home
from .printing import async_print, ended


def connections(registry: er.EntityRegistry) -> list[er.RegistryEntry]:
    """The entities that say whether an app can be reached."""
    return [each for each in registry.entities.values() if each.translation_key == "app_connection"]


async def test_its_absence_is_a_state(
    home: Home, entity_registry: er.EntityRegistry, device_registry: dr.DeviceRegistry
) -> None:
    def shown() -> str:
        (entity,) = connections(entity_registry)
        state = home.hass.states.get(entity.entity_id)
        assert state is not None
        assert state.attributes["device_class"] == "connectivity"
        return state.state

    home.app.show("a", "online")
    await home.async_setup("a")
    assert shown() == "on"
    home.app.status = 500
    await home.async_poll()
    assert shown() == "off"
    home.app.status = 200
    await home.async_poll()
    assert shown() == "on"
    names = [each.name for each in device_registry.devices if (DOMAIN, INSTANCE) in each.identifiers]
    assert names == ["Printernizer"]
    home.hass.config_entries.async_remove_subentry(home.entry, INSTANCE)
    await home.async_idle()
    assert not connections(entity_registry)
    assert not [each for each in device_registry.devices if (DOMAIN, INSTANCE) in each.identifiers]


async def test_an_instance_that_is_added_later_has_its_state(
    home: Home, entity_registry: er.EntityRegistry
) -> None:
    entry = await home.async_setup()
    more = ConfigSubentry(
        data=MappingProxyType({"url": f"{home.app.url}/printers", "mode": "pi", "verify_ssl": True}),
        subentry_type="printernizer",
        title="Printernizer",
        unique_id=None,
    )
    home.hass.config_entries.async_add_subentry(entry, more)
    apps = entry.runtime_data.printer_manager.apps
    await home.async_until(lambda: apps.instances[more.subentry_id].is_waiting)
    await home.async_idle()
    states = [home.hass.states.get(each.entity_id) for each in connections(entity_registry)]
    assert [each.state for each in states if each] == ["on", "on"]


async def test_too_many_requests_are_no_absence(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await async_print(home, range(0, 50, 5))
    home.app.status, home.app.headers = 429, {"Retry-After": "300"}
    await home.async_poll()
    asked = len(home.app.asked)
    home.freezer.tick(timedelta(seconds=240))
    await home.async_idle()
    assert len(home.app.asked) == asked, "it waits as long as it was told to"
    home.app.status = 200
    home.freezer.tick(timedelta(seconds=60))
    await home.async_poll()
    home.app.show("a", "online", 100)
    await home.async_poll(2)
    assert ended(home) == {"job_created": 1, "job_completed": 1}
    assert home.counts.get("printer_disconnected", 0) == 0


async def test_two_requests_a_minute_are_all_it_is_asked(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    before = len(home.app.asked)
    await home.async_poll(118)
    asked = home.app.asked[before:]
    assert len(asked) == 118
    assert set(asked) == {"GET /api/v1/printers"}
    assert home.app.cookies == 0, "the cookies that it sets are not kept"
    await home.async_poll(4)
    about = [each for each in home.app.asked[before:] if each != "GET /api/v1/printers"]
    assert len(about) == 5, "and once an hour it is asked about itself"


async def test_a_refused_password_is_told_until_it_is_right(
    home: Home, issue_registry: ir.IssueRegistry
) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    home.app.credentials = "Basic Zm9vOmJhcg=="
    await home.async_poll(2)
    assert [each.translation_key for each in issue_registry.issues.values()] == ["app_refused"]
    home.app.credentials = None
    await home.async_poll()
    assert not issue_registry.issues


async def test_its_absence_is_logged_once_and_is_no_error(
    home: Home, caplog: pytest.LogCaptureFixture, issue_registry: ir.IssueRegistry
) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    home.app.status = 500
    await home.async_poll(20)
    home.app.status = 200
    await home.async_poll(2)
    said = [each.getMessage() for each in caplog.records if "Printernizer " in each.getMessage()]
    assert said == [
        "Printernizer cannot be reached; it is asked again every 30 seconds",
        "Printernizer is back",
    ]
    assert home.entry.state is ConfigEntryState.LOADED
    assert not issue_registry.issues
    assert home.counts.get("error_occurred", 0) == 0


async def test_without_a_sub_entry_there_is_no_instance(home: Home) -> None:
    await home.async_setup()
    home.hass.config_entries.async_remove_subentry(home.entry, INSTANCE)
    await home.async_idle()
    asked = len(home.app.asked)
    home.freezer.tick(timedelta(hours=2))
    await home.async_idle()
    assert len(home.app.asked) == asked
    assert home.entry.runtime_data.printer_manager.apps.instances == {}
    await home.async_until(lambda: home.app.sockets == 0)
