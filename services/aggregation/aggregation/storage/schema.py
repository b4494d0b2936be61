"""The tables of reports and sums, and of who may do what; others lie beside.

The migrations make them all; a test holds both equal.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    column,
    table,
)

from aggregation.storage import schema_alarms, schema_mails, schema_public  # noqa: F401 - all in METADATA
from aggregation.storage.metadata import IDENTITY, METADATA as METADATA  # noqa: PLC0414 - with all tables

DROPPED = "dropped-"
"""What the ids begin with that took the place of those of installations."""

_JSON = JSON(none_as_null=True)

SUBMISSIONS = Table(
    "submissions",
    METADATA,
    Column("id", IDENTITY, primary_key=True),
    Column("installation_id", String(36), nullable=False),
    Column("period_start", BigInteger, nullable=False),
    Column("period_end", BigInteger, nullable=False),
    Column("week", Integer, nullable=False),
    Column("protocol", String(10), nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("content_sha256", String(64), nullable=False),
    Column("receipt_kid", String(16), nullable=False),
    Column("received_day", Date, nullable=False),
    Column("app_version", String(50)),
    Column("python_version", String(50)),
    Column("platform", String(50), nullable=False),
    Column("deployment_mode", String(50)),
    Column("country_code", String(2), nullable=False),
    Column("printer_count", Integer),
    Column("printer_types", _JSON),
    Column("printer_type_counts", _JSON),
    Column("job_count", Integer),
    Column("completed_count", Integer),
    Column("failed_count", Integer),
    Column("cancelled_count", Integer),
    Column("print_hours", Integer),
    Column("file_count", Integer),
    Column("upload_count", Integer),
    Column("uptime_hours", Integer),
    Column("feature_usage", _JSON),
    Column("error_summary", _JSON),
    Column("consent_version", Integer),
    Column("consent_categories", _JSON),
    Column("consent_text_sha256", String(64)),
    Column("first_report", Boolean),
    Column("weeks_since_previous_report", String(8)),
    Column("previous_app_version", String(50)),
    Column("age_bucket", String(8)),
    Column("ha_version", String(50)),
    Column("printernizer_version", String(50)),
    Column("printernizer_mode", String(50)),
    Column("features_first_used", _JSON),
    Column("completed_by_type", _JSON),
    Column("failed_by_type", _JSON),
    Column("cancelled_by_type", _JSON),
    Column("errors_by_type", _JSON),
    Column("experiment", String(20)),
    Column("variant", String(20)),
    Column("days_since_received", Integer),
    Column("weeks_since_error", Integer),
    Column("told_from", BigInteger),
    Column("app_version_as", String(8)),
    Column("previous_version_as", String(8)),
    Column("printernizer_as", String(8)),
    Column("is_apart", Boolean),
    UniqueConstraint("installation_id", "period_start"),
    Index(None, "week", "installation_id"),
    # Numbers of receipts are never given out twice, not even after a deletion.
    sqlite_autoincrement=True,
)
"""One row for each report. Periods are in Unix seconds; `week` counts from Monday 1969-12-29; all in UTC.

`first_report` to `age_bucket` are told by clients of 2.0 in buckets; the fold derives them, in exact weeks,
for clients of 1.0, and `days_since_received`, `weeks_since_error` and `told_from` with them: from when on
a report tells what none before it has told, in Unix seconds. `..._as` is how the fold
counts a version where that is not by its name everywhere; `is_apart` marks what came from a network that had
its share of counted homes.
"""

PENDING = Table(
    "pending",
    METADATA,
    Column("submission_id", IDENTITY, primary_key=True, autoincrement=False),
    Column("since", BigInteger, nullable=False),
    Column("put_aside", String(50)),
)
"""The outbox: submissions that the rollups do not hold yet; `since` is in Unix seconds.

One that cannot be folded is put aside, with the kind of error, until somebody has it tried again.
"""

ROLLUPS = Table(
    "rollups",
    METADATA,
    Column("scope", String(20), primary_key=True),
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("scope_value", String(80), primary_key=True),
    Column("totals", Text, nullable=False),
)
"""Sums over the submissions of a week: of all (scope "all"), or of those with one property.

