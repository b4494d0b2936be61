"""Deletion requests, and what services may have of us from the first attempt on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from ..store.marks import forget_for_good
from ..store.settings import DELETION_PLAN, get_setting, set_setting
from ..store.tables import upsert, usage_deletions
from . import identity
from .outbox import StoredReport
from .report import PROTOCOL_2, protocol_of

_NOT_ASKED = usage_deletions.c.requested_ts.is_(None)
_ATTEMPT = upsert(
    usage_deletions,
    ("installation_id", "endpoint", "client_key", "week_day"),
    {"client_key": "excluded.client_key"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """One installation id to be deleted at one service, and what proves it ours.

    That is the key of its week (protocol 2), or else the client key; an empty endpoint is the one in use.
    """

    installation_id: str
    endpoint: str
    client_key: str | None
    key_seed: bytes | None
    confirmed_at: float | None
    receipt: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the service is asked: all ids in one go, or one at a time; and when next (epoch seconds)."""

    at_once: bool = True
    next: float = 0.0
    failures: int = 0


def load_plan(conn: Connection) -> Plan:
    """Return the plan; without one, what waits is due."""
    return Plan(**(get_setting(conn, DELETION_PLAN) or {}))


def save_plan(conn: Connection, plan: Plan) -> None:
    """Remember the plan."""
    set_setting(conn, DELETION_PLAN, asdict(plan))


def note_attempt(conn: Connection, report: StoredReport, endpoint: str, client_key: str) -> None:
    """Remember that the service is about to have something of us."""
    second = protocol_of(report.body) == PROTOCOL_2
    row = {
        "installation_id": report.author,
        "endpoint": endpoint,
        "client_key": client_key,
        "week_day": report.start if second else None,
    }
    conn.execute(_ATTEMPT, row)


def has_sent(conn: Connection) -> bool:
    """Whether a service may have anything of us that it was not asked to delete."""
    return conn.scalar(select(usage_deletions.c.installation_id).where(_NOT_ASKED).limit(1)) is not None


def keep_keys(conn: Connection) -> None:
    """Keep the keys of the weeks that services may have, before the secret that they come from goes."""
    table = usage_deletions.c
    for row in conn.execute(select(usage_deletions).where(_NOT_ASKED, table.key_seed.is_(None))).all():
        if row.week_day is None:
            continue
        known = identity.weekly(conn, date.fromisoformat(row.week_day))
        if known.id == row.installation_id:
            conn.execute(
                update(usage_deletions)
                .where(table.installation_id == known.id, table.endpoint == row.endpoint)
                .values(key_seed=known.seed)
            )


def kept_key(conn: Connection, installation_id: str) -> bytes | None:
    """Return the secret half of a key that was kept for an earlier identity's id."""
    table = usage_deletions.c
    found: bytes | None = conn.scalar(
        select(table.key_seed).where(table.installation_id == installation_id, table.key_seed.is_not(None))
    )
    return found


def request(conn: Connection, now: float) -> None:
    """Ask for the deletion of everything that services may have; the keys are kept until it is confirmed."""
    keep_keys(conn)
    conn.execute(update(usage_deletions).where(_NOT_ASKED).values(requested_ts=now))


def decline(conn: Connection) -> None:
    """Forget what services may have, and the keys to it: it can never be deleted by us."""
    conn.execute(delete(usage_deletions).where(_NOT_ASKED))
    forget_for_good(conn)


def waiting(conn: Connection) -> list[Deletion]:
    """Return the deletions that no service has confirmed, oldest first."""
    return _asked(conn, usage_deletions.c.confirmed_ts.is_(None))


def confirm(conn: Connection, each: Deletion, now: float, receipt: Mapping[str, Any] | None) -> None:
    """Note that the service has deleted the id, and forget what proved it ours."""
    table = usage_deletions.c
    conn.execute(
        update(usage_deletions)
        .where(table.installation_id == each.installation_id, table.endpoint == each.endpoint)
        .values(
            confirmed_ts=now,
            client_key=None,
            key_seed=None,
            receipt=None if receipt is None else json.dumps(dict(receipt)),
        )
    )
    forget_for_good(conn)


def _asked(conn: Connection, *conditions: ColumnElement[bool]) -> list[Deletion]:
    table = usage_deletions.c
    rows = conn.execute(
        select(usage_deletions)
        .where(table.requested_ts.is_not(None), *conditions)
        .order_by(table.requested_ts)
    )
    return [_deletion(row) for row in rows]


def _deletion(row: Row[Any]) -> Deletion:
    return Deletion(
        installation_id=row.installation_id,
        endpoint=row.endpoint,
        client_key=row.client_key,
        key_seed=row.key_seed,
        confirmed_at=row.confirmed_ts,
        receipt=json.loads(row.receipt) if row.receipt else None,
    )
