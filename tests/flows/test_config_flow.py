"""Setting up, as a user does it."""

from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from custom_components.printernizer_stats.const import DEFAULT_CLIENT_KEY, DEFAULT_ENDPOINT, NAME
from custom_components.printernizer_stats.core.dictionary import DICTIONARY

from ..forms import (
    UNREACHABLE,
    async_agree,
    async_start,
    async_to_sharing,
    defaults,
    error_of,
    labels,
    server_defaults,
    sharing,
)
from ..helpers import AGREED, CLIENT_KEY, OctoPrint, StatisticsService, async_setup

BAD_ENDPOINTS: Final = (
    ("not an address", "invalid_endpoint"),
    ("ftp://stats.example.com/submit", "invalid_endpoint"),
    ("https://", "invalid_endpoint"),
    ("https://user@stats.example.com/submit", "invalid_endpoint"),
    ("https://stats.example.com/submit#part", "invalid_endpoint"),
    ("https://[::1/submit", "invalid_endpoint"),
    ("http://stats.example.com/submit", "insecure_endpoint"),
    ("http://8.8.8.8/submit", "insecure_endpoint"),
)


async def test_defaults_count_every_printer_and_share_nothing(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker
) -> None:
    first, second = OctoPrint(hass, "abc"), OctoPrint(hass, "def")
    result = await async_start(hass)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "user")
    assert result["description_placeholders"] == {"count": "2", "doubles": ""}
    assert defaults(result) == {"printers": [first.id, second.id]}

    result = await hass.config_entries.flow.async_configure(result["flow_id"], defaults(result))
    assert (result["type"], result["step_id"], result["errors"]) == (FlowResultType.FORM, "sharing", {})
    assert defaults(result)["share"] is False
    assert server_defaults(result) == {"url": DEFAULT_ENDPOINT, "client_key": DEFAULT_CLIENT_KEY}

    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {"share": False, "server": server_defaults(result)}
    )
    await hass.async_block_till_done()
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, NAME)
    assert result["data"] == {}
    assert result["options"] == {
        "printers": [first.id, second.id],
        "declined": [],
        "share": False,
        "pseudonymous": None,
        "url": DEFAULT_ENDPOINT,
        "client_key": DEFAULT_CLIENT_KEY,
    }
    assert result["result"].state is ConfigEntryState.LOADED
    assert aioclient_mock.call_count == 0


@pytest.mark.usefixtures("recorder_mock")
@pytest.mark.parametrize(("ticked", "options"), [(None, {}), (False, {}), (True, {"backfill": True})])
async def test_the_past_is_offered_where_a_recorder_remembers_it(
    hass: HomeAssistant, ticked: bool | None, options: dict[str, bool]
) -> None:
    printer = OctoPrint(hass)
    result = await async_start(hass)
    assert defaults(result) == {"printers": [printer.id], "backfill": False}
    typed: dict[str, object] = {"printers": [printer.id]} | ({} if ticked is None else {"backfill": ticked})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], typed)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], sharing(share=False))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert {key: value for key, value in result["options"].items() if key == "backfill"} == options


async def test_unticked_printers_are_remembered_as_declined(hass: HomeAssistant) -> None:
    wanted, unwanted = OctoPrint(hass, "abc"), OctoPrint(hass, "def")
    result = await async_start(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"printers": [wanted.id]})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], sharing(share=False))
    assert result["options"]["printers"] == [wanted.id]
    assert result["options"]["declined"] == [unwanted.id]


async def test_printers_have_the_names_that_their_user_gave_them(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, device_registry: dr.DeviceRegistry
) -> None:
    named, renamed, bare = OctoPrint(hass, "a", "Prusa"), OctoPrint(hass, "b", "Ender"), OctoPrint(hass, "c")
    entity = entity_registry.async_get(renamed.id)
    assert entity is not None
    assert entity.device_id is not None
    device_registry.async_update_device(entity.device_id, name_by_user="Old faithful")

    plain = OctoPrint(hass, "d", "OctoPrint")

    shown = labels(await async_start(hass))
    assert shown == {
        named.id: "Prusa (OctoPrint)",
        renamed.id: "Old faithful (OctoPrint)",
        bare.id: f"{bare.entity_id} (OctoPrint)",
        plain.id: "OctoPrint",
    }
    assert list(shown.values()) == sorted(shown.values())


