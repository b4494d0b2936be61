"""The dashboard as the frontend gets it: the strategy's command and module, and the one in the sidebar."""

from collections.abc import Callable
from datetime import timedelta
import json
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import frontend, onboarding
from homeassistant.components.lovelace.const import LOVELACE_DATA
from homeassistant.components.recorder.core import Recorder
from homeassistant.const import EVENT_LOVELACE_UPDATED
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.printernizer_stats import dashboard
from custom_components.printernizer_stats.const import DOMAIN, NAME
from custom_components.printernizer_stats.dashboard import STRATEGY_PATH, sidebar

from ..forms import async_open_options, defaults
from ..helpers import (
    OctoPrint,
    StatisticsService,
    async_act,
    async_print,
    async_settle,
    async_setup,
    printer_key,
)
from ..texts import LANGUAGES

PATH: Final = sidebar.PATH


@pytest.fixture(autouse=True)
def _wednesday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to("2026-10-14 10:00:00-07:00")


@pytest.fixture
def printer(hass: HomeAssistant) -> OctoPrint:
    """Show an idle printer."""
    printer = OctoPrint(hass, "abc", "Prusa MK4")
    printer.show("operational", 0)
    return printer


@pytest.fixture
async def web(hass: HomeAssistant) -> None:
    """Set up the web interface."""
    assert await async_setup_component(hass, "frontend", {})
    await hass.async_block_till_done()


@pytest.fixture
async def entry(hass: HomeAssistant, web: None, printer: OctoPrint) -> MockConfigEntry:
    """Count the printer, with the dashboard in the sidebar."""
    return await async_setup(hass, printers=[printer.id], dashboard=True)


async def async_token(hass: HomeAssistant) -> str:
    """Return an administrator's token that is good for half an hour from now."""
    admin = next(user for user in await hass.auth.async_get_users() if user.is_admin)
    refresh_token = await hass.auth.async_create_refresh_token(admin, "https://home.example/")
    return hass.auth.async_create_access_token(refresh_token)


async def async_ask(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, kind: str, token: str | None = None, **more: Any
) -> Any:
    """Send a command as the frontend does, an administrator's without a token, and return its result."""
    client = await hass_ws_client(hass, token or await async_token(hass))
    await client.send_json_auto_id({"type": kind, **more})
    answer = await client.receive_json()
    assert answer["success"], answer
    return answer["result"]


async def async_views(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, token: str | None = None, language: str = "en"
) -> Any:
    return await async_ask(hass, hass_ws_client, f"{DOMAIN}/dashboard", token, language=language)


def entity_id(hass: HomeAssistant, entry: MockConfigEntry, key: str, owner: str = "") -> str:
    found = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{owner or entry.entry_id}_{key}")
    assert found is not None
    return found


def cells(*shown: object) -> str:
    """Return a row of a table as JSON has it: words on the left, numbers on the right."""
    sides = ("right" if isinstance(each, int) else "left" for each in shown)
    written = (f'<td align="{side}">{each}</td>' for side, each in zip(sides, shown, strict=True))
    return json.dumps("".join(written))[1:-1]


def modules(hass: HomeAssistant) -> list[str]:
    """Return the addresses of our modules that pages load."""
    loaded = hass.data[frontend.DATA_EXTRA_MODULE_URL].urls
    return [url for url in loaded if url.startswith(STRATEGY_PATH)]


def shown(hass: HomeAssistant) -> bool:
    return frontend.async_panel_exists(hass, PATH)


async def test_the_strategy_gets_the_views(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    entry: MockConfigEntry,
    printer: OctoPrint,
    freezer: FrozenDateTimeFactory,
) -> None:
    answer = await async_views(hass, hass_ws_client)
    assert "Waiting for the first print" in json.dumps(answer)
    assert entity_id(hass, entry, "prints_completed") in answer["watch"]

    await async_print(hass, entry, freezer, printer)
    await async_print(hass, entry, freezer, printer, "error")
    answer = await async_views(hass, hass_ws_client)
    text = json.dumps(answer, ensure_ascii=False)
    assert [view["path"] for view in answer["views"]] == ["overview", "printers", "data"]
    assert "<b>Prusa MK4</b><br>2026-10-14 12:" in text, "local time"
    assert cells("Prints", 2, 0, 0) in text
    assert entity_id(hass, entry, "print_time", printer_key(entry, printer)) in text
    assert "statistics-graph" not in text, "there is no recorder"
    assert entity_id(hass, entry, "filament") not in text, "no source told of any"


