"""API keys and the keys that sign receipts."""

from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "api_keys",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.Column("revoked_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_keys_sha256")),
    )
    op.create_table(
        "receipt_keys",
        sa.Column("kid", sa.String(length=16), nullable=False),
        sa.Column("private_key", sa.String(length=64), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.Column("retired_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_receipt_keys")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("receipt_keys")
    op.drop_table("api_keys")
