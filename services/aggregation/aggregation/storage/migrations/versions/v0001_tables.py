"""All tables of the first version."""

from alembic import op
import sqlalchemy as sa

from aggregation.storage.metadata import IDENTITY

revision = "0001"
down_revision = None

_TABLES = (
    "changes",
    "mirrors",
    "receipt_keys",
    "api_keys",
    "rebuilds",
    "versions",
    "lifetime",
    "rollups",
    "purges",
    "tombstones",
    "pending",
    "submissions",
)


def upgrade() -> None:
    """Make the tables."""
    _make_reports()
    _make_sums()
    _make_keys()
    _make_mirror()


def _make_reports() -> None:
    """Make reports, their outbox, and what is left of those that are gone."""
    op.create_table(
        "submissions",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("installation_id", sa.String(length=36), nullable=False),
        sa.Column("period_start", sa.BigInteger(), nullable=False),
        sa.Column("period_end", sa.BigInteger(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("protocol", sa.String(length=10), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("receipt_kid", sa.String(length=16), nullable=False),
        sa.Column("received_day", sa.Date(), nullable=False),
        sa.Column("app_version", sa.String(length=50), nullable=True),
        sa.Column("python_version", sa.String(length=50), nullable=True),
        sa.Column("platform", sa.String(length=50), nullable=False),
        sa.Column("deployment_mode", sa.String(length=50), nullable=True),
        sa.Column("country_code", sa.String(length=2), nullable=False),
        sa.Column("printer_count", sa.Integer(), nullable=True),
        sa.Column("printer_types", sa.JSON(), nullable=True),
        sa.Column("printer_type_counts", sa.JSON(), nullable=True),
        sa.Column("job_count", sa.Integer(), nullable=True),
        sa.Column("completed_count", sa.Integer(), nullable=True),
        sa.Column("failed_count", sa.Integer(), nullable=True),
        sa.Column("cancelled_count", sa.Integer(), nullable=True),
        sa.Column("print_hours", sa.Integer(), nullable=True),
        sa.Column("file_count", sa.Integer(), nullable=True),
        sa.Column("upload_count", sa.Integer(), nullable=True),
        sa.Column("uptime_hours", sa.Integer(), nullable=True),
        sa.Column("feature_usage", sa.JSON(), nullable=True),
        sa.Column("error_summary", sa.JSON(), nullable=True),
        sa.Column("consent_version", sa.Integer(), nullable=True),
        sa.Column("consent_categories", sa.JSON(), nullable=True),
        sa.Column("consent_text_sha256", sa.String(length=64), nullable=True),
        sa.Column("first_report", sa.Boolean(), nullable=True),
        sa.Column("weeks_since_previous_report", sa.String(length=8), nullable=True),
        sa.Column("previous_app_version", sa.String(length=50), nullable=True),
        sa.Column("age_bucket", sa.String(length=8), nullable=True),
        sa.Column("ha_version", sa.String(length=50), nullable=True),
        sa.Column("features_first_used", sa.JSON(), nullable=True),
        sa.Column("completed_by_type", sa.JSON(), nullable=True),
        sa.Column("failed_by_type", sa.JSON(), nullable=True),
        sa.Column("cancelled_by_type", sa.JSON(), nullable=True),
        sa.Column("errors_by_type", sa.JSON(), nullable=True),
        sa.Column("experiment", sa.String(length=20), nullable=True),
        sa.Column("variant", sa.String(length=20), nullable=True),
        sa.Column("days_since_received", sa.Integer(), nullable=True),
        sa.Column("weeks_since_error", sa.Integer(), nullable=True),
        sa.Column("app_version_as", sa.String(length=8), nullable=True),
        sa.Column("previous_version_as", sa.String(length=8), nullable=True),
        sa.Column("is_apart", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint(
            "installation_id", "period_start", name=op.f("uq_submissions_installation_id_period_start")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_submissions_week_installation_id"), "submissions", ["week", "installation_id"])
    op.create_table(
        "pending",
        sa.Column("submission_id", IDENTITY, autoincrement=False, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("put_aside", sa.String(length=50), nullable=True),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_pending")),
    )
    op.create_table(
        "tombstones",
        sa.Column("installation_sha256", sa.String(length=64), nullable=False),
        sa.Column("deleted_day", sa.Date(), nullable=False),
        sa.Column("deleted_count", sa.Integer(), nullable=True),
        sa.Column("receipt_kid", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("installation_sha256", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "purges",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("before_week", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purges")),
        sqlite_autoincrement=True,
    )


def _make_sums() -> None:
    """Make the sums, and what they depend on."""
    op.create_table(
        "rollups",
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scope_value", sa.String(length=80), nullable=False),
        sa.Column("totals", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "week", "scope_value", name=op.f("pk_rollups")),
    )
    op.create_table(
        "lifetime",
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("measure", name=op.f("pk_lifetime")),
    )
    op.create_table(
        "versions",
        sa.Column("version", sa.String(length=50), nullable=False),
        sa.Column("added_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_versions")),
    )
    op.create_table(
        "rebuilds",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_rebuilds")),
    )


def _make_keys() -> None:
    """Make keys of who may call, and of receipts."""
    op.create_table(
        "api_keys",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.Column("revoked_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_keys_sha256")),
    )
    op.create_table(
        "receipt_keys",
        sa.Column("kid", sa.String(length=16), nullable=False),
        sa.Column("private_key", sa.String(length=64), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.Column("retired_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_receipt_keys")),
    )


def _make_mirror() -> None:
    """Make the outbox of the mirror."""
    op.create_table(
        "mirrors",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("since_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mirrors")),
    )
    op.create_table(
        "changes",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in _TABLES:
        op.drop_table(table)
