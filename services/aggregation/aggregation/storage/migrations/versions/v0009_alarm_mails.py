"""Who gets alarms by mail, and when something was put into their outbox; reports of months for everybody."""

from alembic import op
import sqlalchemy as sa

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add them; nobody who confirmed before has chosen alarms."""
    op.add_column("recipients", sa.Column("alarms", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("deliveries", sa.Column("made", sa.BigInteger(), nullable=True))
    op.execute("UPDATE deliveries SET made = sent")
    op.create_table(
        "public_months",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_public_months")),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("public_months")
    op.drop_column("deliveries", "made")
    op.drop_column("recipients", "alarms", mssql_drop_default=True)
