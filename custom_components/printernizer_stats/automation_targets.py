"""Target of a trigger or of a condition: the printers and entities of ours that it means."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .const import DOMAIN
from .core.models import FLEET
from .entity import owner_and_key

BINARY_SENSORS: Final[Mapping[str, DomainSpec]] = {Platform.BINARY_SENSOR: DomainSpec()}
SENSORS: Final[Mapping[str, DomainSpec]] = {Platform.SENSOR: DomainSpec()}


@callback
def async_targeted_printers(hass: HomeAssistant, target: Mapping[str, Any] | None) -> set[str]:
    """Return our keys of the printers that a target means; FLEET stands for all, as no target does."""
    selection = TargetSelection(dict(target or {}))
    if not selection.has_any_target:
        return {FLEET}
    selected = async_extract_referenced_entity_ids(hass, selection, expand_group=False)
    own = _async_own(hass, selected.referenced | selected.indirectly_referenced)
    return {_owner(entry) for entry in own}


@callback
def async_own_entities(hass: HomeAssistant, entity_ids: Iterable[str], key: str) -> set[str]:
    """Return those of the entities that are ours and of one kind, named by its translation key."""
    return {entry.entity_id for entry in _async_own(hass, entity_ids) if entry.translation_key == key}


@callback
def _async_own(hass: HomeAssistant, entity_ids: Iterable[str]) -> list[er.RegistryEntry]:
    registry = er.async_get(hass)
    entries = (registry.async_get(entity_id) for entity_id in entity_ids)
    return [entry for entry in entries if entry is not None and entry.platform == DOMAIN]


def _owner(entry: er.RegistryEntry) -> str:
    owner, _ = owner_and_key(entry.unique_id)
    return FLEET if owner == entry.config_entry_id else owner
