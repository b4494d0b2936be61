"""What actions answer of a report."""

from typing import Any

from .core.sharing.outbox import StoredReport


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
