"""Whether sharing is on, and what was counted before it was."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete

from ..dictionary import DICTIONARY
from ..intervals import utc_day
from ..store.settings import get_setting, set_setting
from ..store.spans import withhold
from ..store.tables import usage_reports
from .outbox import ReportState

_KEY: Final = "consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The user's last word: on or off, since when (epoch seconds), for which dictionary version."""

    share: bool
    since: float
    version: int


def load(conn: Connection) -> Consent | None:
    """Return the stored consent, None when nobody was ever asked."""
    raw = get_setting(conn, _KEY)
    return None if raw is None else Consent(**raw)


def apply(conn: Connection, *, share: bool, now: float) -> Consent:
    """Store a change of mind; whatever was counted up to it will never be sent."""
    known = load(conn)
    if known is not None and known.share == share:
        return known
    conn.execute(delete(usage_reports).where(usage_reports.c.state == ReportState.PENDING))
    withhold(conn, utc_day(now))
    changed = Consent(share=share, since=now, version=DICTIONARY.version)
    set_setting(
        conn,
        _KEY,
        {"share": changed.share, "since": changed.since, "version": changed.version},
    )
    return changed
