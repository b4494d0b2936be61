"""Consent texts in the language of the house: what a person is shown, and the hash of exactly that."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
import hashlib
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..core.dictionary import DICTIONARY
from ..core.timestamps import seconds

_ENGLISH: Final = "en"
_LATEST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWords:
    """The texts of one kind (config, options, issues, selector), and the language that they are in."""

    kind: str
    language: str
    texts: Mapping[str, str]

    def __getitem__(self, path: str) -> str:
        """Return the text at a dotted path; raises KeyError."""
        return self.texts[f"component.{DOMAIN}.{self.kind}.{path}"]

    def option(self, selector: str, word: str) -> str:
        """Return the name of a word; raises KeyError."""
        return self[f"{selector}.options.{word.replace('.', '-')}"]

    def shown(self, step: str, labels: Iterable[str], placeholders: Mapping[str, str]) -> dict[str, str]:
        """Return hash and language of a step's title, description and labels, as they are read."""
        paths = ("title", "description", *labels)
        text = "\n".join(self[f"{step}.{path}"].format_map(placeholders) for path in paths)
        return {
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "language": self.language,
        }


async def async_consent_words(hass: HomeAssistant, kind: str) -> ConsentWords:
    """Return the texts of a kind in the language of the house, in English where there are none."""
    texts = await async_get_translations(hass, hass.config.language, kind, [DOMAIN])
    english = await async_get_translations(hass, _ENGLISH, kind, [DOMAIN])
    language = _ENGLISH if texts == english else hass.config.language
    return ConsentWords(kind=kind, language=language, texts=texts)


async def async_list_fields(hass: HomeAssistant, paths: Collection[str]) -> str:
    """Return, as Markdown, what these fields of the report are for, category by category."""
    words = await async_consent_words(hass, "selector")
    parts = []
    for category in DICTIONARY.categories:
        listed = [
            f"- `{path}`: {words.option('report', path)}"
            for path, declared in DICTIONARY.report.items()
            if path in paths and declared.category == category
        ]
        if listed:
            name, text = words.option("category", category), words.option("report", category)
            parts.append("\n".join([f"**{name}**: {text}", "", *listed]))
    return "\n\n".join(parts)


async def async_list_decisions(hass: HomeAssistant, ledger: Mapping[str, Any]) -> str:
    """Return, as Markdown, the latest decisions of a ledger; empty when nothing was ever decided."""
    if not ledger["entries"]:
        return ""
    words = await async_consent_words(hass, "selector")
    lines = [_decision(words, each) for each in ledger["entries"][-_LATEST:]]
    notes = [] if ledger["intact"] else ["", words.option("decision", "broken")]
    return "\n".join(["", "", words.option("decision", "title"), "", *lines, *notes])


def _decision(words: ConsentWords, entry: Mapping[str, Any]) -> str:
    day = dt_util.as_local(dt_util.utc_from_timestamp(seconds(entry["decided"]))).date().isoformat()
    names = ", ".join(words.option("category", each) for each in entry["categories"])
    past = f" ({words.option('decision', 'past')})" if entry["includes_past"] else ""
    what = words.option("decision", entry["decision"])
    return f"- {day}: {what} {names}{past}".rstrip()
