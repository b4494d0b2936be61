"""Energy meters and prices that a person chose for printers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.core import HomeAssistant, callback

from ..const import CONF_METER, CONF_PRICE, CONF_PRICE_SENSOR
from .entities import FoundPrinter
from .manual import async_entity_id
from .profiles import Role

type EnergyChoices = Mapping[str, Mapping[str, Any]]
"""By the printer's id: what is remembered of the meter, and the price or its sensor."""


@callback
def async_with_meter(hass: HomeAssistant, printer: FoundPrinter, choices: EnergyChoices) -> FoundPrinter:
    """Return the printer with its meter and the sensor of its price among its parts."""
    chosen = choices.get(printer.id, {})
    parts = dict(printer.parts)
    for key, role in ((CONF_METER, Role.ENERGY_WH), (CONF_PRICE_SENSOR, Role.ENERGY_PRICE)):
        if chosen.get(key) and (entity_id := async_entity_id(hass, chosen[key])):
            parts[entity_id] = role
    return replace(printer, parts=parts)


def has_price(choices: EnergyChoices, printer: str) -> bool:
    """Whether a print's energy has a price; `printer` is the printer's id."""
    chosen = choices.get(printer, {})
    return chosen.get(CONF_PRICE) is not None or CONF_PRICE_SENSOR in chosen
