"""The state of the sums of each week, by which who has read them knows that they are the same."""

from secrets import randbits

from alembic import op
import sqlalchemy as sa

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table; the sums that there are have a state that none had before."""
    op.create_table(
        "week_states",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_week_states")),
    )
    op.execute(
        sa.text("INSERT INTO week_states (week, state) SELECT DISTINCT week, :state FROM rollups").bindparams(
            sa.bindparam("state", randbits(62), sa.BigInteger())
        )
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("week_states")
