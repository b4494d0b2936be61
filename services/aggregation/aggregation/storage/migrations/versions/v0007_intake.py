"""What became of what was sent, by the week in which it came."""

from alembic import op
import sqlalchemy as sa

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "intake",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("week", "what", name=op.f("pk_intake")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("intake")
