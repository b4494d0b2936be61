"""Mails: who gets them, what they say, their outbox, what was decided; and what was found in each week."""

from alembic import op
import sqlalchemy as sa

from aggregation.storage.metadata import IDENTITY

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "findings",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_findings")),
    )
    op.create_table(
        "recipients",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("weekly", sa.Boolean(), nullable=False),
        sa.Column("monthly", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("confirm_sha256", sa.String(length=64), nullable=True),
        sa.Column("confirmed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipients")),
        sa.UniqueConstraint("address", name=op.f("uq_recipients_address")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "leave_tokens",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_leave_tokens")),
    )
    op.create_index(op.f("ix_leave_tokens_recipient_id"), "leave_tokens", ["recipient_id"])
    op.create_table(
        "mails",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "week", name=op.f("pk_mails")),
    )
    op.create_table(
        "mail_deliveries",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_deliveries")),
        sa.UniqueConstraint(
            "kind", "week", "recipient_id", name=op.f("uq_mail_deliveries_kind_week_recipient_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "decisions",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("decided_day", sa.Date(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("week", "language", name=op.f("pk_decisions")),
    )


def downgrade() -> None:
    """Forget them."""
    for name in ("decisions", "mail_deliveries", "mails", "leave_tokens", "recipients", "findings"):
        op.drop_table(name)