async def test_charts_come_with_a_recorder(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    entry: MockConfigEntry,
    printer: OctoPrint,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_print(hass, entry, freezer, printer)
    assert "statistics-graph" in json.dumps(await async_views(hass, hass_ws_client))


async def test_last_week_is_counted_by_day(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    entry: MockConfigEntry,
    printer: OctoPrint,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A print on Tuesday, one on Friday; a week later on Wednesday only the first counts up to now."""
    freezer.move_to("2026-10-06 10:00:00-07:00")
    await async_print(hass, entry, freezer, printer)
    freezer.move_to("2026-10-09 10:00:00-07:00")
    await async_print(hass, entry, freezer, printer)
    freezer.move_to("2026-10-14 10:00:00-07:00")
    await async_print(hass, entry, freezer, printer)
    assert cells("Prints", 1, 1, 2) in json.dumps(await async_views(hass, hass_ws_client))


async def test_names_and_ids_are_followed(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    entry: MockConfigEntry,
    printer: OctoPrint,
    freezer: FrozenDateTimeFactory,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    await async_print(hass, entry, freezer, printer)
    rate = entity_id(hass, entry, "success_rate")
    entity_registry.async_update_entity(rate, new_entity_id="sensor.how_it_goes")
    found = entity_registry.async_get(printer.entity_id)
    assert found is not None
    assert found.device_id is not None
    device_registry.async_update_device(found.device_id, name_by_user="Workhorse")
    await async_settle(hass, entry)
    text = json.dumps(await async_views(hass, hass_ws_client))
    assert '"sensor.how_it_goes"' in text
    assert f'"{rate}"' not in text
    assert "<b>Workhorse</b>" in text
    assert "Prusa MK4" not in text


async def test_hidden_and_disabled_entities_are_left_out(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    entry: MockConfigEntry,
    printer: OctoPrint,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    await async_print(hass, entry, freezer, printer)
    hidden = entity_id(hass, entry, "success_rate")
    disabled = entity_id(hass, entry, "print_time")
    before = json.dumps(await async_views(hass, hass_ws_client))
    assert f'"{hidden}"' in before
    assert f'"{disabled}"' in before
    entity_registry.async_update_entity(hidden, hidden_by=er.RegistryEntryHider.USER)
    entity_registry.async_update_entity(disabled, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    after = json.dumps(await async_views(hass, hass_ws_client))
    assert f'"{hidden}"' not in after
    assert f'"{disabled}"' not in after


async def test_the_report_is_the_preview_s_to_the_byte(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry
) -> None:
    text = json.dumps(await async_views(hass, hass_ws_client))
    preview = await async_act(hass, "preview_report")
    assert json.dumps(f"`{preview['body']}`")[1:-1] in text


async def test_what_is_shown_is_sent(
    hass: HomeAssistant, web: None, hass_ws_client: WebSocketGenerator, service: StatisticsService
) -> None:
    await async_setup(hass, **service.options())
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    answer = await async_views(hass, hass_ws_client)
    cards = [card for section in answer["views"][-1]["sections"] for card in section["cards"]]
    button = next(card for card in cards if card.get("label") == "Send it now")
    sent = await async_act(hass, "submit_now", button["tap_action"]["data"])
    assert f"`{sent['body']}`" in json.dumps(answer).replace('\\"', '"')
    assert service.received == [sent["body"].encode()]


async def test_sharing_that_is_paused_says_so(
    hass: HomeAssistant,
    web: None,
    hass_ws_client: WebSocketGenerator,
    service: StatisticsService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    await async_setup(hass, **service.options())
    text = json.dumps(await async_views(hass, hass_ws_client))
    assert "Sharing is paused" in text
    assert "Send it now" not in text


async def test_others_see_no_administrator_s_things(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    entry: MockConfigEntry,
    hass_read_only_access_token: str,
) -> None:
    answer = await async_views(hass, hass_ws_client, hass_read_only_access_token)
    assert "data" not in [view["path"] for view in answer["views"]]
    assert "authSig" not in json.dumps(answer)


@pytest.mark.allowed_logs  # the access log cannot tell the time while it stands still
async def test_downloads_need_no_further_login(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    entry: MockConfigEntry,
) -> None:
    answer = await async_views(hass, hass_ws_client)
    cards = [card for section in answer["views"][-1]["sections"] for card in section["cards"]]
    links = [url for card in cards if (url := card.get("tap_action", {}).get("url_path"))]
    client = await hass_client_no_auth()
    assert [(await client.get(link)).status for link in links] == [200, 200]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_is_in_the_language_that_is_asked_for(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry, language: str
) -> None:
    answer = await async_views(hass, hass_ws_client, language=language)
    words = LANGUAGES[language]["common"]
    assert answer["title"] == words["dashboard_title"]
    titles = [words[f"dashboard_{name}"] for name in ("overview", "data")]
    assert [answer["views"][at]["title"] for at in (0, -1)] == titles


async def test_a_language_that_has_no_texts_gets_english(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry
) -> None:
    answer = await async_views(hass, hass_ws_client, language="eo")
    assert answer["title"] == "3D prints"


async def test_without_a_loaded_entry_it_says_so(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    answer = await async_views(hass, hass_ws_client)
    assert answer["watch"] == []
    assert "Nothing is being counted right now" in json.dumps(answer)


@pytest.mark.allowed_logs  # the access log cannot tell the time while it stands still
async def test_the_module_is_served_and_offered_while_the_entry_is_loaded(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(onboarding, "async_is_onboarded", lambda _hass: True)
    (url,) = modules(hass)
    words = parse_qs(urlsplit(url).query)
    assert words["v"] == [entry.runtime_data.app_version]
    assert words["name"] == [NAME]
    client = await hass_client_no_auth()
    answer = await client.get(url)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "max-age" in answer.headers["Cache-Control"]
    assert "ll-strategy-dashboard-" in await answer.text()
    page = await client.get("/")
    assert f'import("{url}")' in await page.text(), "as it is, not escaped"

    assert await hass.config_entries.async_reload(entry.entry_id)
    assert modules(hass) == [url]
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert modules(hass) == []
    assert not shown(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert modules(hass) == [url]
    assert shown(hass)


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
    async_fire_time_changed(hass)
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
