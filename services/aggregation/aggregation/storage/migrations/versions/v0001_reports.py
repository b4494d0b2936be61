"""Reports, the outbox, rollups, tombstones and the audit of purges."""

from alembic import op
import sqlalchemy as sa

revision = "0001"
down_revision = None

_IDENTITY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "submissions",
        sa.Column("id", _IDENTITY, nullable=False),
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
        sa.Column("days_since_received", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint(
            "installation_id", "period_start", name=op.f("uq_submissions_installation_id_period_start")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_submissions_week"), "submissions", ["week"])
    op.create_table(
        "pending",
        sa.Column("submission_id", _IDENTITY, autoincrement=False, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_pending")),
    )
    op.create_table(
        "rollups",
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scope_value", sa.String(length=50), nullable=False),
        sa.Column("totals", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "week", "scope_value", name=op.f("pk_rollups")),
    )
    op.create_table(
        "tombstones",
        sa.Column("installation_sha256", sa.String(length=64), nullable=False),
        sa.Column("deleted_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("installation_sha256", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "purges",
        sa.Column("id", _IDENTITY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("before_week", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purges")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("purges")
    op.drop_table("tombstones")
    op.drop_table("rollups")
    op.drop_table("pending")
    op.drop_table("submissions")
