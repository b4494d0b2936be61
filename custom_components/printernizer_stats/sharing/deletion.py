"""Deletions asked of the service: kept until each is confirmed, with the receipts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
import json
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from ..store.tables import usage_deletions
from . import identity, outbox
from .report import PROTOCOL_2, protocol_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """One installation id to be deleted at the service, with the key that proves it ours (protocol 2)."""

    installation_id: str
    key_seed: bytes | None
    confirmed_at: float | None
    receipt: Mapping[str, Any] | None


def request(conn: Connection, now: float) -> int:
    """Ask for everything that was ever sent to be deleted, and begin with a new identity.

    Returns how many ids are waiting for it. The keys of the sent weeks are kept until then, no longer.
    """
    for report in outbox.all_reports(conn):
        if not report.attempts:
            continue
        installation_id = str(json.loads(report.body)["installation"]["installation_id"])
        seed = None
        if protocol_of(report.body) == PROTOCOL_2:
            known = identity.weekly(conn, date.fromisoformat(report.start))
            seed = known.seed if known.id == installation_id else None
        row = {"installation_id": installation_id, "key_seed": seed, "requested_ts": now}
        conn.execute(upsert(usage_deletions).values(row).on_conflict_do_nothing())
    identity.forget(conn)
    return len(waiting(conn))


def waiting(conn: Connection) -> list[Deletion]:
    """Return the deletions that the service has not confirmed."""
    return [each for each in all_deletions(conn) if each.confirmed_at is None]


def all_deletions(conn: Connection) -> list[Deletion]:
    """Return every deletion that was ever asked for, oldest first."""
    return [
        Deletion(
            installation_id=row.installation_id,
            key_seed=row.key_seed,
            confirmed_at=row.confirmed_ts,
            receipt=json.loads(row.receipt) if row.receipt else None,
        )
        for row in conn.execute(select(usage_deletions).order_by(usage_deletions.c.requested_ts))
    ]


def confirm(conn: Connection, installation_id: str, now: float, receipt: Mapping[str, Any] | None) -> None:
    """Note that the service has deleted the id, and forget its key."""
    conn.execute(
        update(usage_deletions)
        .where(usage_deletions.c.installation_id == installation_id)
        .values(
            confirmed_ts=now,
            key_seed=None,
            receipt=None if receipt is None else json.dumps(dict(receipt)),
        )
    )
