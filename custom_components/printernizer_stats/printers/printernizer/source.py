"""Printernizer as a source: an instance for each sub-entry, all of whose printers can be chosen.

Without a sub-entry there is no connection, no look-up of a name and no timer.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigSubentry,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send

from ... import clock
from ...core.models import Observation, UsageEvent
from ..entities import FoundPrinter, Sink, async_app_printers, async_set_app_printers
from ..remembered import async_remembered
from .followed import Printers
from .ids import instance_of
from .instance import SIGNAL_CONNECTION, Instance
from .profiles import APP_PROFILES
from .server import Server

SUBENTRY: Final = "printernizer"


class _Followed(NamedTuple):
    """What belongs to one sub-entry."""

    server: Server
    printers: Printers
    instance: Instance


class Notices(NamedTuple):
    """What a person should know of all instances."""

    unasked: int
    refused: bool
    shares: bool


class AppSource:
    """Follows the instances of all sub-entries."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        sink: Sink,
        record: Callable[[UsageEvent], None],
        on_change: Callable[[], None],
        on_notice: Callable[[Notices], None],
    ) -> None:
        """Report observations to `sink`, files and errors to `record`, other printers to `on_change`."""
        self._hass = hass
        self._entry = entry
        self._sink = sink
        self._record = record
        self._on_change = on_change
        self._on_notice = on_notice
        self._followed: dict[str, _Followed] = {}
        self._keys: Mapping[str, str] = {}
        self._unsubscribe: Callable[[], None] | None = None

    @callback
    def async_recall(self) -> None:
        """Let the printers that are known be found before anything is connected."""
        known = self._known()
        current = {
            each: printer for each, printer in known.items() if instance_of(each) in self._subentries()
        }
        async_set_app_printers(self._hass, current)

    @callback
    def async_start(self) -> None:
        """Connect to the instances, and go on with those that are added or changed."""
        if self._unsubscribe is None:
            self._unsubscribe = async_dispatcher_connect(
                self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed
            )
            self._reconcile()

    @callback
    def async_stop(self) -> None:
        """Close all connections."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        for each in self._followed.values():
            each.instance.async_stop()
        self._followed = {}

    @callback
    def async_follow(self, printers: Mapping[str, FoundPrinter]) -> None:
        """Follow these printers, by our own key, as far as they are of instances."""
        self._keys = {printer.id: key for key, printer in printers.items() if printer.instance is not None}
        for each in self._followed.values():
            each.printers.follow(clock.now(), frozenset(self._keys.keys() & each.printers.found.keys()))

    @callback
    def read(self, printer: FoundPrinter) -> Observation:
        """Return the readings of a printer as they are now."""
        followed = self._followed.get(printer.instance or "")
        return (
            Observation(at=clock.now())
            if followed is None
            else followed.printers.read(clock.now(), printer.id)
        )

    @property
    def features(self) -> dict[str, bool]:
        """Which features of the instances are on; one that is on somewhere is on."""
        told: dict[str, bool] = {}
        for each in self._followed.values():
            for feature, enabled in each.printers.about.features.items():
                told[feature] = told.get(feature, False) or enabled
        return told

    @property
    def reported(self) -> tuple[str | None, str | None]:
        """Version and mode of the first instance that has answered: a report is of one installation."""
        for each in self._followed.values():
            if (version := each.printers.about.version) is not None:
                return version, each.server.mode
        return None, None

    @property
    def shared_by(self) -> str | None:
        """The version of the first instance that shares by itself, if one does."""
        abouts = (each.printers.about for each in self._followed.values())
        return next((each.version for each in abouts if each.shares is True), None)

    @callback
    def describe(self) -> list[dict[str, str | bool | int | None]]:
        """Return what can be told of each instance: words, flags and numbers."""
        return [
            {
                "version": each.printers.about.version,
                "mode": each.server.mode,
                "connected": each.instance.connected,
                "shares": each.printers.about.shares,
                "printers": len(each.printers.found),
                "unasked": each.printers.unasked,
            }
            for each in self._followed.values()
        ]

    @property
    def instances(self) -> dict[str, Instance]:
        """The instances by their sub-entry's id."""
        return {each: followed.instance for each, followed in self._followed.items()}

    def _subentries(self) -> Mapping[str, ConfigSubentry]:
        return {each.subentry_id: each for each in self._entry.get_subentries_of_type(SUBENTRY)}

    def _known(self) -> dict[str, FoundPrinter]:
        """The printers that were seen in this run of Home Assistant, or counted in one before."""
        remembered = {
            each: FoundPrinter(
                id=each, entity_id="", profile=APP_PROFILES[seen.profile], instance=instance_of(each)
            )
            for each, seen in async_remembered(self._hass).items()
            if seen.profile in APP_PROFILES
        }
        return remembered | async_app_printers(self._hass)

    @callback
    def _async_entry_changed(self, _change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry is self._entry:
            self._reconcile()

    def _reconcile(self) -> None:
        """Stop what has gone or changed, start what is new."""
        wanted = {each: Server.of(subentry.data) for each, subentry in self._subentries().items()}
        gone = [each for each, known in self._followed.items() if wanted.get(each) != known.server]
        for each in gone:
            self._followed.pop(each).instance.async_stop()
        new = [each for each in wanted if each not in self._followed]
        for each in new:
            self._followed[each] = self._make(each, wanted[each])
        if gone or new:
            self._changed()
            self._noticed()
        for each in new:
            self._followed[each].instance.async_start()
        if new:
            async_dispatcher_send(self._hass, SIGNAL_CONNECTION)

    def _make(self, instance: str, server: Server) -> _Followed:
        known = {each: printer for each, printer in self._known().items() if printer.instance == instance}
        printers = Printers(instance, known, self._see, self._record, self._changed, self._noticed)
        return _Followed(server, printers, Instance(self._hass, self._entry, server, printers))

    @callback
    def _see(self, printer: str, seen: Observation) -> None:
        if (key := self._keys.get(printer)) is not None:
            self._sink(key, seen)

    @callback
    def _changed(self) -> None:
        found = {
            each: printer
            for known in self._followed.values()
            for each, printer in known.printers.found.items()
        }
        async_set_app_printers(self._hass, found)
        self._on_change()

    @callback
    def _noticed(self) -> None:
        known = [each.printers for each in self._followed.values()]
        self._on_notice(
            Notices(
                unasked=sum(each.unasked for each in known),
                refused=any(each.is_refused for each in known),
                shares=any(each.about.shares is True for each in known),
            )
        )