async def test_printers_of_others_and_disabled_ones_are_not_offered(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    printer, disabled = OctoPrint(hass, "abc"), OctoPrint(hass, "def")
    entity_registry.async_update_entity(disabled.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    entity_registry.async_get_or_create("sensor", "another_integration", "Current State-abc")
    entity_registry.async_get_or_create("button", "octoprint", "Current State-abc")
    assert list(labels(await async_start(hass))) == [printer.id]


async def test_only_offered_printers_can_be_chosen(hass: HomeAssistant) -> None:
    OctoPrint(hass)
    result = await async_start(hass)
    with pytest.raises(InvalidData):
        await hass.config_entries.flow.async_configure(result["flow_id"], {"printers": ["made up"]})


async def test_without_printers_it_can_be_set_up_too(hass: HomeAssistant) -> None:
    result = await async_start(hass)
    assert (result["step_id"], result["data_schema"]) == ("user", None)
    assert result["description_placeholders"] == {"count": "0", "doubles": ""}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], sharing(share=False))
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert (result["options"]["printers"], result["options"]["declined"]) == ([], [])
    assert result["result"].state is ConfigEntryState.LOADED


async def test_it_is_set_up_once_only(hass: HomeAssistant) -> None:
    await async_setup(hass)
    result = await async_start(hass)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "single_instance_allowed")


@pytest.mark.parametrize("share", [True, False])
@pytest.mark.parametrize(("url", "error"), BAD_ENDPOINTS)
async def test_bad_endpoints_are_refused_unasked_and_can_be_mended(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker, url: str, error: str, *, share: bool
) -> None:
    page = await async_to_sharing(hass)
    result = await hass.config_entries.flow.async_configure(page["flow_id"], sharing(url, share=share))
    assert error_of(result, "config") == error
    assert defaults(result)["share"] is share
    assert server_defaults(result) == {"url": url, "client_key": CLIENT_KEY}
    assert aioclient_mock.call_count == 0

    result = await hass.config_entries.flow.async_configure(page["flow_id"], sharing(share=False))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"]["url"] == DEFAULT_ENDPOINT


@pytest.mark.parametrize(
    "url", ["http://localhost:8080/submit", "http://192.168.1.5/submit", "http://[fd00::5]/submit"]
)
async def test_http_is_taken_near_home(hass: HomeAssistant, url: str) -> None:
    page = await async_to_sharing(hass)
    result = await hass.config_entries.flow.async_configure(page["flow_id"], sharing(url, share=False))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"]["url"] == url


@pytest.mark.usefixtures("socket_enabled")
async def test_sharing_needs_a_service_that_answers(hass: HomeAssistant, service: StatisticsService) -> None:
    page = await async_to_sharing(hass)
    result = await hass.config_entries.flow.async_configure(page["flow_id"], sharing(UNREACHABLE))
    assert error_of(result, "config") == "cannot_connect"

    elsewhere = service.url.replace("/submit", "/elsewhere")
    result = await hass.config_entries.flow.async_configure(page["flow_id"], sharing(elsewhere))
    assert error_of(result, "config") == "cannot_connect"

    result = await async_agree(hass.config_entries.flow, page, sharing(f" {service.url} "))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"]["share"] is True
    assert result["options"]["url"] == service.url
    assert (service.asked, service.received) == (1, [])


@pytest.mark.parametrize("key", ["another key", "", "schlüssel"])
async def test_sharing_needs_a_key_that_the_service_takes(
    hass: HomeAssistant, service: StatisticsService, key: str
) -> None:
    page = await async_to_sharing(hass)
    result = await hass.config_entries.flow.async_configure(page["flow_id"], sharing(service.url, key))
    assert error_of(result, "config") == "key_refused"
    assert defaults(result)["share"] is True

    result = await async_agree(hass.config_entries.flow, page, sharing(service.url, f"{CLIENT_KEY} "))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"]["client_key"] == CLIENT_KEY


