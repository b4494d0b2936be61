"""Public numbers: the weekly file of a statistics service, read only if a trusted key has signed it.

The file is `{"numbers": ..., "jws": ...}`. The signed claims hold the SHA-256 of the canonical JSON of the
numbers, which are words and whole numbers. Whoever sends it is not trusted: each field is taken by its form
and length only, and nothing of a file with anything wrong in it is shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
import hashlib
import json
import re
from typing import Any, Final

import jwt

MAX_BYTES: Final = 64 * 1024
FORMAT: Final = 1
WHOLE: Final = 1000
OLDEST: Final = timedelta(weeks=8)
"""A file about an older week is not this week's."""
_MAX_BUCKETS: Final = 400
_MAX_TABLES: Final = 16
_MAX_HOMES: Final = 100_000_000
_MAX_KEYS: Final = 4
_WORD: Final = re.compile(r"[A-Za-z0-9_.:+-]{1,48}")
_WEEK: Final = re.compile(r"(\d{4})-W(\d{2})")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_JWS: Final = re.compile(r"[A-Za-z0-9_-]{1,400}\.[A-Za-z0-9_-]{1,400}\.[A-Za-z0-9_-]{86}")


class Fault(StrEnum):
    """Why a file is not shown."""

    UNREADABLE = "unreadable"
    UNTRUSTED = "untrusted"
    OUTDATED = "outdated"


class PublicNumbersError(Exception):
    """The file is not shown."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTable:
    """Shares of homes by bucket, in tenths of a percent."""

    week: str
    homes: int
    buckets: tuple[str, ...]
    permille: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicNumbers:
    """What was published of a week, and the keys (the `x` of Ed25519 JWKs) that may sign the next ones."""

    week: str
    homes: int
    tables: Mapping[str, PublicTable]
    keys: tuple[str, ...]


def read(body: bytes, trusted: Iterable[str], today: date, shown: str | None = None) -> PublicNumbers:
    """Return the numbers of a file that one of the trusted keys has signed; raises PublicNumbersError.

    With no trusted key yet, the first key that the file names is taken: from then on it is the trusted one.
    `shown` is the week that is shown already: an older one does not take its place.
    """
    if len(body) > MAX_BYTES:
        raise PublicNumbersError(Fault.UNREADABLE)
    try:
        document = json.loads(body.decode(), parse_float=_refuse, parse_constant=_refuse)
        numbers, jws = document["numbers"], document["jws"]
        read_numbers = _numbers(numbers)
        canonical = json.dumps(numbers, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PublicNumbersError(Fault.UNREADABLE) from error
    keys = tuple(trusted) or read_numbers.keys[:1]
    if not _is_signed(jws, canonical, read_numbers.week, keys):
        raise PublicNumbersError(Fault.UNTRUSTED)
    if is_outdated(read_numbers.week, today) or (shown is not None and read_numbers.week < shown):
        raise PublicNumbersError(Fault.OUTDATED)
    return read_numbers


def is_outdated(week: str, today: date) -> bool:
    """Whether a week is too long ago to be shown."""
    return _monday(week) + OLDEST < today


def _is_signed(jws: object, canonical: bytes, week: str, keys: Sequence[str]) -> bool:
    if not isinstance(jws, str) or not _JWS.fullmatch(jws):
        return False
    expected = {"week": week, "numbers_sha256": hashlib.sha256(canonical).hexdigest()}
    for key in keys:
        try:
            public = jwt.PyJWK({"kty": "OKP", "crv": "Ed25519", "x": key}, "EdDSA")
            if jwt.decode(jws, public, ["EdDSA"]) == expected:
                return True
        except jwt.PyJWTError, ValueError:
            continue
    return False


def _numbers(raw: Any) -> PublicNumbers:
    """Take what the numbers hold; raises ValueError, KeyError or TypeError."""
    if raw["format"] != FORMAT or len(raw["tables"]) > _MAX_TABLES:
        raise ValueError
    keys = tuple(_matching(_KEY, key) for key in raw["keys"])
    if not 0 < len(keys) <= _MAX_KEYS:
        raise ValueError
    tables = {_matching(_WORD, name): _table(table) for name, table in raw["tables"].items()}
    return PublicNumbers(week=_week(raw["week"]), homes=_count(raw["homes"]), tables=tables, keys=keys)


def _table(raw: Any) -> PublicTable:
    buckets = tuple(_matching(_WORD, name) for name in raw["buckets"])
    permille = {_matching(_WORD, name): _count(share) for name, share in raw["permille"].items()}
    if len(buckets) > _MAX_BUCKETS or sum(permille.values()) != WHOLE:
        raise ValueError
    return PublicTable(
        week=_week(raw["week"]), homes=_count(raw["homes"]), buckets=buckets, permille=permille
    )


def _matching(form: re.Pattern[str], text: object) -> str:
    if not isinstance(text, str) or not form.fullmatch(text):
        raise ValueError
    return text


def _count(number: object) -> int:
    if type(number) is not int or not 0 <= number <= _MAX_HOMES:
        raise ValueError
    return number


def _week(text: object) -> str:
    week = _matching(_WEEK, text)
    _monday(week)
    return week


def _monday(week: str) -> date:
    """Return the Monday of an ISO week; raises ValueError where there is none."""
    year, number = week.split("-W")
    return date.fromisocalendar(int(year), int(number), 1)


def _refuse(_text: str) -> float:
    raise ValueError
