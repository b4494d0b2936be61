"""From a JSON document to a durable submission."""

from datetime import UTC, date, datetime
from hashlib import sha256

from aggregation.ingest.repository import StoredSubmission, Submission
from aggregation.ingest.rules import Values
from aggregation.ingest.schemas import PROTOCOL, validate
from aggregation.writer import Writer

COLUMNS = {
    "installation.installation_id": "installation_id",
    "installation.app_version": "app_version",
    "installation.python_version": "python_version",
    "installation.platform": "platform",
    "installation.deployment_mode": "deployment_mode",
    "installation.country_code": "country_code",
    "printer_fleet.printer_count": "printer_count",
    "printer_fleet.printer_types": "printer_types",
    "printer_fleet.printer_type_counts": "printer_type_counts",
    "usage_stats.job_count": "job_count",
    "usage_stats.completed_count": "completed_count",
    "usage_stats.failed_count": "failed_count",
    "usage_stats.cancelled_count": "cancelled_count",
    "usage_stats.print_hours": "print_hours",
    "usage_stats.file_count": "file_count",
    "usage_stats.upload_count": "upload_count",
    "usage_stats.uptime_hours": "uptime_hours",
    "usage_stats.feature_usage": "feature_usage",
    "error_summary": "error_summary",
}
"""The column that each declared field is stored in as it is."""


class PeriodConflictError(Exception):
    """Other bytes were stored before for this installation and period."""


class IngestService:
    """Takes in reports."""

    def __init__(self, writer: Writer[Submission, StoredSubmission]) -> None:
        """Take the writer that stores them."""
        self._writer = writer

    async def submit(self, document: object, body: bytes) -> StoredSubmission:
        """Return what is stored for a report once it is durable.

        Raises InvalidReportError, PeriodConflictError and StorageUnavailableError.
        """
        now = datetime.now(UTC)
        digest = sha256(body).hexdigest()
        submission = make_submission(validate(document, now), digest, now.date())
        stored = await self._writer.write(submission)
        if stored.body_sha256 != digest:
            raise PeriodConflictError
        return stored


def make_submission(values: Values, body_sha256: str, received_day: date) -> Submission:
    """Return what is stored of a report's values; an optional value that is missing is NULL."""
    columns = {column: values.get(path) for path, column in COLUMNS.items()}
    start = int(values["period.start"].timestamp())
    columns |= {
        "period_start": start,
        "period_end": int(values["period.end"].timestamp()),
        "protocol": PROTOCOL,
        "body_sha256": body_sha256,
        "received_day": received_day,
    }
    return Submission(key=(values["installation.installation_id"], start), columns=columns)
