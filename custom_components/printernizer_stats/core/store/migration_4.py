"""Schema 4: where each report was sent, and what each service may have of us."""

from datetime import tzinfo
from typing import Any, Final

from sqlalchemy import Connection, text

from .settings import get_setting, set_setting

DELETIONS_3: Final = """
    CREATE TABLE usage_deletions (
        installation_id VARCHAR(36) NOT NULL PRIMARY KEY,
        key_seed BLOB,
        requested_ts FLOAT NOT NULL,
        confirmed_ts FLOAT,
        receipt TEXT
    )
"""
_DELETIONS_4: Final = """
    CREATE TABLE usage_deletions (
        installation_id VARCHAR(36) NOT NULL,
        endpoint TEXT NOT NULL,
        client_key TEXT,
        week_day VARCHAR(10),
        key_seed BLOB,
        requested_ts FLOAT,
        confirmed_ts FLOAT,
        receipt TEXT,
        PRIMARY KEY (installation_id, endpoint)
    )
"""
_CARRIED_UP: Final = """
    INSERT INTO usage_deletions
    SELECT installation_id, :endpoint, NULL, NULL, key_seed, requested_ts, confirmed_ts, receipt
    FROM usage_deletions_3
"""
_CARRIED_DOWN: Final = """
    INSERT OR IGNORE INTO usage_deletions
    SELECT installation_id, key_seed, requested_ts, confirmed_ts, receipt
    FROM usage_deletions_4 WHERE requested_ts IS NOT NULL
"""
_ATTEMPTED: Final = """
    INSERT OR IGNORE INTO usage_deletions (installation_id, endpoint, week_day)
    SELECT json_extract(CAST(body AS TEXT), '$.installation.installation_id'), endpoint, start_day
    FROM usage_reports JOIN usage_intervals USING (interval_id) WHERE attempts > 0
"""


def up(conn: Connection, _zone: tzinfo) -> None:
    """All that was sent so far went to the service that was asked last, if any was."""
    service: dict[str, Any] = get_setting(conn, "service") or {}
    endpoint = service.pop("endpoint", "")
    for statement in (
        "ALTER TABLE usage_reports ADD COLUMN endpoint TEXT",
        "UPDATE usage_reports SET endpoint = :endpoint WHERE attempts > 0",
        "ALTER TABLE usage_deletions RENAME TO usage_deletions_3",
        _DELETIONS_4,
        _CARRIED_UP,
        "DROP TABLE usage_deletions_3",
        _ATTEMPTED,
    ):
        conn.execute(text(statement), {"endpoint": endpoint} if ":endpoint" in statement else {})
    if service:
        set_setting(conn, "services", {endpoint: service})
    plan: dict[str, Any] = get_setting(conn, "schedule") or {}
    accepted, last = plan.pop("count", 0), plan.pop("last", None)
    if accepted:
        set_setting(conn, "deliveries", {"accepted": accepted, "last": last})
        set_setting(conn, "schedule", plan)
    _drop_setting(conn, "service")


def down(conn: Connection, _zone: tzinfo) -> None:
    """Back to the third schema: it knows deletions that were asked for, of one service."""
    for statement in (
        "ALTER TABLE usage_reports DROP COLUMN endpoint",
        "ALTER TABLE usage_deletions RENAME TO usage_deletions_4",
        DELETIONS_3,
        _CARRIED_DOWN,
        "DROP TABLE usage_deletions_4",
    ):
        conn.execute(text(statement))
    services: dict[str, Any] = get_setting(conn, "services") or {}
    for endpoint, service in services.items():
        set_setting(conn, "service", {"endpoint": endpoint, **service})
    sums: dict[str, Any] = get_setting(conn, "deliveries") or {}
    if sums:
        plan: dict[str, Any] = get_setting(conn, "schedule") or {}
        count, last = sums.get("accepted", 0), sums.get("last")
        set_setting(conn, "schedule", {**plan, "count": count, "last": last})
    _drop_setting(conn, "services")
    _drop_setting(conn, "deliveries")


def _drop_setting(conn: Connection, key: str) -> None:
    conn.execute(text("DELETE FROM usage_settings WHERE key = :key"), {"key": key})
