"""What is published: weekly files, the ledger of epsilon, held weeks, errata and milestones."""

from alembic import op
import sqlalchemy as sa

from aggregation.storage.metadata import IDENTITY

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "publications",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("published_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_publications")),
    )
    op.create_table(
        "epsilon",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("table_name", sa.String(length=40), nullable=False),
        sa.Column("epsilon_permille", sa.Integer(), nullable=False),
        sa.Column("fewest", sa.Integer(), nullable=False),
        sa.Column("code_version", sa.String(length=50), nullable=False),
        sa.PrimaryKeyConstraint("week", "table_name", name=op.f("pk_epsilon")),
    )
    op.create_table(
        "held_weeks",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("held_day", sa.Date(), nullable=False),
        sa.Column("released_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_held_weeks")),
    )
    op.create_table(
        "errata",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("week", sa.Integer(), nullable=True),
        sa.Column("noted_day", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errata")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "milestones",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_milestones")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("milestones", "errata", "held_weeks", "epsilon", "publications"):
        op.drop_table(name)
