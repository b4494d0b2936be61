"""Events of printer integrations on Home Assistant's bus: they refine outcomes and tell of files and errors.

Of an event only its kind and its printer are looked at; nothing of its payload is kept.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.const import ATTR_DOMAIN, ATTR_SERVICE, EVENT_CALL_SERVICE
from homeassistant.core import Event, HomeAssistant, callback

from ..core.models import Observation, PrinterState, UsageEvent
from .entities import FoundPrinter, Sink
from .profiles import BusEvent, Profile

_STATES: Final = {
    "completed": PrinterState.COMPLETED,
    "failed": PrinterState.FAILED,
    "cancelled": PrinterState.CANCELLED,
}
# An upload is told of many times; after this long a silence, in seconds, it is another one.
_UPLOAD_SILENCE: Final = 60.0


class BusEventSource:
    """Listens to the events and upload actions of the integrations whose printers are counted."""

    def __init__(self, hass: HomeAssistant, sink: Sink, record: Callable[[UsageEvent], None]) -> None:
        """Report outcomes and errors to `sink`, files to `record`."""
        self._hass = hass
        self._sink = sink
        self._record = record
        self._printers: Mapping[str, FoundPrinter] = {}
        self._uploading: dict[str, float] = {}
        self._unsubscribe: list[Callable[[], None]] = []

    @callback
    def async_start(self, printers: Mapping[str, FoundPrinter]) -> None:
        """Listen for these printers, by our own key."""
        self._printers = printers
        profiles = {printer.profile.key: printer.profile for printer in printers.values()}
        for profile in profiles.values():
            for event_type in {each.event_type for each in profile.events}:
                self._listen(event_type, profile)
        services = {name: each for each in profiles.values() for name in each.upload_services}
        if services:
            self._listen_to_actions(services)

    @callback
    def async_stop(self) -> None:
        """Stop listening."""
        while self._unsubscribe:
            self._unsubscribe.pop()()

    def _listen(self, event_type: str, profile: Profile) -> None:
        @callback
        def heard(event: Event[Mapping[str, Any]]) -> None:
            for known in profile.events:
                if known.event_type == event_type and _matches(known, event.data):
                    self._take(known, profile, event)

        self._unsubscribe.append(self._hass.bus.async_listen(event_type, heard))

    def _listen_to_actions(self, services: Mapping[str, Profile]) -> None:
        @callback
        def chosen(data: Mapping[str, Any]) -> bool:
            return f"{data[ATTR_DOMAIN]}.{data[ATTR_SERVICE]}" in services

        @callback
        def called(event: Event[Mapping[str, Any]]) -> None:
            profile = services[f"{event.data[ATTR_DOMAIN]}.{event.data[ATTR_SERVICE]}"]
            self._file_uploaded(profile, None, event.time_fired_timestamp)

        self._unsubscribe.append(self._hass.bus.async_listen(EVENT_CALL_SERVICE, called, chosen))

    def _take(self, known: BusEvent, profile: Profile, event: Event[Mapping[str, Any]]) -> None:
        at = event.time_fired_timestamp
        key = self._printer(known, profile, event.data)
        if known.means == "file_upload_progress":
            self._upload_goes_on(profile, at)
        elif known.means == "file_uploaded":
            self._file_uploaded(profile, key, at)
        elif key is not None and known.means == "error":
            self._sink(key, Observation(at=at, fault=True))
        elif key is not None:
            self._sink(key, Observation(at=at, state=_STATES[known.means]))

    def _printer(self, known: BusEvent, profile: Profile, data: Mapping[str, Any]) -> str | None:
        """Our key of the printer that the event is about, None when it is not one that is counted."""
        named = data.get("device_id")
        if named is None:
            return None
        for key, printer in self._printers.items():
            if printer.profile is profile and self._is_named(known, printer, named):
                return key
        return None

    def _is_named(self, known: BusEvent, printer: FoundPrinter, named: object) -> bool:
        if known.printer_by == "device":
            return printer.device_id == named
        entry = self._hass.config_entries.async_get_entry(printer.config_entry_id or "")
        return entry is not None and entry.unique_id == named

    def _upload_goes_on(self, profile: Profile, at: float) -> None:
        before = self._uploading.get(profile.key)
        self._uploading[profile.key] = at
        if before is None or at - before > _UPLOAD_SILENCE:
            self._file_uploaded(profile, None, at)

    def _file_uploaded(self, profile: Profile, printer: str | None, at: float) -> None:
        data = {"printer_type": profile.rules.printer_type}
        self._record(UsageEvent(type="file_uploaded", at=at, printer=printer, data=data))


def _matches(known: BusEvent, data: Mapping[str, Any]) -> bool:
    return all(data.get(key) == value for key, value in known.match.items())
