"""WebSocket commands of the frontend: the prints as a table, page by page, and the next report."""

from collections.abc import Awaitable
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
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol

from .const import DOMAIN
from .core.sharing.report_json import preview_json
from .history.tables import UnknownPrinterError, async_printer_key, async_prints
from .runtime import Runtime, loaded_runtime
from .service_calls import PATIENCE_SECONDS, async_within

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
    page = async_prints(hass, runtime, printer=printer, limit=msg["limit"], offset=msg["offset"])
    await _async_answer(connection, msg, page)


@websocket_command({vol.Required("type"): f"{DOMAIN}/report"})
@require_admin
@async_response
async def async_handle_report(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Answer with the report that would be sent now, explained, and with those that wait."""
    if (runtime := loaded_runtime(hass)) is None:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "Nothing is counted right now")
        return
    await _async_answer(connection, msg, _async_preview(runtime))


async def _async_preview(runtime: Runtime) -> dict[str, Any]:
    return preview_json(await runtime.report_scheduler.async_preview())


async def _async_answer(
    connection: ActiveConnection, msg: dict[str, Any], answering: Awaitable[dict[str, Any]]
) -> None:
    """Send the answer, or why there is none; raising would write into the log."""
    try:
        answer = await async_within(PATIENCE_SECONDS, answering)
    except HomeAssistantError as error:
        connection.send_error(
            msg["id"],
            ERR_HOME_ASSISTANT_ERROR,
            str(error),
            translation_domain=error.translation_domain,
            translation_key=error.translation_key,
        )
        return
    connection.send_result(msg["id"], answer)
