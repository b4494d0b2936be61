"""Printers as entities of other integrations: finds them in the registry and reports what they do."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util.hass_dict import HassKey

from .. import clock
from ..const import DOMAIN
from ..core.models import Observation
from .printer_view import PrinterView, Shown
from .printernizer.sighting import Traits
from .profiles import PROFILES, Profile, Role, recognize
from .remembered import Remembered, async_remembered

_DOMAINS: Final = ("sensor", "binary_sensor")
_OF_APPS: Final[HassKey[dict[str, FoundPrinter]]] = HassKey(f"{DOMAIN}_of_apps")

type Sink = Callable[[str, Observation], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPrinter:
    """A printer; `id` is the registry's id of its state entity, or its entity id if it is in no registry.

    `parts` are the entities beside the state where a person chose them; else the profile's patterns find
    them. A printer of an app has no state entity: `instance` is the sub-entry that follows it, `label` its
    name there, and `traits` tell it from others.
    """

    id: str
    entity_id: str
    profile: Profile
    stem: str = ""
    device_id: str | None = None
    config_entry_id: str | None = None
    parts: Mapping[str, Role] = field(default_factory=dict)
    instance: str | None = None
    label: str = field(default="", repr=False)
    traits: Traits = field(default_factory=Traits)


@callback
def async_set_app_printers(hass: HomeAssistant, printers: dict[str, FoundPrinter]) -> None:
    """Let everybody who looks for printers find those of apps."""
    hass.data[_OF_APPS] = printers


@callback
def async_app_printers(hass: HomeAssistant) -> dict[str, FoundPrinter]:
    """Return the printers of apps, by our id."""
    found = hass.data.get(_OF_APPS)
    return {} if found is None else dict(found)


@callback
def async_find_printers(hass: HomeAssistant) -> dict[str, FoundPrinter]:
    """Return all printers that a profile knows, by registry id, and those of apps; no disabled ones.

    Those that were counted before are known by their entry, whatever their unique id is now.
    """
    found = async_app_printers(hass)
    remembered = async_remembered(hass)
    for entry in er.async_get(hass).entities.values():
        if entry.disabled_by is None and (known := _recognise(entry, remembered.get(entry.id))) is not None:
            profile, stem = known
            found[entry.id] = FoundPrinter(
                id=entry.id,
                entity_id=entry.entity_id,
                profile=profile,
                stem=stem,
                device_id=entry.device_id,
                config_entry_id=entry.config_entry_id,
            )
    return found


def _recognise(entry: er.RegistryEntry, before: Remembered | None = None) -> tuple[Profile, str] | None:
    """The profile and the stem of a printer, if the entity is the state of one, or was it before."""
    if entry.domain != "sensor":
        return None
    if (known := recognize(entry.platform, entry.unique_id)) is not None or before is None:
        return known
    profile = PROFILES.get(before.profile)
    return (profile, "") if profile is not None and profile.domain == entry.platform else None


@callback
def async_parts(hass: HomeAssistant, printer: FoundPrinter) -> dict[str, Role]:
    """Return the entities that show the printer, and what each tells; disabled ones are left out.

    What no entity is recognized to tell now is told by the one that was recognized before.
    """
    registry = er.async_get(hass)
    parts = dict(printer.parts)
    if printer.entity_id:
        parts[printer.entity_id] = Role.STATE
    for entry in registry.entities.values():
        role = _role(entry, printer)
        if role is not None and entry.disabled_by is None:
            parts.setdefault(entry.entity_id, role)
    told = set(parts.values())
    before = async_remembered(hass).get(printer.id)
    for registry_id, role in before.parts.items() if before else ():
        part = registry.entities.get_entry(registry_id)
        if role not in told and part is not None and part.disabled_by is None:
            parts.setdefault(part.entity_id, role)
    return parts


@callback
def async_to_remember(hass: HomeAssistant, printer: FoundPrinter) -> Remembered:
    """Return what to remember of a printer that a profile knows; what a person chose is not part of it."""
    registry = er.async_get(hass)
    parts = {
        entry.id: role
        for entity_id, role in async_parts(hass, printer).items()
        if role is not Role.STATE
        and entity_id not in printer.parts
        and (entry := registry.async_get(entity_id)) is not None
    }
    return Remembered(profile=printer.profile.key, parts=parts)


class EntitySource:
    """Follows the entities of the printers that are counted."""

    def __init__(self, hass: HomeAssistant, sink: Sink, on_change: Callable[[], None]) -> None:
        """Report observations to `sink`, and new, renamed or removed printers to `on_change`."""
        self._hass = hass
        self._sink = sink
        self._on_change = on_change
        self._printers: Mapping[str, FoundPrinter] = {}
        self.views: dict[str, PrinterView] = {}
        self._roles: dict[str, list[tuple[str, Role]]] = {}
        self._found: set[str] = set()
        self._loose: set[str] = set()
        self._chosen: Collection[str] = ()
        self._unsubscribe: list[Callable[[], None]] = []

    @callback
    def async_start(self, printers: Mapping[str, FoundPrinter], chosen: Collection[str] = ()) -> None:
        """Follow the printers, by our own key, and report how they are now.

        `chosen` is what is remembered of entities that a person chose, be they there or not.
        """
        self._chosen = chosen
        # What is in no registry has only its state to tell that it comes and goes.
        self._loose = {each.entity_id for each in printers.values() if each.id == each.entity_id}
        self._printers = printers
        self.views = {key: self._view(key, printer.profile) for key, printer in printers.items()}
        self._roles = {}
        for key, printer in printers.items():
            for entity_id, role in async_parts(self._hass, printer).items():
                self._roles.setdefault(entity_id, []).append((key, role))
        self._found = {each.entity_id for each in async_find_printers(self._hass).values() if each.entity_id}
        self._unsubscribe = [
            async_track_state_change_event(self._hass, self._roles, self._async_changed),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_registry_changed),
        ]
        for key in printers:
            self._report_now(key)

    @callback
    def async_stop(self) -> None:
        """Stop following."""
        while self._unsubscribe:
            self._unsubscribe.pop()()

    @callback
    def read(self, key: str) -> Observation:
        """Read everything but the state of a printer, as it is now."""
        return self.views[key].readings(clock.now())

    def _view(self, key: str, profile: Profile) -> PrinterView:
        """Return the view of a printer as it was, if it is one for that profile."""
        view = self.views.get(key)
        return PrinterView(profile) if view is None or view.profile != profile else view

    def _report_now(self, key: str) -> None:
        """Report what is shown: what is new of it, and everything when it is looked at for the first time."""
        shown = {
            role: _shown(state)
            for entity_id, roles in self._roles.items()
            for owner, role in roles
            if owner == key and (state := self._hass.states.get(entity_id)) is not None
        }
        for seen in self.views[key].look(clock.now(), shown):
            self._sink(key, seen)

    @callback
    def _async_changed(self, event: Event[EventStateChangedData]) -> None:
        entity_id, state = event.data["entity_id"], event.data["new_state"]
        loose = entity_id in self._loose
        if state is None and loose:
            state = State(entity_id, STATE_UNAVAILABLE, last_updated=event.time_fired)
        if state is None:
            return
        for key, role in self._roles[entity_id]:
            since, word, unit = _shown(state)
            if (seen := self.views[key].take(since, role, word, unit)) is not None:
                self._sink(key, seen)
        if loose and None in (event.data["old_state"], event.data["new_state"]):
            self._on_change()

    @callback
    def _async_registry_changed(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Follow renames and removals of what is known, and everything that may be a new printer or part."""
        data = event.data
        entity_id = data.get("old_entity_id", data["entity_id"])
        if entity_id in self._roles or entity_id in self._found or self._concerns(data["entity_id"]):
            self._on_change()

    def _concerns(self, entity_id: str) -> bool:
        """Whether the entity is the state of a printer, a part of one that is followed, or chosen."""
        if (entry := er.async_get(self._hass).async_get(entity_id)) is None:
            return False
        if entry.id in self._chosen or _recognise(entry) is not None:
            return True
        return any(_role(entry, each) for each in self._printers.values())


def _shown(state: State) -> Shown:
    return Shown(state.last_updated_timestamp, state.state, state.attributes.get(ATTR_UNIT_OF_MEASUREMENT))


def _role(entry: er.RegistryEntry, printer: FoundPrinter) -> Role | None:
    if entry.platform != printer.profile.domain or entry.domain not in _DOMAINS:
        return None
    return printer.profile.role_of(entry.unique_id, printer.stem)
