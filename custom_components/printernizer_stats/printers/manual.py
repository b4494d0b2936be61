"""Printers that a person described: any sensor, and what its words mean."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..core.models import Outcome, PrinterState
from ..core.prints.rules import Rules
from .entities import FoundPrinter
from .profiles import Part, Profile, Role

MANUAL: Final = "manual"
ENTITY: Final = "entity"
PART_ROLES: Final = (Role.PROGRESS, Role.ELAPSED, Role.FILAMENT_MM, Role.FILAMENT_G)
_OUTCOMES: Final = {PrinterState.COMPLETED, PrinterState.FAILED, PrinterState.CANCELLED}


@callback
def async_reference(hass: HomeAssistant, entity_id: str) -> str:
    """Return what to remember of an entity: its registry id, which renames do not change, if it has one."""
    entry = er.async_get(hass).async_get(entity_id)
    return entry.id if entry else entity_id


@callback
def async_entity_id(hass: HomeAssistant, reference: str) -> str | None:
    """Return the entity's id as it is now; None when it is disabled or gone from the registry."""
    entry = er.async_get(hass).entities.get_entry(reference)
    if entry is not None:
        return entry.entity_id if entry.disabled_by is None else None
    return reference if "." in reference else None


@callback
def async_is_removed(hass: HomeAssistant, reference: str) -> bool:
    """Whether the entity is there no longer: not in the registry, and without it not in sight either."""
    registry = er.async_get(hass)
    if registry.entities.get_entry(reference) is not None:
        return False
    return registry.async_get(reference) is None and hass.states.get(reference) is None


@callback
def async_manual_printers(
    hass: HomeAssistant, described: Iterable[Mapping[str, Any]]
) -> dict[str, FoundPrinter]:
    """Return the printers that were described and are there, by what is remembered of their sensor."""
    found: dict[str, FoundPrinter] = {}
    for each in described:
        entity_id = async_entity_id(hass, each[ENTITY])
        if entity_id is None:
            continue
        entry = er.async_get(hass).async_get(entity_id)
        parts = {role: async_entity_id(hass, each[role]) for role in PART_ROLES if each.get(role)}
        found[each[ENTITY]] = FoundPrinter(
            id=each[ENTITY],
            entity_id=entity_id,
            profile=_profile(each),
            device_id=entry.device_id if entry else None,
            parts={part: role for role, part in parts.items() if part},
        )
    return found


def _profile(described: Mapping[str, Any]) -> Profile:
    states = {word.casefold(): PrinterState(state) for word, state in described["states"].items()}
    named = _OUTCOMES & set(states.values())
    kind = described["printer_type"]
    # Who has a word for a good end and one for a bad end always says how a print ended.
    explicit = PrinterState.COMPLETED in named and len(named) > 1
    rules = (
        Rules(printer_type=kind)
        if explicit
        else Rules(printer_type=kind, names_outcome=False, idle_ends=not named, unexplained=Outcome.CANCELLED)
    )
    return Profile(
        key=MANUAL,
        domain=MANUAL,
        name="Manual",
        outcome="explicit" if explicit else "heuristic",
        states=states,
        rules=rules,
        parts={role: Part(role=role) for role in PART_ROLES},
    )
