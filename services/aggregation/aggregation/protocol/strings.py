"""The checks of strings that have a fixed form."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
import re
from typing import Any

from packaging.version import InvalidVersion, Version

VERSION_LENGTH = 50
RELEASE_NUMBERS = 3
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
COUNTRY = re.compile(r"[A-Z]{2}")
MONTH_VERSION = re.compile(r"20[0-9]{2}[.]([1-9]|1[0-2])")
SHA256 = re.compile(r"[0-9a-f]{64}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T00:00:00Z")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
UNKNOWN_COUNTRY = "XX"

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

    def within(self, place: str | int) -> RefusedError:
        """Return the same error for a value that this one is a part of."""
        return RefusedError(self.kind, self.message, place, *self.where)


def text(value: Any) -> str:
    """Check that a value is a string."""
    if type(value) is not str:
        raise RefusedError("string_type", "Input should be a valid string")
    return value


def _uuid(value: Any, _: Notes) -> str:
    """Return a UUID in lower case."""
    if not UUID.fullmatch(text(value)):
        raise RefusedError("uuid_parsing", "Input should be a UUID")
    return str(value).lower()


def _sha256(value: Any, _: Notes) -> str:
    """Check 64 hex digits in lower case."""
    if not SHA256.fullmatch(text(value)):
        raise RefusedError("sha256", "Input should be 64 hex digits")
    return str(value)


def _month_version(value: Any, _: Notes) -> str:
    """Check a version of a year and a month."""
    if not MONTH_VERSION.fullmatch(text(value)):
        raise RefusedError("month_version", "Input should be a year and a month, as in 2026.11")
    return str(value)


def _country(value: Any, _: Notes) -> str:
    """Check two capital letters."""
    if not COUNTRY.fullmatch(text(value)):
        raise RefusedError("country", "Input should be two capital letters")
    return str(value)


def _any_country(value: Any, notes: Notes) -> str:
    """Return two capital letters for any string, XX when it has another form."""
    code = text(value).upper()
    if COUNTRY.fullmatch(code):
        return code
    notes.append("country_folded")
    return UNKNOWN_COUNTRY


@lru_cache(maxsize=1024)
def public_version(version: str) -> str | None:
    """Return the normal form of a PEP 440 version, without its local part; None when it is none.

    It has at least three numbers, and no zeros after them: 2.10 and 2.10.0 are one version.
    """
    try:
        found = Version(version) if len(version) <= VERSION_LENGTH else None
    except InvalidVersion:
        return None
    if found is None:
        return None
    numbers = list(found.release)
    while len(numbers) > RELEASE_NUMBERS and not numbers[-1]:
        numbers.pop()
    padded = numbers + [0] * (RELEASE_NUMBERS - len(numbers))
    rest = found.public.removeprefix(found.base_version)
    epoch = f"{found.epoch}!" if found.epoch else ""
    text = epoch + ".".join(map(str, padded)) + rest
    return text if len(text) <= VERSION_LENGTH else None


def _version(value: Any, _: Notes) -> str:
    """Return the public part of a version."""
    version = public_version(text(value))
    if version is None:
        raise RefusedError("version", "Input should be a version number")
    return version


def _any_version(value: Any, notes: Notes) -> str | None:
    """Return the public part of a version, None for any other string."""
    version = public_version(text(value))
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


@lru_cache(maxsize=1024)
def _seconds(moment: str) -> int | None:
    """Return Unix seconds of an ISO 8601 text; None when there is no such day."""
    try:
        found = datetime.fromisoformat(moment)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except ValueError, OverflowError:
        return None


STRICT_TEXTS: dict[str, Check] = {
    "uuid": _uuid,
    "country": _country,
    "version": _version,
    "month_version": _month_version,
    "instant": _day,
    "sha256": _sha256,
}
TOLERANT_TEXTS: dict[str, Check] = STRICT_TEXTS | {
    "country": _any_country,
    "version": _any_version,
    "instant": _instant,
}
