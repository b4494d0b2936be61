"""Going on as the installation that an export is of: its identity, its reports, and what services have of it.

The other machine must stop for good. Consent does not move: a person gives it on the machine that sends.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select, text

from ...const import WEEK_DAYS
from ..sharing.consent import agreement
from ..sharing.identity import SECRETS
from ..sharing.outbox import ReportState
from ..store.report_intervals import withhold
from ..store.settings import FIRST_DAY, REPORTED_UNTIL, get_setting, set_setting
from ..store.tables import usage_deletions, usage_reports
from .fields import Field
from .reading import ImportRefusedError
from .staging import staged_settings
from .statements import ANSWERED, DELETIONS, NEW_REPORT, NEW_SPAN

_REPORTS: Final = usage_reports.c
_STABLE: Final = "installation_id"
_TAKEN: Final = {
    SECRETS[0]: Field(type="key"),
    _STABLE: Field(type="uuid"),
    FIRST_DAY: Field(type="day"),
    REPORTED_UNTIL: Field(type="day"),
}


def move(conn: Connection, today: date, endpoint: str) -> int:
    """Become the installation of what was laid out; returns how many reports it brought.

    Raises ImportRefusedError when the file has no identity, or this installation has sent things of its own.
    """
    theirs = _identity(conn, today)
    if get_setting(conn, SECRETS[0]) != theirs[SECRETS[0]] and _has_sent(conn):
        raise ImportRefusedError("import_other_identity")
    for key in (SECRETS[0], _STABLE):
        if key in theirs:
            set_setting(conn, key, theirs[key])
    _keep(conn, FIRST_DAY, theirs, min)
    _keep(conn, REPORTED_UNTIL, theirs, max)
    # What was counted here before would else be reported for days that the other machine has reported.
    reported = date.fromisoformat(get_setting(conn, REPORTED_UNTIL) or today.isoformat())
    withhold(conn, max(today, reported))
    conn.execute(text(DELETIONS), {"endpoint": endpoint})
    return _take_reports(conn)


def _identity(conn: Connection, today: date) -> dict[str, Any]:
    found = staged_settings(conn)
    if SECRETS[0] not in found:
        raise ImportRefusedError("import_no_identity")
    theirs = {key: found[key] for key in _TAKEN if key in found}
    for key, value in theirs.items():
        if not _TAKEN[key].accepts(value):
            raise ImportRefusedError("import_invalid", f"settings, {key}")
    if theirs.get(REPORTED_UNTIL, "") > (today + timedelta(days=WEEK_DAYS)).isoformat():
        raise ImportRefusedError("import_invalid", f"settings, {REPORTED_UNTIL}")
    return theirs


def _has_sent(conn: Connection) -> bool:
    tables = (usage_reports, usage_deletions)
    return any(conn.execute(select(table).limit(1)).first() is not None for table in tables)


def _keep(conn: Connection, key: str, theirs: dict[str, Any], choose: Callable[[list[str]], str]) -> None:
    known = [value for value in (get_setting(conn, key), theirs.get(key)) if value]
    if known:
        set_setting(conn, key, choose(known))


def _take_reports(conn: Connection) -> int:
    """Take over reports with their periods; what waits goes on waiting only where sharing is agreed to."""
    shares = agreement(conn) is not None
    taken = 0
    for found in conn.execute(text("SELECT * FROM staged_reports ORDER BY interval")).mappings().all():
        row = dict(found)
        known = conn.scalar(select(_REPORTS.state).where(_REPORTS.body_sha256 == row["sha256"]))
        waits = row["state"] == ReportState.PENDING
        if known is None and (shares or not waits):
            row["ours"] = conn.scalar(text(NEW_SPAN), row)
            for statement in NEW_REPORT:
                conn.execute(text(statement), row)
            taken += 1
        elif known == ReportState.PENDING and not waits:
            conn.execute(text(ANSWERED), row)
    return taken
