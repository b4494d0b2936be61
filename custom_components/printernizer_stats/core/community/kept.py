"""Kept public numbers: the last good file, the trusted keys, and when to ask again, among the settings.

The keys belong to one address: with another service, trust begins again. Pure but for the connection.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy import Connection

from ..store.settings import get_setting, remove_setting, set_setting
from .public_numbers import PublicNumbers, PublicNumbersError, read

_KEY: Final = "community"


class Reception(StrEnum):
    """What came of asking last."""

    WAITING = "waiting"
    """Nobody was asked yet."""
    RECEIVED = "received"
    UNREACHABLE = "unreachable"
    ABSENT = "absent"
    """The service publishes no numbers, or none yet."""
    UNREADABLE = "unreadable"
    UNTRUSTED = "untrusted"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is known of the numbers at an address; `next` in epoch seconds."""

    url: str
    keys: tuple[str, ...] = ()
    file: str | None = None
    reception: Reception = Reception.WAITING
    next: float | None = None
    failures: int = 0

    @classmethod
    def load(cls, conn: Connection, url: str) -> Self:
        """Return what is kept of that address; nothing where another one was asked before."""
        stored: Mapping[str, Any] | None = get_setting(conn, _KEY)
        if stored is None or stored["url"] != url:
            return cls(url=url)
        return cls(**{**stored, "keys": tuple(stored["keys"]), "reception": Reception(stored["reception"])})

    def save(self, conn: Connection) -> None:
        """Keep it."""
        set_setting(conn, _KEY, asdict(self))

    def numbers(self, today: date) -> PublicNumbers | None:
        """Return the numbers of the kept file, None where there is none that may still be shown."""
        if self.file is None:
            return None
        try:
            return read(self.file.encode(), self.keys, today)
        except PublicNumbersError:
            return None

    def after(self, body: bytes | None, today: date) -> Self:
        """Return what is known after an answer; what is not good takes the place of nothing."""
        if body is None:
            return replace(self, reception=Reception.UNREACHABLE, failures=self.failures + 1)
        heard = replace(self, failures=0)
        if not body:
            return replace(heard, reception=Reception.ABSENT)
        shown = self.numbers(today)
        try:
            found = read(body, self.keys, today, shown.week if shown else None)
        except PublicNumbersError as error:
            return replace(heard, reception=Reception(error.fault))
        return replace(heard, reception=Reception.RECEIVED, keys=found.keys, file=body.decode())


def forget(conn: Connection) -> None:
    """Forget the file and the keys."""
    remove_setting(conn, _KEY)


def is_kept(conn: Connection) -> bool:
    """Whether anything is kept."""
    return get_setting(conn, _KEY) is not None
