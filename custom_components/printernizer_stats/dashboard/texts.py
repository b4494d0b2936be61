"""The dashboard's words in one language. Pure: no Home Assistant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..const import DOMAIN, HOUR_SECONDS
from ..markdown import harmless

__all__ = ["Texts", "harmless"]

_MINUTE_SECONDS: Final = 60


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
        """Return a duration in hours and minutes."""
        hours, rest = divmod(seconds, HOUR_SECONDS)
        key = "hours_minutes" if hours else "minutes"
        return self(key, hours=str(hours), minutes=str(rest // _MINUTE_SECONDS))
