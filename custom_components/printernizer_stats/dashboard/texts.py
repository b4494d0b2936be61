"""Texts of the dashboard in one language. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ..const import DOMAIN, HOUR_SECONDS, HOURS_PRECISION, KILOGRAMS_PRECISION, METERS_PRECISION
from ..core.markdown import harmless

__all__ = ["Texts", "harmless"]

_HOUR_MINUTES: Final = 60
_THOUSAND: Final = 1000


@dataclass(frozen=True, slots=True)
class Texts:
    """Translated texts by Home Assistant's keys, `component.<domain>.<category>...`."""

    loaded: Mapping[str, str]

    def __call__(self, key: str, **placeholders: str) -> str:
        """Return a text of the dashboard's own."""
        return self.loaded[f"component.{DOMAIN}.common.dashboard_{key}"].format(**placeholders)

    def option(self, selector: str, word: str) -> str:
        """Return how a word of the dictionary is called, the word itself if nobody translated it."""
        return self.loaded.get(f"component.{DOMAIN}.selector.{selector}.options.{word}", word)

    def result(self, word: str) -> str:
        """Return how the outcome of a print is called."""
        return self.loaded[f"component.{DOMAIN}.entity.sensor.last_print_result.state.{word}"]

    def duration(self, seconds: int) -> str:
        """Return a duration as the frontend shows a sensor's: from rounded hours, the minute that began."""
        rounded = round(seconds / HOUR_SECONDS, HOURS_PRECISION)
        hours = int(rounded)
        minutes = int((rounded - hours) * _HOUR_MINUTES)
        return self("hours_minutes" if minutes else "hours", hours=str(hours), minutes=str(minutes))

    def grams(self, grams: int) -> str:
        """Return the weight of what one print takes."""
        return self("grams", amount=str(grams))

    def kilograms(self, grams: int) -> str:
        """Return a weight as a sensor shows it."""
        return self("kilograms", amount=self._thousands(grams, KILOGRAMS_PRECISION))

    def meters(self, millimeters: int) -> str:
        """Return a length as a sensor shows it."""
        return self("meters", amount=self._thousands(millimeters, METERS_PRECISION))

    def _thousands(self, amount: int, precision: int) -> str:
        """So many thousands, rounded, with the decimal mark that a tenth is written with in this language."""
        rounded = (Decimal(amount) / _THOUSAND).quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP)
        return str(rounded).replace(".", self("tenth")[1])