async def test_a_key_that_no_request_can_carry_is_no_crash(
    hass: HomeAssistant, service: StatisticsService
) -> None:
    page = await async_to_sharing(hass)
    typed = sharing(service.url, "two\nlines")
    result = await hass.config_entries.flow.async_configure(page["flow_id"], typed)
    assert error_of(result, "config") == "cannot_connect"
    assert service.asked == 0


async def test_a_failed_probe_can_be_left_with_sharing_off(
    hass: HomeAssistant, service: StatisticsService
) -> None:
    page = await async_to_sharing(hass)
    await hass.config_entries.flow.async_configure(page["flow_id"], sharing(service.url, "another key"))
    result = await hass.config_entries.flow.async_configure(
        page["flow_id"], sharing(service.url, "another key", share=False)
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"]["share"] is False
    assert service.asked == 1


async def test_a_service_that_asks_to_wait_is_one(hass: HomeAssistant, service: StatisticsService) -> None:
    service.status = 429
    page = await async_to_sharing(hass)
    result = await async_agree(hass.config_entries.flow, page, sharing(service.url))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_the_service_can_be_changed_later(hass: HomeAssistant, service: StatisticsService) -> None:
    entry = await async_setup(hass, **service.options(), min_print_seconds=30)
    page = await entry.start_reconfigure_flow(hass)
    assert (page["type"], page["step_id"]) == (FlowResultType.FORM, "reconfigure")
    assert defaults(page) == {"url": service.url, "client_key": CLIENT_KEY}

    typed = {"url": UNREACHABLE, "client_key": CLIENT_KEY}
    result = await hass.config_entries.flow.async_configure(page["flow_id"], typed)
    assert error_of(result, "config") == "cannot_connect"
    assert defaults(result) == typed
    typed = {"url": service.url, "client_key": "another key"}
    result = await hass.config_entries.flow.async_configure(page["flow_id"], typed)
    assert error_of(result, "config") == "key_refused"
    assert entry.options["client_key"] == CLIENT_KEY

    typed = {"url": service.url, "client_key": f" {CLIENT_KEY} "}
    before = entry.runtime_data
    result = await hass.config_entries.flow.async_configure(page["flow_id"], typed)
    await hass.async_block_till_done()
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.options == {**service.options(), "min_print_seconds": 30}
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data is not before


async def test_another_service_needs_consent_of_its_own(
    hass: HomeAssistant, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **service.options())
    page = await entry.start_reconfigure_flow(hass)
    elsewhere = f"{service.url}?second"
    typed = {"url": elsewhere, "client_key": CLIENT_KEY}
    result = await hass.config_entries.flow.async_configure(page["flow_id"], typed)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "agree")
    shown = result["description_placeholders"] or {}
    assert shown["endpoint"] == elsewhere
    assert all(f"`{path}`" in shown["fields"] for path in DICTIONARY.report)

    result = await hass.config_entries.flow.async_configure(page["flow_id"], {"agree": False})
    assert error_of(result, "config") == "not_agreed"
    assert entry.options == service.options()
    result = await hass.config_entries.flow.async_configure(page["flow_id"], {"agree": True})
    await hass.async_block_till_done()
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.options["url"] == elsewhere
    assert entry.options["consent"]["categories"] == AGREED["categories"]
    assert entry.options["consent"]["text_sha256"] != AGREED.get("text_sha256")
    assert entry.state is ConfigEntryState.LOADED


async def test_changing_the_service_connects_to_nothing_while_sharing_is_off(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker
) -> None:
    entry = await async_setup(hass)
    page = await entry.start_reconfigure_flow(hass)
    for url, error in BAD_ENDPOINTS:
        typed = {"url": url, "client_key": CLIENT_KEY}
        result = await hass.config_entries.flow.async_configure(page["flow_id"], typed)
        assert error_of(result, "config") == error
    typed = {"url": "https://stats.example.com/submit", "client_key": CLIENT_KEY}
    result = await hass.config_entries.flow.async_configure(page["flow_id"], typed)
    await hass.async_block_till_done()
    assert result["reason"] == "reconfigure_successful"
    assert entry.options == {"share": False, "pseudonymous": None, **typed}
    assert aioclient_mock.call_count == 0
