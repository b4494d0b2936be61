"""Dictionary: declares everything that may be stored or sent, and checks against that."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
import json
from pathlib import Path
import re
from typing import Any, Final
from uuid import UUID

from .models import UsageEvent, Value

_FILE: Final = Path(__file__).with_name("dictionary.json")
BASE: Final = "base"
"""The category without which there is no report."""
_VERSION: Final = re.compile(r"\d{1,4}(\.\d{1,4}){1,3}((a|b|rc|\.dev)\d{1,4})?")
_MONTH_VERSION: Final = re.compile(r"20\d{2}\.([1-9]|1[0-2])")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_PROTOCOL: Final = "schema_version"
_OTHER: Final = "other"
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:00:00Z")


class DictionaryError(ValueError):
    """Something is not in the dictionary; `reason` is a translation key, `name` the culprit's place."""

    def __init__(self, reason: str, name: str) -> None:
        """Remember why and where; the offending value itself is never kept."""
        super().__init__(f"{reason}: {name}")
        self.reason = reason
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One declared value: its type, its bounds or words, and why it is asked for."""

    type: str
    words: frozenset[str] = frozenset()
    newer: Mapping[str, int] = field(default_factory=dict)
    """Words that are not of the first version, and since which."""
    minimum: int = 0
    maximum: int = 0
    unit: str | None = None
    constant: str | None = None
    item: Field | None = None
    max_items: int = 64
    required: bool = False
    nullable: bool = False
    protocol: str = "1.0"
    category: str = BASE
    also: str | None = None
    """A second category that it needs."""
    turn: str | None = None
    """By protocol 2, told in the weeks of this turn only; None: in all."""
    untold: str | None = None
    """What a field that must be there holds in the other weeks."""
    purpose: str = ""
    since: int = 1

    def is_agreed(self, version: int, categories: Collection[str]) -> bool:
        """Whether a consent to these categories of that version covers it."""
        needed = {self.category, self.also or self.category}
        return self.since <= version and needed <= {*categories}

    def accepts(self, value: object) -> bool:
        """Whether the value is one of those declared."""
        return (self.nullable and value is None) or _CHECKS[self.type](self, value)

    def told(self, value: Any, version: int) -> Any:
        """Return the value in the words of an older version: one it does not know is `other`, or left out."""
        unknown = {word for word, since in self.newer.items() if since > version}
        if not unknown or value is None:
            return value

        def known(word: str) -> str:
            return _OTHER if word in unknown else word

        if self.type == "list":
            return sorted({known(word) for word in value} & self.words)
        if self.type == "map":
            return self._summed((known(word), amount) for word, amount in value.items())
        return known(value) if _OTHER in self.words else value

    def _summed(self, amounts: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        """Put together what goes by one word, as far as it is one."""
        assert self.item is not None
        sums: dict[str, Any] = {}
        for word, amount in amounts:
            if word in self.words:
                both = sums.get(word, 0) + amount if self.item.type == "int" else sums.get(word) or amount
                sums[word] = min(both, self.item.maximum) if self.item.type == "int" else both
        return sums


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSpec:
    """One declared event type and its metadata keys."""

    category: str
    purpose: str
    since: int
    keys: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Two or more ways of doing something, of which each home draws one for some weeks.

    `population` is the share of homes, in percent, that take part, `horizon_weeks` how long one does, and
    `measure` what the ways are compared by, in a word of the service.
    """

    variants: tuple[str, ...]
    population: int
    horizon_weeks: int
    measure: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """Everything that may be stored (`events`) or sent (`report`, by dotted path)."""

    version: int
    categories: Mapping[str, str]
    enums: Mapping[str, tuple[str, ...]]
    events: Mapping[str, EventSpec]
    report: Mapping[str, Field]
    report_max_bytes: int
    turns: tuple[str, ...]
    experiments: Mapping[str, Experiment]

    def check_event(self, event_type: str, data: Mapping[str, object]) -> dict[str, Value]:
        """Return the metadata unchanged, or raise DictionaryError at the first thing undeclared."""
        spec = self.events.get(event_type)
        if spec is None:
            raise DictionaryError("unknown_event_type", "event_type")
        for key, value in data.items():
            if key not in spec.keys:
                raise DictionaryError("unknown_key", event_type)
            if not spec.keys[key].accepts(value):
                raise DictionaryError("invalid_value", key)
        for key, declared in spec.keys.items():
            if declared.required and key not in data:
                raise DictionaryError("missing_key", key)
        return dict(data)  # type: ignore[arg-type]

    def admit(self, event: UsageEvent) -> tuple[UsageEvent | None, int]:
        """Return the event without anything undeclared, and how much was dropped (None: all of it)."""
        spec = self.events.get(event.type)
        if spec is None:
            return None, 1
        kept = {
            key: value
            for key, value in event.data.items()
            if key in spec.keys and spec.keys[key].accepts(value)
        }
        dropped = len(event.data) - len(kept)
        if any(declared.required and key not in kept for key, declared in spec.keys.items()):
            return None, dropped + 1
        if not dropped:
            return event, 0
        return replace(event, data=kept), dropped

    def agreed(self, version: int, categories: Collection[str]) -> dict[str, Field]:
        """Return the report's fields that a consent to these categories of that version covers, by path."""
        return {
            path: declared
            for path, declared in self.report.items()
            if declared.is_agreed(version, categories)
        }

    def check_report(self, report: Mapping[str, Any], agreed: Mapping[str, Field] | None = None) -> None:
        """Raise DictionaryError unless the report holds what its protocol declares, and all it requires.

        With `agreed`, anything but those fields is undeclared.
        """
        protocol = report.get(_PROTOCOL)
        fields = {
            path: declared
            for path, declared in (self.report if agreed is None else agreed).items()
            if declared.protocol in ("1.0", protocol)
        }
        if protocol not in {declared.protocol for declared in self.report.values()}:
            raise DictionaryError("invalid_value", _PROTOCOL)
        seen: set[str] = set()
        for path, value in flatten(report, fields):
            if path == _PROTOCOL:
                continue
            declared = fields.get(path)
            if declared is None:
                raise DictionaryError("unknown_key", "report")
            if not declared.accepts(value):
                raise DictionaryError("invalid_value", path)
            seen.add(path)
        for path, declared in fields.items():
            if declared.required and path not in seen:
                raise DictionaryError("missing_key", path)


