"""Printer forms that the flows share: the list of printers, and what counts as a print."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.recorder import DATA_INSTANCE
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..const import (
    CONF_BACKFILL,
    CONF_DECLINED,
    CONF_GRACE_SECONDS,
    CONF_LOST_HOURS,
    CONF_MERGE_SECONDS,
    CONF_MIN_PRINT_SECONDS,
    CONF_PRINTERS,
    CONF_RETENTION_DAYS,
    DEFAULT_GRACE_SECONDS,
    DEFAULT_LOST_HOURS,
    DEFAULT_MERGE_SECONDS,
    DEFAULT_MIN_PRINT_SECONDS,
    DEFAULT_RETENTION_DAYS,
)
from ..core.markdown import harmless
from ..printers.duplicates import async_find_duplicates
from ..printers.entities import FoundPrinter
from .page import async_words

_MIN_PRINT_MAX: Final = 3600
# Key, default, least, most and unit of the constants that hardly anybody needs to change.
_ADVANCED: Final = (
    (CONF_GRACE_SECONDS, DEFAULT_GRACE_SECONDS, 10, 3600, "s"),
    (CONF_MERGE_SECONDS, DEFAULT_MERGE_SECONDS, 5, 600, "s"),
    (CONF_LOST_HOURS, DEFAULT_LOST_HOURS, 1, 168, "h"),
    (CONF_RETENTION_DAYS, DEFAULT_RETENTION_DAYS, 0, 36500, "d"),
)


def printer_selector(
    hass: HomeAssistant, found: Mapping[str, FoundPrinter], *, multiple: bool = True
) -> SelectSelector:
    """Return a tick list of the printers, or a choice of one, under the names that the user gave them."""
    options = [
        SelectOptionDict(value=each, label=printer_label(hass, printer)) for each, printer in found.items()
    ]
    return SelectSelector(
        SelectSelectorConfig(
            options=sorted(options, key=lambda option: option["label"]),
            multiple=multiple,
            mode=SelectSelectorMode.LIST,
        )
    )


def split_choice(
    ticked: list[str], found: Collection[str], away: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return the printers to count, and those that were offered and not ticked.

    Those that are away could not be offered, and stay ticked: they may come back.
    """
    return {
        CONF_PRINTERS: [*ticked, *away],
        CONF_DECLINED: [each for each in found if each not in ticked],
    }


def printer_label(hass: HomeAssistant, printer: FoundPrinter) -> str:
    """The name of the printer's device, else of its entity, and the integration unless that says the same."""
    entry = er.async_get(hass).async_get(printer.id)
    device = dr.async_get(hass).async_get(entry.device_id) if entry and entry.device_id else None
    name = (device.name_by_user or device.name) if device else printer.label or None
    if name == printer.profile.name:
        return name
    return f"{name or printer.entity_id} ({printer.profile.name})"


def offered(hass: HomeAssistant, found: Mapping[str, FoundPrinter]) -> list[str]:
    """Return the printers to tick at first: all but those that seem to be listed twice."""
    doubles = {double.id for double in async_find_duplicates(hass, found)}
    return [each for each in found if each not in doubles]


async def async_double_notes(hass: HomeAssistant, found: Mapping[str, FoundPrinter]) -> str:
    """Return, as Markdown, which printers seem to be listed twice and why; empty when none does."""
    doubles = async_find_duplicates(hass, found)
    if not doubles:
        return ""
    text = await async_words(hass, "double")

    def label(printer: str) -> str:
        return harmless(printer_label(hass, found[printer]))

    lines = [f"- {label(each.id)} = {label(each.other)}: {text(each.sign)}" for each in doubles]
    return "\n".join(["", "", text("note"), "", *lines, "", text("swap")])


def first_schema(hass: HomeAssistant, found: Mapping[str, FoundPrinter]) -> vol.Schema:
    """Return the fields of the set-up; the past is offered where a recorder remembers it."""
    fields: dict[vol.Marker, Any] = {
        vol.Required(CONF_PRINTERS, default=offered(hass, found)): printer_selector(hass, found)
    }
    if DATA_INSTANCE in hass.data:
        fields[vol.Required(CONF_BACKFILL, default=False)] = bool
    return vol.Schema(fields)


def counting_schema(options: Mapping[str, Any]) -> dict[vol.Marker, Any]:
    """Return the field for what counts as a print."""
    minimum = options.get(CONF_MIN_PRINT_SECONDS, DEFAULT_MIN_PRINT_SECONDS)
    return {vol.Required(CONF_MIN_PRINT_SECONDS, default=minimum): _number(0, _MIN_PRINT_MAX, "s")}


def advanced_schema(options: Mapping[str, Any]) -> vol.Schema:
    """Return the fields that hardly anybody needs to change; all times have bounds."""
    return vol.Schema(
        {
            vol.Required(key, default=options.get(key, default)): _number(least, most, unit)
            for key, default, least, most, unit in _ADVANCED
        }
    )


def _number(least: int, most: int, unit: str) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(min=least, max=most, unit_of_measurement=unit, mode=NumberSelectorMode.BOX)
    )
