"""Delivery statistics: what was ever sent, in numbers that outlive the reports themselves."""

from dataclasses import asdict, dataclass, replace
from typing import Final

from sqlalchemy import Connection

from ..store.settings import get_setting, set_setting

_KEY: Final = "deliveries"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStats:
    """Sums over all time; instants in epoch seconds.

    `bytes_sent` counts the bodies of all attempts, `attempted` is when the latest attempt began, `last` when
    the latest report was acknowledged, `dropped` how many reports were given up after too long a wait.
    """

    accepted: int = 0
    bytes_sent: int = 0
    dropped: int = 0
    attempted: float | None = None
    last: float | None = None


def load(conn: Connection) -> DeliveryStats:
    """Return the tally, all zeros before the first attempt."""
    return DeliveryStats(**(get_setting(conn, _KEY) or {}))


def note_attempt(conn: Connection, size: int, now: float) -> None:
    """Count an attempt to send so many bytes, before it is made."""
    known = load(conn)
    _save(conn, replace(known, bytes_sent=known.bytes_sent + size, attempted=now))


def note_accepted(conn: Connection, now: float) -> None:
    """Count a report that was acknowledged."""
    known = load(conn)
    _save(conn, replace(known, accepted=known.accepted + 1, last=now))


def note_dropped(conn: Connection, count: int) -> None:
    """Count reports that were given up."""
    known = load(conn)
    _save(conn, replace(known, dropped=known.dropped + count))


def _save(conn: Connection, tally: DeliveryStats) -> None:
    set_setting(conn, _KEY, asdict(tally))
