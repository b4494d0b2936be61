"""The next report as a person or a page asks for it: its bytes, its fields, and what is new in them."""

from dataclasses import asdict
from typing import Any

from .answers import report_json
from .core.sharing.explain import difference, fields
from .core.sharing.outbox import StoredReport
from .core.sharing.report_builder import Preview
from .runtime import Runtime


async def async_next_report(runtime: Runtime) -> dict[str, Any]:
    """Return the report that would be sent now, those that wait, and those that were refused."""
    preview = await runtime.report_scheduler.async_preview()
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
