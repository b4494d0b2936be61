"""What a deletion removed, beside its tombstone: one that is repeated has the same receipt."""

from alembic import op
import sqlalchemy as sa

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the columns; of earlier deletions it is not known."""
    op.add_column("tombstones", sa.Column("deleted_count", sa.Integer(), nullable=True))
    op.add_column("tombstones", sa.Column("receipt_kid", sa.String(length=16), nullable=True))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("tombstones", "receipt_kid")
    op.drop_column("tombstones", "deleted_count")
