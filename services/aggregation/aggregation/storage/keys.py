"""API keys and the keys that sign receipts, as rows."""

from datetime import date

from sqlalchemy import Connection, insert, select, update

from aggregation.storage.engine import LockName, lock
from aggregation.storage.records import ApiKeyRow, KeyScope, ReceiptKeyRow
from aggregation.storage.schema import API_KEYS, RECEIPT_KEYS


def api_keys(connection: Connection) -> list[ApiKeyRow]:
    """Return all API keys, the revoked ones too."""
    rows = connection.execute(select(API_KEYS).order_by(API_KEYS.c.created_day, API_KEYS.c.name))
    return [
        ApiKeyRow(
            name=row.name,
            scope=KeyScope(row.scope),
            sha256=row.sha256,
            created_day=row.created_day,
            revoked_day=row.revoked_day,
        )
        for row in rows
    ]


def add_api_key(connection: Connection, row: ApiKeyRow) -> None:
    """Add a key; raises IntegrityError when its name is taken."""
    values = {
        "name": row.name,
        "scope": row.scope.value,
        "sha256": row.sha256,
        "created_day": row.created_day,
        "revoked_day": row.revoked_day,
    }
    connection.execute(insert(API_KEYS), values)


def revoke_api_key(connection: Connection, name: str, day: date) -> bool:
    """Revoke a key; tell whether there was one to revoke."""
    here = (API_KEYS.c.name == name, API_KEYS.c.revoked_day.is_(None))
    return connection.execute(update(API_KEYS).where(*here).values(revoked_day=day)).rowcount == 1


def rotate_api_key(connection: Connection, name: str, sha256: str, day: date) -> bool:
    """Give a key that is in use another secret; tell whether there was one."""
    here = (API_KEYS.c.name == name, API_KEYS.c.revoked_day.is_(None))
    values = {"sha256": sha256, "created_day": day}
    return connection.execute(update(API_KEYS).where(*here).values(values)).rowcount == 1


def receipt_keys(connection: Connection) -> list[ReceiptKeyRow]:
    """Return all keys that sign or have signed receipts."""
    rows = connection.execute(select(RECEIPT_KEYS).order_by(RECEIPT_KEYS.c.created_day, RECEIPT_KEYS.c.kid))
    return [ReceiptKeyRow(**row._mapping) for row in rows]  # noqa: SLF001


def add_receipt_key(connection: Connection, row: ReceiptKeyRow) -> None:
    """Add a key."""
    values = {
        "kid": row.kid,
        "private_key": row.private_key,
        "created_day": row.created_day,
        "retired_day": row.retired_day,
    }
    connection.execute(insert(RECEIPT_KEYS), values)


def retire_receipt_key(connection: Connection, kid: str, day: date) -> None:
    """Note that a key signs no new receipts; it is kept for those it has signed."""
    connection.execute(update(RECEIPT_KEYS).where(RECEIPT_KEYS.c.kid == kid).values(retired_day=day))


def ensure_receipt_key(connection: Connection, row: ReceiptKeyRow) -> list[ReceiptKeyRow]:
    """Add a key where none is in use, and return all; one process of several wins."""
    lock(connection, LockName.SCHEMA)
    if not any(key.retired_day is None for key in receipt_keys(connection)):
        add_receipt_key(connection, row)
    return receipt_keys(connection)
