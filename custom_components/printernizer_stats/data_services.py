"""Actions on everything that is held: export, import, delete."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from . import clock
from .background.feature_use import EXPORTS, async_note_use
from .const import DOMAIN
from .core.export.document import response
from .core.store import TracesLeftError
from .history.data_deletion import DeletionScope, async_delete_data
from .history.data_import import async_import_file
from .http import ExportForm, export_link
from .service_calls import entry_of, invalid, runtime_of

_EVENTS_IN_RESPONSE: Final = 5000

EXPORT_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("format", default=ExportForm.JSON): vol.Coerce(ExportForm),
        vol.Optional("identity", default=False): cv.boolean,
    }
)
IMPORT_SCHEMA: Final = vol.Schema(
    {vol.Required("path"): cv.string, vol.Optional("move", default=False): cv.boolean}
)
DELETE_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("confirm", default=False): cv.boolean,
        vol.Optional("scope", default=DeletionScope.EVERYTHING): vol.Coerce(DeletionScope),
        vol.Optional("remote", default=True): cv.boolean,
        vol.Optional("at_once", default=False): cv.boolean,
    }
)


async def export_data(call: ServiceCall) -> ServiceResponse:
    """Return everything but later events, and where all of it can be downloaded."""
    runtime = runtime_of(call)
    now = clock.now()
    async_note_use(call.hass, EXPORTS)
    await runtime.store.async_flush()
    exported: dict[str, Any] = await runtime.store.async_read(
        lambda conn: response(conn, now, _EVENTS_IN_RESPONSE)
    )
    if call.context.user_id is None:
        # Without a person there is nobody whose rights a link could carry.
        return {**exported, "download_url": None}
    link = export_link(call.hass, call.data["format"], identity=call.data["identity"])
    return {**exported, "download_url": link}


async def import_data(call: ServiceCall) -> ServiceResponse:
    """Import an export from a file that Home Assistant may read."""
    entry, path = entry_of(call), call.data["path"]
    if not await call.hass.async_add_executor_job(call.hass.config.is_allowed_path, path):
        raise invalid("import_path_refused")
    imported = await async_import_file(call.hass, entry, Path(path), move=call.data["move"])
    return {**asdict(imported)}


async def delete_data(call: ServiceCall) -> ServiceResponse:
    """Delete, once it is confirmed."""
    entry, wish = entry_of(call), call.data
    if not wish["confirm"]:
        raise invalid("delete_not_confirmed")
    try:
        deletions = await async_delete_data(
            call.hass, entry, wish["scope"], remote=wish["remote"], at_once=wish["at_once"]
        )
    except TracesLeftError as error:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="delete_unfinished") from error
    return {"deletions": [*deletions]}