def flatten(
    node: Mapping[str, Any], known: Mapping[str, Field], prefix: str = ""
) -> Iterable[tuple[str, Any]]:
    """Yield (dotted path, value), descending only where the path itself is not a declared field."""
    for key, value in node.items():
        path = f"{prefix}{key}"
        if path not in known and isinstance(value, Mapping):
            yield from flatten(value, known, f"{path}.")
        else:
            yield path, value


def _is_int(spec: Field, value: object) -> bool:
    return type(value) is int and spec.minimum <= value <= spec.maximum


def _is_text(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def _is_instant(value: object) -> bool:
    """Whole hours in UTC only: nothing finer may leave the house."""
    try:
        return _is_text(_INSTANT, value) and datetime.fromisoformat(str(value)) is not None
    except ValueError:
        return False


def _is_list(spec: Field, value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= spec.max_items
        and all(isinstance(item, str) and item in spec.words for item in value)
    )


def _is_map(spec: Field, value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and spec.item is not None
        and all(key in spec.words and spec.item.accepts(item) for key, item in value.items())
    )


_CHECKS: Final[Mapping[str, Callable[[Field, object], bool]]] = {
    "int": _is_int,
    "bool": lambda _, value: type(value) is bool,
    "enum": lambda spec, value: isinstance(value, str) and value in spec.words,
    "const": lambda spec, value: value == spec.constant,
    "version": lambda _, value: _is_text(_VERSION, value),
    "month_version": lambda _, value: _is_text(_MONTH_VERSION, value),
    "sha256": lambda _, value: _is_text(_SHA256, value),
    "country": lambda _, value: _is_text(_COUNTRY, value),
    "instant": lambda _, value: _is_instant(value),
    "uuid": lambda _, value: _is_uuid(value),
    "list": _is_list,
    "map": _is_map,
}


def _field(
    raw: Mapping[str, Any],
    enums: Mapping[str, tuple[str, ...]],
    since: Mapping[str, Mapping[str, int]],
) -> Field:
    item = raw.get("value") if raw["type"] == "map" else None
    return Field(
        type=raw["type"],
        words=frozenset(enums[raw["enum"]]) if "enum" in raw else frozenset(),
        newer=since.get(raw.get("enum", ""), {}),
        minimum=raw.get("min", 0),
        maximum=raw.get("max", 0),
        unit=raw.get("unit"),
        constant=raw["value"] if raw["type"] == "const" else None,
        item=_field(item, enums, since) if item else None,
        max_items=raw.get("max_items", 64),
        required=raw.get("required", False),
        nullable=raw.get("nullable", False),
        protocol=raw.get("protocol", "1.0"),
        category=raw.get("category", BASE),
        also=raw.get("also"),
        turn=raw.get("turn"),
        untold=raw.get("untold"),
        purpose=raw.get("purpose", ""),
        since=raw.get("since", 1),
    )


def _experiment(raw: Mapping[str, Any]) -> Experiment:
    return Experiment(
        variants=tuple(raw["variants"]),
        population=raw["population"],
        horizon_weeks=raw["horizon_weeks"],
        measure=raw["measure"],
        purpose=raw["purpose"],
    )


def load(file: Path = _FILE) -> Dictionary:
    """Read the declaration; a malformed file raises KeyError or ValueError, at import and in tests."""
    raw = json.loads(file.read_text(encoding="utf-8"))
    enums = {name: tuple(words) for name, words in raw["enums"].items()}
    newer = raw.get("words_since", {})
    return Dictionary(
        version=raw["version"],
        categories=raw["categories"],
        enums=enums,
        events={
            name: EventSpec(
                category=spec["category"],
                purpose=spec["purpose"],
                since=spec["since"],
                keys={key: _field(value, enums, newer) for key, value in spec["keys"].items()},
            )
            for name, spec in raw["events"].items()
        },
        report={path: _field(spec, enums, newer) for path, spec in raw["report"]["fields"].items()},
        report_max_bytes=raw["report"]["max_bytes"],
        turns=tuple(raw["report"]["turns"]),
        experiments={name: _experiment(spec) for name, spec in raw["experiments"].items()},
    )


DICTIONARY: Final = load()
