"""The checks of single values, made once from what the dictionary declares."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
import operator
import re
from typing import Any

from packaging.version import InvalidVersion, Version

from aggregation.dictionary import (
    BoolField,
    ConstField,
    EnumField,
    FieldSpec,
    IntField,
    ListField,
    MapField,
    TextField,
)
from aggregation.protocol.spec import members

VERSION_LENGTH = 50
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
COUNTRY = re.compile(r"[A-Z]{2}")
SHA256 = re.compile(r"[0-9a-f]{64}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T00:00:00Z")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
UNKNOWN_COUNTRY = "XX"
_FAILURE = re.compile("error|fail")

type Notes = list[str]
"""Filled with the reasons for which something undeclared was left out or folded."""
type Check = Callable[[Any, Notes], Any]
"""Takes a value and returns what is stored of it, None for nothing; raises RefusedError."""


class RefusedError(Exception):
    """A value is not as declared."""

    def __init__(self, kind: str, message: str, *where: str | int) -> None:
        """Take the type of error, a text that repeats no value, and the place within the value."""
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.where = where


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes checks: strict ones refuse what is not declared, tolerant ones fold or drop it."""

    strict: bool

    def check(self, spec: FieldSpec) -> Check:
        """Return the check of a field; null only passes where the field is nullable."""
        check = self._of_type(spec)
        return _or_null(check) if spec.nullable else check

    def _of_type(self, spec: FieldSpec) -> Check:
        """Return the check of what a field holds when it is not null."""
        match spec:
            case TextField():
                check = (_STRICT_TEXTS if self.strict else _TOLERANT_TEXTS)[spec.type]
            case ConstField():
                check = _const(spec.value)
            case EnumField():
                check = self._member(spec.enum)
            case IntField():
                check = _between(spec.min, spec.max)
            case BoolField():
                check = _flag
            case ListField():
                check = self._list(spec)
            case MapField():
                check = self._map(spec)
        return check

    def _member(self, enum: str) -> Check:
        """Return the check of one name of an enum."""
        return _strict_member(enum) if self.strict else _tolerant_member(enum)

    def _list(self, spec: ListField) -> Check:
        """Return the check of a list of names: sorted and each once, which strict ones demand."""
        member = self._member(spec.enum)

        def check(value: Any, notes: Notes) -> list[str]:
            if type(value) is not list:
                raise RefusedError("list_type", "Input should be a valid list")
            if len(value) > spec.max_items:
                message = f"List should have at most {spec.max_items} items"
                raise RefusedError("too_long", message)
            found = {_within(member, item, notes, position) for position, item in enumerate(value)}
            result = sorted(name for name in found if name is not None)
            if self.strict and result != value:
                raise RefusedError("not_sorted", "Input should be sorted and have each member once")
            return result

        return check

    def _map(self, spec: MapField) -> Check:
        """Return the check of a map; what is folded into one member is added up."""
        member = self._member(spec.enum)
        number = self._of_type(spec.value)
        merge = operator.or_ if isinstance(spec.value, BoolField) else operator.add

        def check(value: Any, notes: Notes) -> dict[str, Any]:
            if type(value) is not dict:
                raise RefusedError("dict_type", "Input should be a valid dictionary")
            folded: dict[str, Any] = {}
            for key, given in value.items():
                item = _within(number, given, notes, key)
                name = _within(member, key, notes, key)
                if name is not None:
                    folded[name] = merge(folded[name], item) if name in folded else item
            for name, total in folded.items():
                _within(number, total, notes, name)
            return dict(sorted(folded.items()))

        return check


def _within(check: Check, value: Any, notes: Notes, where: str | int) -> Any:
    """Check a part of a value and say where it stands when it is refused."""
    try:
        return check(value, notes)
    except RefusedError as error:
        raise RefusedError(error.kind, error.message, where, *error.where) from None


def _or_null(check: Check) -> Check:
    """Return a check that lets null pass."""
    return lambda value, notes: None if value is None else check(value, notes)


def _const(expected: str) -> Check:
    """Return the check of the one permitted string."""

    def check(value: Any, _: Notes) -> str:
        if value != expected:
            raise RefusedError("literal_error", f"Input should be '{expected}'")
        return expected

    return check


def _between(low: int, high: int) -> Check:
    """Return the check of a whole number; true and 7.0 are none."""

    def check(value: Any, _: Notes) -> int:
        if type(value) is not int:
            raise RefusedError("int_type", "Input should be a valid integer")
        if value < low:
            raise RefusedError("greater_than_equal", f"Input should be greater than or equal to {low}")
        if value > high:
            raise RefusedError("less_than_equal", f"Input should be less than or equal to {high}")
        return value

    return check


