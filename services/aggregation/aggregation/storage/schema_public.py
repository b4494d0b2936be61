"""The tables of what is published."""

from sqlalchemy import (
    Column,
    Date,
    Integer,
    String,
    Table,
    Text,
)

from aggregation.storage.metadata import IDENTITY, METADATA

PUBLICATIONS = Table(
    "publications",
    METADATA,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("file", Text, nullable=False),
    Column("published_day", Date, nullable=False),
)
"""The public numbers of a week, as the file that everybody gets: worked out once, never again."""

EPSILON = Table(
    "epsilon",
    METADATA,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("table_name", String(40), primary_key=True),
    Column("epsilon_permille", Integer, nullable=False),
    Column("fewest", Integer, nullable=False),
    Column("code_version", String(50), nullable=False),
)
"""The ledger of what public numbers cost each home of a week, in thousandths."""

HELD_WEEKS = Table(
    "held_weeks",
    METADATA,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("reason", String(200), nullable=False),
    Column("held_day", Date, nullable=False),
    Column("released_day", Date),
)
"""Weeks that are not published before a person has looked at them."""

ERRATA = Table(
    "errata",
    METADATA,
    Column("id", IDENTITY, primary_key=True),
    Column("week", Integer),
    Column("noted_day", Date, nullable=False),
    Column("text", String(400), nullable=False),
    sqlite_autoincrement=True,
)
"""What was found to be wrong with what was published; nothing is taken back silently."""

PUBLIC_MONTHS = Table(
    "public_months",
    METADATA,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("published_day", Date, nullable=False),
)
"""The months whose report is for everybody, by their last week; one that is withdrawn is a row no more."""

MILESTONES = Table(
    "milestones",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("week", Integer, nullable=False),
)
"""What was reached, in the week whose numbers showed it; each once."""