`totals` is JSON, {measure: {value: total}}; the view `measures_by_week` has a line for each total.
"""

WEEK_STATES = Table(
    "week_states",
    METADATA,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("state", BigInteger, nullable=False),
)
"""The state of the sums of a week: a number drawn by chance with each change, which none had before.

Who has read them under it need not read them again, whatever was deleted, rebuilt or restored meanwhile.
"""

BY_WEEK = table(
    "measures_by_week",
    column("monday", Date),
    column("week", Integer),
    column("scope", String),
    column("scope_value", String),
    column("metric", String),
    column("value", String),
    column("total", BigInteger),
)
"""The view: one line for each sum."""

LIFETIME = Table(
    "lifetime",
    METADATA,
    Column("measure", String(20), primary_key=True),
    Column("total", BigInteger, nullable=False),
)
"""What there has been since the beginning: the sums over all weeks."""

TOMBSTONES = Table(
    "tombstones",
    METADATA,
    Column("installation_sha256", String(64), primary_key=True),
    Column("deleted_day", Date, nullable=False),
    Column("deleted_count", Integer),
    Column("receipt_kid", String(16)),
)
"""Installations that were deleted and must not come back, with what makes the same receipt again.

The last two are NULL where the deletion is known from the journal only, or older than these columns.
"""

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("name", String(50), primary_key=True),
    Column("scope", String(10), nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("created_day", Date, nullable=False),
    Column("revoked_day", Date),
)

RECEIPT_KEYS = Table(
    "receipt_keys",
    METADATA,
    Column("kid", String(16), primary_key=True),
    Column("private_key", String(64), nullable=False),
    Column("created_day", Date, nullable=False),
    Column("retired_day", Date),
)

PURGES = Table(
    "purges",
    METADATA,
    Column("id", IDENTITY, primary_key=True),
    Column("day", Date, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("before_week", Integer, nullable=False),
    Column("row_count", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""The audit of the retention: what was taken away when."""

MIRRORS = Table(
    "mirrors",
    METADATA,
    Column("name", String(20), primary_key=True),
    Column("since_day", Date, nullable=False),
)
"""The copies of the folded reports that are kept elsewhere: their changes are noted."""

CHANGES = Table(
    "changes",
    METADATA,
    Column("id", IDENTITY, primary_key=True),
    Column("submission_id", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""The outbox of the mirror: reports that are new, changed or gone since it was written last."""

VERSIONS = Table(
    "versions",
    METADATA,
    Column("version", String(50), primary_key=True),
    Column("added_day", Date, nullable=False),
)
"""The versions that were released: only these are counted by name."""

REBUILDS = Table(
    "rebuilds",
    METADATA,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
)
"""How often the sums of a week were rebuilt: who computed on an older state begins anew."""

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("key_sha256", String(64), nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
)
"""Who is signed in to the dashboard: the hash of what the browser holds, and of the key it was given for.

Instants are Unix seconds. A session is over when its key is revoked or rotated.
"""

LINKS = Table(
    "links",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("page", String(20), nullable=False),
    Column("query", String(200), nullable=False),
    Column("key_sha256", String(64), nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
)
"""Views of the dashboard that are shared with people without a key; they end with the key, too."""

NOTES = Table(
    "notes",
    METADATA,
    Column("id", IDENTITY, primary_key=True),
    Column("week", Integer, nullable=False),
    Column("text", String(80), nullable=False),
    sqlite_autoincrement=True,
)
"""What the maintainers noted on the time lines of the dashboard."""

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("language", String(2), primary_key=True),
    Column("text", Text, nullable=False),
    Column("decided_day", Date, nullable=False),
    Column("is_public", Boolean, nullable=False),
)
"""What was decided in the month that ends with a week."""

INTAKE = Table(
    "intake",
    METADATA,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("what", String(40), primary_key=True),
    Column("total", BigInteger, nullable=False),
)
"""What became of what was sent in a week: stored, sent again, refused, folded, dropped; a word for each."""
