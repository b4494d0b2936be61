"""Form of the export: its sections and fields, and what each field may hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
import json
from pathlib import Path
import re
from typing import Any, Final

from ..counters import COUNTED_BY_TYPE, ERROR_PREFIX, TYPE_PREFIX
from ..dictionary import DICTIONARY
from ..timestamps import seconds

_FILE: Final = Path(__file__).with_name("export.json")
_MOST: Final = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One declared field."""

    type: str
    words: frozenset[str] = frozenset()
    nullable: bool = False
    secret: bool = False
    """Leaves the file only when the identity is asked for."""

    def accepts(self, value: object) -> bool:
        """Whether the value is one of those declared."""
        return (self.nullable and value is None) or _CHECKS[self.type](self, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table of the export; no two rows have the same `key`."""

    key: tuple[str, ...]
    fields: Mapping[str, Field]


def _matches(pattern: str) -> Callable[[Field, object], bool]:
    compiled = re.compile(pattern)
    return lambda _, value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_instant(_field: Field, value: object) -> bool:
    try:
        return isinstance(value, str) and seconds(value) >= 0
    except ValueError:
        return False


def _is_day(_field: Field, value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_whole(lowest: int) -> Callable[[Field, object], bool]:
    return lambda _, value: type(value) is int and lowest <= value <= _MOST


_RAW: Final[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))
_PRINTER_TYPES: Final = DICTIONARY.enums["printer_type"]
_METRICS: Final = frozenset(
    (
        *DICTIONARY.events,
        *(f"{ERROR_PREFIX}{word}" for word in DICTIONARY.enums["error_type"]),
        *(f"{TYPE_PREFIX}{event}.{kind}" for event in COUNTED_BY_TYPE for kind in _PRINTER_TYPES),
        *_RAW["counters"],
    )
)
_CHECKS: Final[Mapping[str, Callable[[Field, object], bool]]] = {
    "address": _matches(r"(https?://\S{1,500})?"),
    "amount": _is_whole(-_MOST),
    "any": lambda _field, _value: True,
    "categories": lambda _, value: (
        isinstance(value, list)
        and all(isinstance(each, str) and each in DICTIONARY.categories for each in value)
    ),
    "count": _is_whole(0),
    "day": _is_day,
    "event_type": lambda _, value: isinstance(value, str) and value in DICTIONARY.events,
    "flag": lambda _, value: type(value) is bool,
    "id": _is_whole(1),
    "instant": _is_instant,
    "key": _matches(r"[0-9a-f]{64}"),
    "metric": lambda _, value: isinstance(value, str) and value in _METRICS,
    "object": lambda _, value: isinstance(value, dict),
    "origin": _matches(r"[0-9a-f]{16}"),
    "period": _matches(r"|\d{4}-\d\d-\d\d|[1-9]\d{0,8}"),
    "owner": _matches(r"[0-9a-z]{0,32}"),
    "printer": _matches(r"[0-9a-z]{1,32}"),
    "report": lambda _, value: isinstance(value, str),
    "setting": _matches(r"[a-z_]{1,32}(\.[0-9a-z]{1,32})?"),
    "sha256": _matches(r"[0-9a-f]{64}"),
    "text": _matches(r".{0,500}"),
    "uuid": _matches(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "word": lambda field, value: isinstance(value, str) and value in field.words,
}


def _field(raw: Mapping[str, Any]) -> Field:
    return Field(
        type=raw["type"],
        words=frozenset(raw.get("words", ())),
        nullable=raw.get("nullable", False),
        secret=raw.get("secret", False),
    )


def _fields(raw: Mapping[str, Any]) -> dict[str, Field]:
    return {name: _field(each) for name, each in raw.items()}


VERSION: Final[int] = _RAW["version"]
HEAD: Final = _fields(_RAW["head"])
SECTIONS: Final = {
    name: Section(key=tuple(raw["key"]), fields=_fields(raw["fields"]))
    for name, raw in _RAW["sections"].items()
}
