"""Everything that is stored, as one JSON document that is written piece by piece."""

from collections.abc import Iterator
import json
from typing import Any, Final

from sqlalchemy import Connection, select

from .sharing.deletion import Deletion, all_deletions
from .sharing.outbox import StoredReport, all_reports
from .store.queries import iter_events
from .store.settings import all_settings
from .store.tables import usage_aggregates

EXPORT_VERSION: Final = 1
# An export is shown, copied and mailed; what proves who we are stays in the file.
_SECRETS: Final = ("identity_secret",)


def summary(conn: Connection) -> dict[str, Any]:
    """Return everything but the raw events: settings, counters and reports with their bytes."""
    return {
        "export_version": EXPORT_VERSION,
        "settings": {name: value for name, value in all_settings(conn).items() if name not in _SECRETS},
        "counters": [dict(row._mapping) for row in conn.execute(select(usage_aggregates))],  # noqa: SLF001
        "reports": [report_json(report) for report in all_reports(conn)],
        "deletions": [deletion_json(each) for each in all_deletions(conn)],
    }


def document(conn: Connection) -> Iterator[bytes]:
    """Yield the whole export as JSON; memory does not grow with the number of events."""
    head = json.dumps(summary(conn))
    yield f'{head[:-1]}, "events": ['.encode()
    separator = b""
    for event in iter_events(conn):
        yield separator + json.dumps(event).encode()
        separator = b",\n"
    yield b"]}\n"


def response(conn: Connection, limit: int) -> dict[str, Any]:
    """Return the export as an action's response, with the first `limit` events."""
    events = list(iter_events(conn, limit=limit + 1))
    return {
        **summary(conn),
        "events": events[:limit],
        "truncated": len(events) > limit,
    }


def report_json(report: StoredReport) -> dict[str, Any]:
    """Return a frozen report; `body` is the exact text that was or will be sent."""
    return {
        "state": report.state,
        "period": {"start": report.start, "end": report.end},
        "body": report.body.decode(),
        "sha256": report.sha256,
        "attempts": report.attempts,
        "status": report.status,
        "answered": report.answered_at,
        "receipt": report.receipt,
        "endpoint": report.endpoint,
    }


def deletion_json(deletion: Deletion) -> dict[str, Any]:
    """Return a deletion that was asked of the service, and the receipt once it is confirmed."""
    return {
        "installation_id": deletion.installation_id,
        "endpoint": deletion.endpoint,
        "confirmed": deletion.confirmed_at is not None,
        "receipt": deletion.receipt,
    }
