"""An index for retention in pieces; reports that cannot be folded are put aside."""

from alembic import op
import sqlalchemy as sa

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the index of both, and the column."""
    op.create_index(op.f("ix_submissions_week_installation_id"), "submissions", ["week", "installation_id"])
    op.drop_index(op.f("ix_submissions_week"), "submissions")
    op.add_column("pending", sa.Column("put_aside", sa.String(length=50), nullable=True))


def downgrade() -> None:
    """Let what was put aside wait as all the others."""
    op.drop_column("pending", "put_aside")
    op.create_index(op.f("ix_submissions_week"), "submissions", ["week"])
    op.drop_index(op.f("ix_submissions_week_installation_id"), "submissions")
