"""The sub-entry of a maintainer's service: adding, changing, what can go wrong, and another key."""

from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from ..helpers import EN, async_setup
from ..maintained import (
    KEY,
    SERVICE,
    MaintainedService,
    async_answered,
    async_setup_maintainer,
    fleet_state,
)
from ..texts import assert_step_is_translated

TEXTS: Final = EN["config_subentries"]["maintainer"]


async def async_open(hass: HomeAssistant, entry: MockConfigEntry, **context: Any) -> Any:
    """Open the form."""
    asked: Any = context or {"source": "user"}
    page = await hass.config_entries.subentries.async_init((entry.entry_id, "maintainer"), context=asked)
    assert page["type"] is FlowResultType.FORM
    assert_step_is_translated(page, TEXTS)
    return page


async def async_change(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Open the form of what is there."""
    return await async_open(hass, entry, source="reconfigure", subentry_id=SERVICE)


async def async_type(hass: HomeAssistant, entry: MockConfigEntry, page: Any, **answer: str) -> Any:
    """Fill in a form."""
    result = await hass.config_entries.subentries.async_configure(page["flow_id"], answer)
    for field, error in (result.get("errors") or {}).items():
        assert field in ("base", "url", "read_key")
        assert error in TEXTS["error"]
    await async_answered(hass, entry)
    return result


async def async_confirm(hass: HomeAssistant, key: str) -> Any:
    """Type another key where it is asked for."""
    (flow,) = hass.config_entries.flow.async_progress()
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], {"read_key": key})
    if result["type"] is FlowResultType.FORM:
        assert_step_is_translated(result, EN["config"])
        assert set((result["errors"] or {}).values()) <= set(EN["config"]["error"])
    else:
        assert result["reason"] in EN["config"]["abort"]
    return result


async def test_a_service_is_tried_added_and_shown(hass: HomeAssistant, maintained: MaintainedService) -> None:
    entry = await async_setup(hass)
    page = await async_open(hass, entry)
    shown = {str(key): key.description for key in page["data_schema"].schema}
    assert shown["url"] == {"suggested_value": "https://stats.printernizer.com"}
    assert maintained.asked == []
    done = await async_type(hass, entry, page, url=maintained.url, read_key=KEY)
    assert (done["type"], done["title"]) == (FlowResultType.CREATE_ENTRY, "127.0.0.1")
    (subentry,) = entry.subentries.values()
    assert subentry.data == {"url": maintained.url, "read_key": KEY}
    (running,) = entry.runtime_data.fleet.values()
    assert running.data.active == 1000


@pytest.mark.parametrize("copied", ["{}/", "{}/submit", "{}/dashboard?weeks=13", " {} "])
async def test_the_address_may_be_copied_with_a_page(
    hass: HomeAssistant, maintained: MaintainedService, copied: str
) -> None:
    entry = await async_setup(hass)
    page = await async_open(hass, entry)
    await async_type(hass, entry, page, url=copied.format(maintained.url), read_key=KEY)
    assert [each.data["url"] for each in entry.subentries.values()] == [maintained.url]


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        ({"key": "another"}, {"read_key": "read_key_refused"}),
        ({"status": 503}, {"base": "service_away"}),
        ({"status": 404}, {"base": "no_service"}),
        ({"body": "<html>"}, {"base": "no_service"}),
        ({"body": "{}"}, {"base": "no_service"}),
    ],
)
async def test_what_goes_wrong_is_said_and_can_be_mended(
    hass: HomeAssistant, maintained: MaintainedService, said: dict[str, Any], errors: dict[str, str]
) -> None:
    entry = await async_setup(hass)
    before = {name: getattr(maintained, name) for name in said}
    vars(maintained).update(said)
    page = await async_open(hass, entry)
    result = await async_type(hass, entry, page, url=maintained.url, read_key=KEY)
    assert result["errors"] == errors
    assert not entry.subentries
    vars(maintained).update(before)
    done = await async_type(hass, entry, page, url=maintained.url, read_key=KEY)
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_nobody_there(hass: HomeAssistant, socket_enabled: None, unused_tcp_port: int) -> None:
    entry = await async_setup(hass)
    page = await async_open(hass, entry)
    url = f"http://127.0.0.1:{unused_tcp_port}"
    result = await async_type(hass, entry, page, url=url, read_key=KEY)
    assert result["errors"] == {"base": "service_away"}


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("ftp://stats.example", "invalid_endpoint"),
        ("https://", "invalid_endpoint"),
        ("https://me:secret@stats.example", "invalid_endpoint"),
        ("https://stats.example:port", "invalid_endpoint"),
        ("http://stats.example", "insecure_endpoint"),
    ],
)
async def test_a_key_is_sent_to_no_address_that_cannot_be_used(
    hass: HomeAssistant, address: str, error: str
) -> None:
    entry = await async_setup(hass)
    result = await async_type(hass, entry, await async_open(hass, entry), url=address, read_key=KEY)
    assert result["errors"] == {"url": error}


async def test_a_service_is_added_once(hass: HomeAssistant, maintained: MaintainedService) -> None:
    entry = await async_setup_maintainer(hass, maintained)
    page = await async_open(hass, entry)
    again = await async_type(hass, entry, page, url=f"{maintained.url}/", read_key=KEY)
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_a_key_that_is_not_typed_again_stays_and_is_not_shown(
    hass: HomeAssistant, maintained: MaintainedService
) -> None:
    entry = await async_setup_maintainer(hass, maintained)
    page = await async_change(hass, entry)
    assert KEY not in str(page["data_schema"].schema)
    done = await async_type(hass, entry, page, url=f"{maintained.url}/submit")
    assert done["reason"] == "reconfigure_successful"
    assert entry.subentries[SERVICE].data == {"url": maintained.url, "read_key": KEY}


async def test_another_key_is_used_at_once(hass: HomeAssistant, maintained: MaintainedService) -> None:
    entry = await async_setup_maintainer(hass, maintained)
    maintained.key, maintained.active = "another-key", 1200
    page = await async_change(hass, entry)
    await async_type(hass, entry, page, url=maintained.url, read_key="another-key")
    assert fleet_state(hass, "active_homes").state == "1200"


async def test_a_key_goes_to_no_other_address(hass: HomeAssistant, maintained: MaintainedService) -> None:
    entry = await async_setup_maintainer(hass, maintained)
    maintained.asked.clear()
    page = await async_change(hass, entry)
    other = maintained.url.replace("127.0.0.1", "localhost")
    result = await async_type(hass, entry, page, url=other)
    assert result["errors"] == {"read_key": "key_needed"}
    assert maintained.asked == []


@pytest.mark.allowed_logs
async def test_a_key_that_is_refused_is_asked_for_and_the_new_one_is_used(
    hass: HomeAssistant, maintained: MaintainedService
) -> None:
    maintained.key = "another-key"
    entry = await async_setup_maintainer(hass, maintained)
    assert fleet_state(hass, "active_homes").state == "unavailable"
    assert (await async_confirm(hass, "wrong"))["errors"] == {"read_key": "read_key_refused"}
    assert (await async_confirm(hass, "another-key"))["reason"] == "reauth_successful"
    await async_answered(hass, entry)
    assert entry.subentries[SERVICE].data == {"url": maintained.url, "read_key": "another-key"}
    assert fleet_state(hass, "active_homes").state == "1000"
    assert hass.config_entries.flow.async_progress() == []


@pytest.mark.allowed_logs
async def test_no_key_is_asked_for_once_the_service_is_taken_out(
    hass: HomeAssistant, maintained: MaintainedService
) -> None:
    maintained.key = "another-key"
    entry = await async_setup_maintainer(hass, maintained)
    hass.config_entries.async_remove_subentry(entry, SERVICE)
    assert hass.config_entries.flow.async_progress() == []
    await async_answered(hass, entry)
