"""The printers that the user chose, and the rules for them with the user's constants."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.core import HomeAssistant, callback

from ..const import (
    CONF_DECLINED,
    CONF_ENERGY,
    CONF_GRACE_SECONDS,
    CONF_LOST_HOURS,
    CONF_MANUAL,
    CONF_MERGE_SECONDS,
    CONF_MIN_PRINT_SECONDS,
    CONF_PRICE,
    CONF_PRINTERS,
    DEFAULT_GRACE_SECONDS,
    DEFAULT_LOST_HOURS,
    DEFAULT_MERGE_SECONDS,
    DEFAULT_MIN_PRINT_SECONDS,
    HOUR_SECONDS,
)
from ..jobs import Rules
from .energy import async_with_meter
from .entities import FoundPrinter, async_find_printers
from .manual import async_manual_printers


@callback
def async_chosen_printers(hass: HomeAssistant, options: Mapping[str, Any]) -> list[FoundPrinter]:
    """Return the printers that the user ticked or described, and that are there."""
    found = async_find_printers(hass)
    ticked = {each: found[each] for each in options.get(CONF_PRINTERS, []) if each in found}
    chosen = {**ticked, **async_manual_printers(hass, options.get(CONF_MANUAL, []))}
    meters = options.get(CONF_ENERGY, {})
    return [async_with_meter(hass, printer, meters) for printer in chosen.values()]


@callback
def async_count_new(hass: HomeAssistant, options: Mapping[str, Any]) -> int:
    """Return how many printers there are that the user neither chose nor declined."""
    described = (each["entity"] for each in options.get(CONF_MANUAL, []))
    known = {*options.get(CONF_PRINTERS, []), *options.get(CONF_DECLINED, []), *described}
    return len(async_find_printers(hass).keys() - known)


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
