"""The dashboard in the sidebar: whether it is there, what it shows to whom, and when it is shown anew."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import frontend
from homeassistant.components.lovelace.const import LOVELACE_DATA
from homeassistant.const import EVENT_LOVELACE_UPDATED
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.printernizer_stats import dashboard
from custom_components.printernizer_stats.dashboard import sidebar

from ..clock import async_fire_due
from ..forms import async_open_options, defaults
from ..helpers import (
    OctoPrint,
    async_act,
    async_print,
    async_settle,
    async_setup,
)
from .frontend import PATH, async_ask, async_views, entity_id, modules, shown

pytestmark = pytest.mark.usefixtures("wednesday")


async def test_the_sidebar_has_the_same_views(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    entry: MockConfigEntry,
    hass_read_only_access_token: str,
) -> None:
    panels = await async_ask(hass, hass_ws_client, "get_panels")
    assert (panels[PATH]["title"], panels[PATH]["component_name"]) == ("3D prints", "lovelace")
    listed = await async_ask(hass, hass_ws_client, "lovelace/dashboards/list")
    assert [(each["url_path"], each["title"], each["mode"]) for each in listed][-1] == (
        PATH,
        "3D prints",
        "yaml",
    )
    config = await async_ask(hass, hass_ws_client, "lovelace/config", url_path=PATH)
    views = await async_views(hass, hass_ws_client)
    assert [each["path"] for each in config["views"]] == [each["path"] for each in views["views"]]
    assert "data" in [each["path"] for each in config["views"]]
    others = await async_ask(
        hass, hass_ws_client, "lovelace/config", hass_read_only_access_token, url_path=PATH
    )
    assert "data" not in [each["path"] for each in others["views"]]


async def test_the_sidebar_s_views_are_in_the_language_of_who_looks(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry
) -> None:
    asked: list[str] = []

    async def build_in(_hass: HomeAssistant, *, language: str, admin: bool) -> dict[str, Any]:
        asked.append(language)
        return {"views": []}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sidebar, "async_dashboard", build_in)
        await async_ask(hass, hass_ws_client, "lovelace/config", url_path=PATH)
        dutch = {"language": "nl"}
        await async_ask(hass, hass_ws_client, "frontend/set_user_data", key="language", value=dutch)
        await async_ask(hass, hass_ws_client, "lovelace/config", url_path=PATH)
    assert asked == ["en", "nl"]


async def test_system_health_counts_the_dashboard(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, "lovelace")
    assert info["views"] == 2


async def test_a_switch_puts_it_into_the_sidebar(hass: HomeAssistant, web: None, printer: OctoPrint) -> None:
    entry = await async_setup(hass, printers=[printer.id])
    assert not shown(hass)
    for wanted in (True, False):
        page = await async_open_options(hass, entry, "dashboard")
        assert defaults(page) == {"dashboard": not wanted}
        await hass.config_entries.options.async_configure(page["flow_id"], {"dashboard": wanted})
        await async_settle(hass, entry)
        assert shown(hass) is wanted
    events = (await async_act(hass, "get_events"))["events"]
    switched = [each["type"] for each in events if each["data"].get("feature") == "dashboard_enabled"]
    assert switched == ["feature_enabled", "feature_disabled"]


async def test_somebody_else_s_dashboard_at_the_address_stays(
    hass: HomeAssistant, web: None, printer: OctoPrint, caplog: pytest.LogCaptureFixture
) -> None:
    frontend.async_register_built_in_panel(hass, "iframe", frontend_url_path=PATH)
    entry = await async_setup(hass, printers=[printer.id], dashboard=True)
    assert hass.data[frontend.DATA_PANELS][PATH].component_name == "iframe"
    assert "There is another dashboard at the address" in caplog.text
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert shown(hass)


async def test_without_a_web_interface_everything_else_works(hass: HomeAssistant, printer: OctoPrint) -> None:
    entry = await async_setup(hass, printers=[printer.id], dashboard=True)
    assert await hass.config_entries.async_reload(entry.entry_id)


async def test_without_a_place_in_the_sidebar_everything_else_works(
    hass: HomeAssistant, web: None, printer: OctoPrint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a Home Assistant whose parts that it is made of have moved."""
    del hass.data[LOVELACE_DATA]
    entry = await async_setup(hass, printers=[printer.id], dashboard=True)
    assert modules(hass)
    assert not shown(hass)
    monkeypatch.setattr(dashboard, "async_show_sidebar", None)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert modules(hass)


async def async_pause(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let the time pass in which announcements are gathered."""
    freezer.tick(timedelta(seconds=4))
    async_fire_due(hass)
    await hass.async_block_till_done()


async def test_browsers_are_told_when_the_views_are_outdated(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    freezer: FrozenDateTimeFactory,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    await async_pause(hass, freezer)
    told: list[Event[Any]] = async_capture_events(hass, EVENT_LOVELACE_UPDATED)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    other = entity_registry.async_get_or_create("sensor", "other", "1")
    entity_registry.async_update_entity(other.entity_id, name="Other")
    await async_pause(hass, freezer)
    assert told == []

    rate = entity_id(hass, entry, "success_rate")
    found = entity_registry.async_get(printer.entity_id)
    assert found is not None
    assert found.device_id is not None
    device_id = found.device_id
    changes: tuple[Callable[[], Any], ...] = (
        lambda: entity_registry.async_update_entity(rate, name="How it goes"),
        lambda: entity_registry.async_update_entity(rate, new_entity_id="sensor.how_it_goes"),
        lambda: device_registry.async_update_device(device_id, name_by_user="Workhorse"),
    )
    for number, change in enumerate(changes, start=1):
        change()
        await hass.async_block_till_done()
        await async_pause(hass, freezer)
        assert [each.data["url_path"] for each in told] == [PATH] * number

    await async_print(hass, entry, freezer, printer)
    await async_pause(hass, freezer)
    assert len(told) == 4, "once for a print that ended"


async def test_a_browser_that_still_loads_is_told_later(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    """Home Assistant's frontend fails at new views as long as it loads the layout of the first ones."""
    await async_pause(hass, freezer)
    await async_pause(hass, freezer)
    told: list[Event[Any]] = async_capture_events(hass, EVENT_LOVELACE_UPDATED)
    await async_ask(hass, hass_ws_client, "lovelace/config", url_path=PATH)
    entity_registry.async_update_entity(entity_id(hass, entry, "success_rate"), name="How it goes")
    await hass.async_block_till_done()
    for number in (0, 0, 1, 1):
        await async_pause(hass, freezer)
        assert len(told) == number
