"""The tables of mails."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from aggregation.storage.metadata import IDENTITY, METADATA

RECIPIENTS = Table(
    "recipients",
    METADATA,
    Column("id", IDENTITY, primary_key=True),
    Column("address", String(254), nullable=False, unique=True),
    Column("language", String(2), nullable=False),
    Column("weekly", Boolean, nullable=False),
    Column("monthly", Boolean, nullable=False),
    Column("alarms", Boolean, nullable=False, server_default=false()),
    Column("asked", BigInteger, nullable=False),
    Column("confirm_sha256", String(64)),
    Column("confirmed", BigInteger),
    sqlite_autoincrement=True,
)
"""Who gets mails, once they have confirmed it; instants are Unix seconds. Who leaves is a row no more."""

LEAVE_TOKENS = Table(
    "leave_tokens",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("recipient_id", BigInteger, nullable=False, index=True),
)
"""The hashes of what the mails hold to leave by: each mail has a token of its own."""

MAILS = Table(
    "mails",
    METADATA,
    Column("kind", String(10), primary_key=True),
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("made", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
)
"""What each mail says, as JSON: worked out once, the same for everybody."""

MAIL_DELIVERIES = Table(
    "mail_deliveries",
    METADATA,
    Column("id", IDENTITY, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("week", Integer, nullable=False),
    Column("recipient_id", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", BigInteger),
    Column("sent", BigInteger),
    UniqueConstraint("kind", "week", "recipient_id"),
    sqlite_autoincrement=True,
)
"""The outbox of mails; `due` is NULL for one that was sent or given up."""
