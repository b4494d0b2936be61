"""What the frontend asks for: the prints as a table, page by page, and the next report."""

from typing import Any, Final

from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import (
    ERR_HOME_ASSISTANT_ERROR,
    ERR_NOT_FOUND,
)
from homeassistant.components.websocket_api.decorators import (
    async_response,
    require_admin,
    websocket_command,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_exception_message
import voluptuous as vol

from .const import DOMAIN
from .history import UnknownPrinterError, async_printer_key, async_prints
from .report_view import async_next_report
from .runtime import loaded_runtime
from .store import STORE_ERRORS

_PAGE: Final = 50
_LONGEST_PAGE: Final = 1000


@websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/prints",
        vol.Optional("printer"): str,
        vol.Optional("limit", default=_PAGE): vol.All(int, vol.Range(min=1, max=_LONGEST_PAGE)),
        vol.Optional("offset", default=0): vol.All(int, vol.Range(min=0)),
    }
)
@require_admin
@async_response
async def async_handle_prints(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Answer with one page of the prints, latest first."""
    if (runtime := loaded_runtime(hass)) is None:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "Nothing is counted right now")
        return
    try:
        printer = async_printer_key(hass, runtime, msg.get("printer"))
    except UnknownPrinterError:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "No such printer")
        return
    try:
        page = await async_prints(hass, runtime, printer=printer, limit=msg["limit"], offset=msg["offset"])
    except STORE_ERRORS:
        text = async_get_exception_message(DOMAIN, "storage_failed")
        connection.send_error(
            msg["id"],
            ERR_HOME_ASSISTANT_ERROR,
            text,
            translation_domain=DOMAIN,
            translation_key="storage_failed",
        )
        return
    connection.send_result(msg["id"], page)


@websocket_command({vol.Required("type"): f"{DOMAIN}/report"})
@require_admin
@async_response
async def async_handle_report(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Answer with the report that would be sent now, explained, and with those that wait."""
    if (runtime := loaded_runtime(hass)) is None:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "Nothing is counted right now")
        return
    connection.send_result(msg["id"], await async_next_report(runtime))