def _flag(value: Any, _: Notes) -> bool:
    """Check true or false."""
    if type(value) is not bool:
        raise RefusedError("bool_type", "Input should be a valid boolean")
    return value


def _text(value: Any) -> str:
    """Check that a value is a string."""
    if type(value) is not str:
        raise RefusedError("string_type", "Input should be a valid string")
    return value


def _strict_member(enum: str) -> Check:
    """Return the check of a declared name."""
    names = members(enum)

    def check(value: Any, _: Notes) -> str:
        member = names.get(value) if type(value) is str else None
        if member is None:
            raise RefusedError("enum", f"Input should be a declared {enum.replace('_', ' ')}")
        return member

    return check


def _tolerant_member(enum: str) -> Check:
    """Return the check of any name: an undeclared one becomes `other` where there is one."""
    names = members(enum)
    other = next((name for name in names.values() if name == "other" or name.startswith("other_")), None)

    def check(value: Any, notes: Notes) -> str | None:
        member = names.get(_text(value)) or names.get(value.lower())
        if member is None:
            member = other if enum != "error_type" or _FAILURE.search(value) else None
            notes.append(f"{enum}_{'folded' if member else 'dropped'}")
        return member

    return check


def _uuid(value: Any, _: Notes) -> str:
    """Return a UUID in lower case."""
    if not UUID.fullmatch(_text(value)):
        raise RefusedError("uuid_parsing", "Input should be a UUID")
    return str(value).lower()


def _sha256(value: Any, _: Notes) -> str:
    """Check 64 hex digits in lower case."""
    if not SHA256.fullmatch(_text(value)):
        raise RefusedError("sha256", "Input should be 64 hex digits")
    return str(value)


def _country(value: Any, _: Notes) -> str:
    """Check two capital letters."""
    if not COUNTRY.fullmatch(_text(value)):
        raise RefusedError("country", "Input should be two capital letters")
    return str(value)


def _any_country(value: Any, notes: Notes) -> str:
    """Return two capital letters for any string, XX when it has another form."""
    code = _text(value).upper()
    if COUNTRY.fullmatch(code):
        return code
    notes.append("country_folded")
    return UNKNOWN_COUNTRY


@lru_cache(maxsize=1024)
def public_version(text: str) -> str | None:
    """Return the normal form of a PEP 440 version without its local part; None when it is none."""
    try:
        return Version(text).public if len(text) <= VERSION_LENGTH else None
    except InvalidVersion:
        return None


def _version(value: Any, _: Notes) -> str:
    """Return the public part of a version."""
    version = public_version(_text(value))
    if version is None:
        raise RefusedError("version", "Input should be a version number")
    return version


def _any_version(value: Any, notes: Notes) -> str | None:
    """Return the public part of a version, None for any other string."""
    version = public_version(_text(value))
    if version is None:
        notes.append("version_dropped")
    return version


def _day(value: Any, _: Notes) -> int:
    """Return the Unix seconds of the first instant of a day in UTC."""
    if type(value) is str and DAY.fullmatch(value) and (seconds := _seconds(value)) is not None:
        return seconds
    raise RefusedError("datetime_parsing", "Input should be a day, as in 2026-11-16T00:00:00Z")


def _instant(value: Any, _: Notes) -> int:
    """Return the Unix seconds of an ISO 8601 text with T (UTC without an offset) or of a number."""
    seconds: int | None = None
    if type(value) is str and INSTANT.fullmatch(value):
        seconds = _seconds(value)
    elif type(value) in {int, float}:
        seconds = int(value)
    if seconds is None:
        message = "Input should be an ISO 8601 date and time with T, or Unix seconds"
        raise RefusedError("datetime_parsing", message)
    return seconds


def _seconds(text: str) -> int | None:
    """Return Unix seconds of an ISO 8601 text; None when there is no such day."""
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except ValueError, OverflowError:
        return None


_STRICT_TEXTS: dict[str, Check] = {
    "uuid": _uuid,
    "country": _country,
    "version": _version,
    "instant": _day,
    "sha256": _sha256,
}
_TOLERANT_TEXTS: dict[str, Check] = _STRICT_TEXTS | {
    "country": _any_country,
    "version": _any_version,
    "instant": _instant,
}
