"""Filling in the forms of the flows, and reading what they show."""

from typing import Any, Final

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DEFAULT_ENDPOINT, DOMAIN

from .helpers import CLIENT_KEY, EN

UNREACHABLE: Final = "http://127.0.0.1:9/submit"


def sharing(url: str = DEFAULT_ENDPOINT, key: str = CLIENT_KEY, *, share: bool = True) -> dict[str, Any]:
    """Return what the sharing page sends."""
    return {"share": share, "server": {"url": url, "client_key": key}}


async def async_agree(manager: Any, page: Any, typed: dict[str, Any], *categories: str, **ticks: bool) -> Any:
    """Go from the sharing page through an opt-in to its end."""
    page = await manager.async_configure(page["flow_id"], typed)
    assert (page["type"], page["step_id"]) == (FlowResultType.FORM, "categories")
    page = await manager.async_configure(page["flow_id"], {"categories": list(categories)})
    assert (page["type"], page["step_id"]) == (FlowResultType.FORM, "agree")
    return await manager.async_configure(page["flow_id"], {"agree": True, **ticks})


def error_of(result: Any, flow: str) -> str:
    """Return the error that a page shows, of a flow whose texts have one for it."""
    assert result["type"] is FlowResultType.FORM
    error: str = result["errors"]["base"]
    assert EN[flow]["error"][error].format(**result["description_placeholders"])
    return error


async def async_start(hass: HomeAssistant) -> Any:
    """Open the first page of the set-up."""
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})


async def async_to_sharing(hass: HomeAssistant) -> Any:
    """Go to the second page of the set-up, without printers."""
    first = await async_start(hass)
    return await hass.config_entries.flow.async_configure(first["flow_id"], {})


async def async_open_options(hass: HomeAssistant, entry: MockConfigEntry, page: str) -> Any:
    """Open one page of the options."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["type"] is FlowResultType.MENU
    assert page in menu["menu_options"]
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": page})


def labels(result: Any) -> dict[str, str]:
    """Return the offered printers, registry id to label."""
    options = result["data_schema"].schema["printers"].config["options"]
    return {option["value"]: option["label"] for option in options}


def defaults(result: Any) -> dict[str, Any]:
    """Return what the fields of a form hold when it opens."""
    return {str(key): key.default() for key in result["data_schema"].schema if callable(key.default)}


def server_defaults(result: Any) -> dict[str, Any]:
    """Return what the fields of the service section hold when the form opens."""
    fields = result["data_schema"].schema["server"].schema.schema
    return {str(key): key.default() for key in fields}


async def async_choose(hass: HomeAssistant, menu: Any, page: str) -> Any:
    """Go from a menu of the options to one of the pages that it offers."""
    assert page in menu["menu_options"]
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": page})


def page_text(result: Any) -> str:
    """Return the text of a page of the options as a person reads it."""
    text: str = EN["options"]["step"][result["step_id"]]["description"]
    return text.format_map(result["description_placeholders"] or {})
