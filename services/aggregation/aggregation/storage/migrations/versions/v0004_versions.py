"""Known versions, how a report is counted, and how often sums were rebuilt."""

from alembic import op
import sqlalchemy as sa

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables and columns; no report counts differently until sums are rebuilt."""
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
    op.add_column("submissions", sa.Column("app_version_as", sa.String(length=8), nullable=True))
    op.add_column("submissions", sa.Column("previous_version_as", sa.String(length=8), nullable=True))
    op.add_column("submissions", sa.Column("is_apart", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("submissions", "is_apart")
    op.drop_column("submissions", "previous_version_as")
    op.drop_column("submissions", "app_version_as")
    op.drop_table("rebuilds")
    op.drop_table("versions")
