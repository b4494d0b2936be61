"""Actions: look at the statistics, record and send them."""

from datetime import datetime
from typing import Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv, service
from homeassistant.util import dt as dt_util
import voluptuous as vol

from . import clock
from .const import CONF_COMMUNITY, DOMAIN
from .core.dictionary import DICTIONARY, DictionaryError
from .core.models import UsageEvent
from .core.sharing.identity_rotation import Sent
from .core.sharing.report_json import preview_json
from .core.store.queries import EventFilter
from .data_services import DELETE_SCHEMA, EXPORT_SCHEMA, IMPORT_SCHEMA, delete_data, export_data, import_data
from .history.data_deletion import asked_deletions
from .history.statistics import STATISTICS_SCHEMA, async_statistics
from .history.tables import UnknownPrinterError, async_events, async_printer_key, async_prints
from .runtime import Runtime
from .service_calls import entry_of, in_minutes, in_seconds, invalid, runtime_of

_NUMBER: Final = vol.All(vol.Coerce(int), vol.Range(min=0))
_PRINTS_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("printer"): cv.string,
        vol.Optional("limit", default=50): vol.All(_NUMBER, vol.Range(min=1, max=1000)),
        vol.Optional("offset", default=0): _NUMBER,
    }
)
_EVENTS_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("event_type"): vol.In(list(DICTIONARY.events)),
        vol.Optional("printer"): cv.string,
        vol.Optional("since"): cv.datetime,
        vol.Optional("until"): cv.datetime,
        vol.Optional("submitted"): cv.boolean,
        vol.Optional("limit", default=100): vol.All(_NUMBER, vol.Range(min=1, max=5000)),
        vol.Optional("offset", default=0): _NUMBER,
    }
)
_RECORD_SCHEMA: Final = vol.Schema(
    {vol.Required("event_type"): cv.string, vol.Optional("data", default=dict): dict}
)
_SUBMIT_SCHEMA: Final = vol.Schema({vol.Optional("sha256"): cv.string})
_COMMUNITY_SCHEMA: Final = vol.Schema({vol.Required("receive"): cv.boolean})
_ROTATE_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("sent", default=Sent.KEEP): vol.Coerce(Sent),
        vol.Optional("at_once", default=False): cv.boolean,
    }
)
_EMPTY_SCHEMA: Final = vol.Schema({})


def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions; each is for administrators."""
    none, optional, only = SupportsResponse
    for name, function, schema, supports, within in (
        ("get_statistics", _get_statistics, STATISTICS_SCHEMA, only, in_seconds),
        ("get_prints", _get_prints, _PRINTS_SCHEMA, only, in_seconds),
        ("get_events", _get_events, _EVENTS_SCHEMA, only, in_seconds),
        ("export_data", export_data, EXPORT_SCHEMA, only, in_seconds),
        ("import_data", import_data, IMPORT_SCHEMA, optional, in_minutes),
        ("delete_data", delete_data, DELETE_SCHEMA, optional, in_minutes),
        ("record_event", _record_event, _RECORD_SCHEMA, none, in_seconds),
        ("preview_report", _preview_report, _EMPTY_SCHEMA, only, in_seconds),
        ("submit_now", _submit_now, _SUBMIT_SCHEMA, optional, in_minutes),
        ("rotate_identity", _rotate_identity, _ROTATE_SCHEMA, optional, in_minutes),
        ("set_community", _set_community, _COMMUNITY_SCHEMA, none, in_minutes),
    ):
        act = within(function)
        service.async_register_admin_service(
            hass, DOMAIN, name, act, schema=schema, supports_response=supports
        )


def _printer(call: ServiceCall, runtime: Runtime) -> str | None:
    """Return our key of the printer that was asked for, None for all."""
    try:
        return async_printer_key(call.hass, runtime, call.data.get("printer"))
    except UnknownPrinterError as error:
        raise invalid("unknown_printer") from error


def _epoch(moment: datetime | None) -> float | None:
    """Epoch seconds of a time; one without a zone is local."""
    return None if moment is None else dt_util.as_utc(moment).timestamp()


async def _get_statistics(call: ServiceCall) -> ServiceResponse:
    runtime = runtime_of(call)
    return await async_statistics(call.hass, runtime, _printer(call, runtime), call.data)


async def _get_prints(call: ServiceCall) -> ServiceResponse:
    runtime = runtime_of(call)
    printer, limit, offset = _printer(call, runtime), call.data["limit"], call.data["offset"]
    return await async_prints(call.hass, runtime, printer=printer, limit=limit, offset=offset)


async def _get_events(call: ServiceCall) -> ServiceResponse:
    runtime = runtime_of(call)
    wanted = EventFilter(
        event_type=call.data.get("event_type"),
        printer=_printer(call, runtime),
        since=_epoch(call.data.get("since")),
        until=_epoch(call.data.get("until")),
        submitted=call.data.get("submitted"),
    )
    limit, offset = call.data["limit"], call.data["offset"]
    return await async_events(runtime, wanted, limit=limit, offset=offset)


async def _record_event(call: ServiceCall) -> None:
    runtime = runtime_of(call)
    event_type, data = call.data["event_type"], call.data["data"]
    try:
        checked = DICTIONARY.check_event(event_type, data)
    except DictionaryError as error:
        raise invalid(error.reason, name=error.name) from error
    at = clock.now()
    runtime.tracker.async_record(UsageEvent(type=event_type, at=at, data=checked))
    await runtime.store.async_flush()


async def _preview_report(call: ServiceCall) -> ServiceResponse:
    return preview_json(await runtime_of(call).report_scheduler.async_preview())


async def _rotate_identity(call: ServiceCall) -> ServiceResponse:
    runtime = runtime_of(call)
    await runtime.remote_deletion.async_rotate(call.data["sent"], at_once=call.data["at_once"])
    return {"deletions": [*await runtime.store.async_read(asked_deletions)]}


async def _set_community(call: ServiceCall) -> None:
    entry = entry_of(call)
    options = {**entry.options, CONF_COMMUNITY: call.data["receive"]}
    if call.hass.config_entries.async_update_entry(entry, options=options):
        await call.hass.config_entries.async_reload(entry.entry_id)


async def _submit_now(call: ServiceCall) -> ServiceResponse:
    runtime = runtime_of(call)
    expected = call.data.get("sha256")
    if expected is None:
        runtime.async_measure()
    report = await runtime.report_scheduler.async_submit_now(expected)
    receipt = dict(report.receipt or {})
    return {
        "body": report.body.decode(),
        "sha256": report.sha256,
        "submission_id": receipt.pop("submission_id", None),
        "receipt": receipt,
    }
