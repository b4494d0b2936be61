"""JSON of reports and of the preview, as actions and the frontend get them. Pure."""

from dataclasses import asdict
from typing import Any

from .explain import difference, fields
from .outbox import StoredReport
from .report_builder import Preview


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


def preview_json(preview: Preview) -> dict[str, Any]:
    """Return the report that would be sent now with what is new in it, those that wait, and those refused."""
    body, earlier = preview.next.body, preview.earlier
    return {
        **_shown(preview),
        "size": len(body),
        "fields": [asdict(each) for each in fields(body)],
        "compared_with": earlier and {"start": earlier.start, "end": earlier.end},
        "changes": [asdict(each) for each in difference(earlier.body if earlier else None, body)],
        "pending": [report_json(report) for report in preview.waiting],
        "parked": [report_json(report) for report in preview.parked],
        "dropped": preview.dropped,
    }


def _shown(preview: Preview) -> dict[str, Any]:
    """The exact text; `final` once it is frozen."""
    report = preview.next
    if isinstance(report, StoredReport):
        return {**report_json(report), "final": True}
    return {
        "body": report.body.decode(),
        "sha256": report.sha256,
        "period": {"start": report.start.isoformat(), "end": report.end.isoformat()},
        "final": False,
    }
