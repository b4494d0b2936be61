"""The tables of what is watched, and of alarms."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from aggregation.storage.metadata import IDENTITY, METADATA

OBSERVATIONS = Table(
    "observations",
    METADATA,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("numbers", Text, nullable=False),
)
"""What was known of a week when it had settled, as JSON: what is watched is judged by these."""

WORKS = Table(
    "works",
    METADATA,
    Column("kind", String(40), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("made", BigInteger, nullable=False),
)
"""What was worked out, each kind once for a week (or a day): noted in the transaction that does it."""

FINDINGS = Table(
    "findings",
    METADATA,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("findings", Text, nullable=False),
)
"""What was said of everything that is watched when a week was judged, as JSON."""

ALARMS = Table(
    "alarms",
    METADATA,
    Column("id", IDENTITY, primary_key=True),
    Column("cause", String(120), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("times", Integer, nullable=False),
    Column("opened_week", Integer, nullable=False),
    Column("last_week", Integer, nullable=False),
    Column("ended_week", Integer),
    Column("snoozed_until", Integer),
    Column("affected", Float, nullable=False),
    Column("chance", Float, nullable=False),
    sqlite_autoincrement=True,
)
"""One row for each cause; one that comes back is opened again (`times`)."""

ALARM_WEEKS = Table(
    "alarm_weeks",
    METADATA,
    Column("alarm_id", BigInteger, primary_key=True, autoincrement=False),
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("is_strong", Boolean, nullable=False),
    Column("evidence", Text, nullable=False),
)
"""The weeks in which an alarm was found, with all that it takes to judge them again."""

ALARM_NOTES = Table(
    "alarm_notes",
    METADATA,
    Column("id", IDENTITY, primary_key=True),
    Column("alarm_id", BigInteger, nullable=False, index=True),
    Column("made", BigInteger, nullable=False),
    Column("note", String(2000), nullable=False),
    sqlite_autoincrement=True,
)

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", IDENTITY, primary_key=True),
    Column("alarm_id", BigInteger, nullable=False),
    Column("week", Integer, nullable=False),
    Column("event", String(12), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", BigInteger),
    Column("sent", BigInteger),
    Column("made", BigInteger),
    UniqueConstraint("alarm_id", "week", "event", "channel"),
    sqlite_autoincrement=True,
)
"""The outbox of alarms; `due` is NULL for one that was sent or given up."""

WATCH_LEVELS = Table(
    "watch_levels",
    METADATA,
    Column("watched", String(20), primary_key=True),
    Column("level", Float, nullable=False),
)
"""How often what is watched may alarm by chance in a week, where that is not as built in; 0 is off."""
