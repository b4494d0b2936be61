"""Identity rotation: by hand, after a deletion, or when another installation uses the same one."""

from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from ..store.settings import get_setting, set_setting
from ..week import monday
from . import deletion_requests, identity, outbox
from .outbox import StoredReport
from .report import PROTOCOL_2, protocol_of

_RENEWED: Final = "identity_renewed"


class Sent(StrEnum):
    """What becomes of what was sent under an identity that is given up."""

    KEEP = "keep"
    """It stays where it is; the keys are kept, so that it can be deleted later."""
    DELETE = "delete"
    FORGET = "forget"
    """It stays where it is, for good."""


def rotate(conn: Connection, *, attempted: bool = False) -> None:
    """Begin with a new identity, and sign what waits with it.

    A report that was attempted may be at the service already: it keeps its author, so that it is counted
    once, unless `attempted` says that what is there does not count any more.
    """
    deletion_requests.keep_keys(conn)
    identity.replace(conn)
    for report in outbox.pending(conn):
        if attempted or not report.attempts:
            outbox.reassign(conn, report, _author(conn, report))


def delete_sent(conn: Connection, now: float) -> None:
    """Ask for the deletion of all that was sent, and begin with a new identity."""
    deletion_requests.request(conn, now)
    rotate(conn, attempted=True)


def forget_sent(conn: Connection) -> None:
    """Give up deleting what was sent, and begin with a new identity."""
    rotate(conn, attempted=True)
    deletion_requests.decline(conn)


def signer(conn: Connection, report: StoredReport) -> identity.WeeklyIdentity:
    """Return the key that a report of protocol 2 is signed with: today's identity's, or an earlier one's."""
    current = identity.weekly(conn, date.fromisoformat(report.start))
    if current.id == report.author or (seed := deletion_requests.kept_key(conn, report.author)) is None:
        return current
    return identity.from_seed(seed)


def resolve_conflict(conn: Connection, report: StoredReport, today: date) -> bool:
    """Renew the identity when a service knows other things of this one than we do.

    That is once in a week at most; returns False when it was done already.
    """
    if report.author != _author(conn, report):
        return True
    week = monday(today).isoformat()
    if get_setting(conn, _RENEWED) == week:
        return False
    rotate(conn)
    set_setting(conn, _RENEWED, week)
    return True


def resend(conn: Connection, report: StoredReport, today: date) -> bool:
    """Sign a report with the new identity after the service had another one of its week.

    Returns False when the identity was renewed in this week already: then it is no fork.
    """
    if not resolve_conflict(conn, report, today):
        return False
    outbox.reassign(conn, report, _author(conn, report))
    return True


def _author(conn: Connection, report: StoredReport) -> str:
    if protocol_of(report.body) == PROTOCOL_2:
        return identity.weekly(conn, date.fromisoformat(report.start)).id
    return identity.stable_id(conn)
