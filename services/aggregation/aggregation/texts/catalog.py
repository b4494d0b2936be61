"""Catalog: the texts of a language, and its numbers."""

from collections.abc import Mapping
from importlib.resources import files
import tomllib
from typing import Any, Final

from babel.numbers import format_decimal

NAMES: Final = {"en": "English", "de": "Deutsch"}


def _texts(language: str) -> Mapping[str, Any]:
    """Return all texts of a language."""
    file = files("aggregation.texts") / f"{language}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


_TEXTS: Final = {language: _texts(language) for language in NAMES}


class Texts:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        """Take the language."""
        self.language = language
        self._said = _TEXTS[language]

    def __call__(self, name: str, **values: object) -> str:
        """Return a text with its values."""
        return str(self._said[name]).format(**values)

    def watched(self, name: str, otherwise: str) -> str:
        """Return what is watched, as a title."""
        return str(self._said["titles"].get(name, otherwise))

    def named(self, name: str) -> str:
        """Return a property or a value as it is read; most values are names of their own."""
        return str(self._said["names"].get(name, name))

    def whose(self, tail: str) -> str:
        """Return whose or which a series is, from the end of its name."""
        return " ".join(map(self.named, tail.split("/", 1)))

    def count(self, value: float) -> str:
        """Return a whole number."""
        return str(format_decimal(round(value), locale=self.language))

    def decimal(self, value: float) -> str:
        """Return a number with one digit behind the point."""
        return str(format_decimal(float(f"{value:.1f}"), "0.0", locale=self.language))


ENGLISH: Final = Texts("en")
"""What pages, webhooks and Alertmanager say."""
