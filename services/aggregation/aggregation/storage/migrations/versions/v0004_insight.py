"""What is worked out: observations, alarms with their evidence and notes, and the outbox of alarms."""

from alembic import op
import sqlalchemy as sa

from aggregation.storage.metadata import IDENTITY

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "observations",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_observations")),
    )
    op.create_table(
        "works",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "number", name=op.f("pk_works")),
    )
    op.create_table(
        "alarms",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("cause", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("opened_week", sa.Integer(), nullable=False),
        sa.Column("last_week", sa.Integer(), nullable=False),
        sa.Column("ended_week", sa.Integer(), nullable=True),
        sa.Column("snoozed_until", sa.Integer(), nullable=True),
        sa.Column("affected", sa.Float(), nullable=False),
        sa.Column("chance", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
        sa.UniqueConstraint("cause", name=op.f("uq_alarms_cause")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alarm_weeks",
        sa.Column("alarm_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_strong", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", "week", name=op.f("pk_alarm_weeks")),
    )
    op.create_table(
        "alarm_notes",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("alarm_id", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_notes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alarm_notes_alarm_id"), "alarm_notes", ["alarm_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("alarm_id", sa.BigInteger(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=12), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "alarm_id", "week", "event", "channel", name=op.f("uq_deliveries_alarm_id_week_event_channel")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "watch_levels",
        sa.Column("watched", sa.String(length=20), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("watched", name=op.f("pk_watch_levels")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "watch_levels",
        "deliveries",
        "alarm_notes",
        "alarm_weeks",
        "alarms",
        "works",
        "observations",
    ):
        op.drop_table(name)
