"""The outbox of the mirror."""

from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"

_IDENTITY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "mirrors",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("since_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mirrors")),
    )
    op.create_table(
        "changes",
        sa.Column("id", _IDENTITY, nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("changes")
    op.drop_table("mirrors")
