"""Selection of printers by the user, and the rules for them with the user's constants."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_RESTORED
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import (
    CONF_DECLINED,
    CONF_ENERGY,
    CONF_GRACE_SECONDS,
    CONF_LOST_HOURS,
    CONF_MANUAL,
    CONF_MERGE_SECONDS,
    CONF_METER,
    CONF_MIN_PRINT_SECONDS,
    CONF_PRICE,
    CONF_PRICE_SENSOR,
    CONF_PRINTERS,
    DEFAULT_GRACE_SECONDS,
    DEFAULT_LOST_HOURS,
    DEFAULT_MERGE_SECONDS,
    DEFAULT_MIN_PRINT_SECONDS,
    HOUR_SECONDS,
)
from ..core.prints.rules import Rules
from .energy import async_with_meter
from .entities import FoundPrinter, async_find_printers
from .manual import ENTITY, PART_ROLES, async_is_removed, async_manual_printers
from .remembered import async_remembered


@callback
def async_chosen_printers(hass: HomeAssistant, options: Mapping[str, Any]) -> list[FoundPrinter]:
    """Return the printers that the user ticked or described, and that are there."""
    found = async_find_printers(hass)
    ticked = {each: found[each] for each in options.get(CONF_PRINTERS, []) if each in found}
    chosen = {**ticked, **async_manual_printers(hass, options.get(CONF_MANUAL, []))}
    meters = options.get(CONF_ENERGY, {})
    return [async_with_meter(hass, printer, meters) for printer in chosen.values()]


@callback
def async_away(hass: HomeAssistant, options: Mapping[str, Any]) -> list[str]:
    """Return the ids of ticked printers that were counted before and cannot be found now."""
    found, known = async_find_printers(hass), async_remembered(hass)
    return [each for each in options.get(CONF_PRINTERS, []) if each in known and each not in found]


@callback
def async_gone(hass: HomeAssistant, options: Mapping[str, Any]) -> list[str]:
    """Return the ids of ticked and described printers that will not come back by themselves.

    A printer that is unavailable, or that a person disabled, is not gone.
    """
    entries = er.async_get(hass).entities
    found = async_find_printers(hass)
    gone = []
    for each in options.get(CONF_PRINTERS, []):
        entry = entries.get_entry(each)
        there = each in found and not _is_replaced(hass, each, found, options)
        if not there and (entry is None or entry.disabled_by is None):
            gone.append(each)
    described = (each[ENTITY] for each in options.get(CONF_MANUAL, []))
    return [*gone, *(each for each in described if async_is_removed(hass, each))]


def chosen_references(options: Mapping[str, Any]) -> set[str]:
    """Return what is remembered of the entities that a person chose one by one."""
    roles = (ENTITY, *PART_ROLES, CONF_METER, CONF_PRICE_SENSOR)
    chosen = [*options.get(CONF_MANUAL, []), *options.get(CONF_ENERGY, {}).values()]
    return {each[role] for each in chosen for role in roles if each.get(role)}


def _is_replaced(
    hass: HomeAssistant, printer: str, found: Mapping[str, FoundPrinter], options: Mapping[str, Any]
) -> bool:
    """Whether its integration provides the printer no longer, but another one on the same device."""
    device = found[printer].device_id
    entry = hass.config_entries.async_get_entry(found[printer].config_entry_id or "")
    if device is None or entry is None or entry.state is not ConfigEntryState.LOADED:
        return False
    return _is_only_restored(hass, found[printer]) and any(
        each.device_id == device and not _is_only_restored(hass, each)
        for each in found.values()
        if each.id != printer and each.id not in options.get(CONF_PRINTERS, [])
    )


def _is_only_restored(hass: HomeAssistant, printer: FoundPrinter) -> bool:
    """Whether the entity is known from the registry alone, as no integration has brought it yet."""
    state = hass.states.get(printer.entity_id)
    return state is None or bool(state.attributes.get(ATTR_RESTORED))


@callback
def async_count_new(hass: HomeAssistant, options: Mapping[str, Any]) -> int:
    """Return how many printers there are that the user neither chose nor declined."""
    described = (each[ENTITY] for each in options.get(CONF_MANUAL, []))
    known = {*options.get(CONF_PRINTERS, []), *options.get(CONF_DECLINED, []), *described}
    return len(async_find_printers(hass).keys() - known)


def without(options: Mapping[str, Any], gone: str) -> dict[str, Any]:
    """Return the options with one printer less."""
    return {
        **options,
        CONF_PRINTERS: [each for each in options.get(CONF_PRINTERS, []) if each != gone],
        CONF_MANUAL: [each for each in options.get(CONF_MANUAL, []) if each[ENTITY] != gone],
    }


def with_successor(options: Mapping[str, Any], gone: str, successor: str) -> dict[str, Any]:
    """Return the options with another printer in the place of one that is gone, on the same meter."""
    ticked = options.get(CONF_PRINTERS, [])
    return {
        **without(options, gone),
        CONF_PRINTERS: [successor if each == gone else each for each in ticked]
        if gone in ticked
        else [*ticked, successor],
        CONF_DECLINED: [each for each in options.get(CONF_DECLINED, []) if each != successor],
        CONF_ENERGY: _with_meter_moved(options, gone, successor),
    }


def with_other_sensors(options: Mapping[str, Any], gone: str, sensors: Mapping[str, str]) -> dict[str, Any]:
    """Return the options with other sensors for a described printer; what their words mean stays."""
    described = [
        {**{key: value for key, value in each.items() if key not in PART_ROLES}, **sensors}
        if each[ENTITY] == gone
        else each
        for each in options[CONF_MANUAL]
    ]
    meters = _with_meter_moved(options, gone, sensors[ENTITY])
    return {**options, CONF_MANUAL: described, CONF_ENERGY: meters}


def _with_meter_moved(options: Mapping[str, Any], gone: str, successor: str) -> dict[str, Any]:
    meters = options.get(CONF_ENERGY, {})
    return {successor if each == gone else each: meter for each, meter in meters.items()}


def tuned_rules(printer: FoundPrinter, options: Mapping[str, Any]) -> Rules:
    """The printer's rules with the user's constants; a source that cannot contradict itself keeps its own."""
    rules = printer.profile.rules
    merge = rules.merge_seconds
    if merge >= DEFAULT_MERGE_SECONDS:
        merge = options.get(CONF_MERGE_SECONDS, DEFAULT_MERGE_SECONDS)
    return replace(
        rules,
        merge_seconds=merge,
        grace_seconds=options.get(CONF_GRACE_SECONDS, DEFAULT_GRACE_SECONDS),
        min_print_seconds=options.get(CONF_MIN_PRINT_SECONDS, DEFAULT_MIN_PRINT_SECONDS),
        energy_price=options.get(CONF_ENERGY, {}).get(printer.id, {}).get(CONF_PRICE),
        lost_seconds=options.get(CONF_LOST_HOURS, DEFAULT_LOST_HOURS) * HOUR_SECONDS,
    )
