"""Which Printernizer a report tells of, how it runs, how its version is counted; what a report tells anew."""

from alembic import op
import sqlalchemy as sa

revision = "0008"
down_revision = "0007"

_COLUMNS = {"printernizer_version": 50, "printernizer_mode": 50, "printernizer_as": 8}


def upgrade() -> None:
    """Add the columns."""
    for name, length in _COLUMNS.items():
        op.add_column("submissions", sa.Column(name, sa.String(length=length), nullable=True))
    op.add_column("submissions", sa.Column("told_from", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    for name in (*_COLUMNS, "told_from"):
        op.drop_column("submissions", name)
