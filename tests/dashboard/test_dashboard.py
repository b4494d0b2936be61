"""The dashboard as the frontend gets it: the strategy's command and module."""

import json
from urllib.parse import parse_qs, urlsplit

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import onboarding
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.printernizer_stats.const import NAME

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
from .frontend import async_views, cells, entity_id, modules, shown

pytestmark = pytest.mark.usefixtures("wednesday")


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
