"""Archive of what was published: files by week, the ledger of epsilon, errata, held weeks, milestones."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from aggregation.mails.decisions import decisions
from aggregation.storage.schema_public import EPSILON, ERRATA, HELD_WEEKS, MILESTONES, PUBLICATIONS
from aggregation.weeks import iso_name


class Publication(NamedTuple):
    """A file that was published, and its address: the SHA-256 of its content."""

    week: int
    sha256: str
    file: str
    published_day: date


class Decided(NamedTuple):
    """What was decided from the data of the month that ends with an ISO week; in a language."""

    week: str
    language: str
    decided_day: date
    paragraphs: list[str]


class Erratum(NamedTuple):
    """What was found to be wrong; about an ISO week, or about all."""

    week: str | None
    noted_day: date
    text: str


def publication(connection: Connection, week: int | None = None) -> Publication | None:
    """Return what was published of a week, else what was published last; None where nothing was."""
    statement = select(PUBLICATIONS).order_by(PUBLICATIONS.c.week.desc()).limit(1)
    if week is not None:
        statement = statement.where(PUBLICATIONS.c.week == week)
    row = connection.execute(statement).first()
    return Publication(*row) if row is not None else None


def index(connection: Connection) -> list[dict[str, Any]]:
    """Return all that was published, the newest first."""
    columns = (PUBLICATIONS.c.week, PUBLICATIONS.c.sha256, PUBLICATIONS.c.published_day)
    rows = connection.execute(select(*columns).order_by(PUBLICATIONS.c.week.desc()))
    return [
        {"week": iso_name(row.week), "sha256": row.sha256, "published": row.published_day.isoformat()}
        for row in rows
    ]


def ledger(connection: Connection) -> list[list[str]]:
    """Return the lines of the ledger of epsilon, oldest first, with their heads."""
    head = ["week", "table", "unit", "epsilon", "fewest_homes", "code_version"]
    rows = connection.execute(select(EPSILON).order_by(EPSILON.c.week, EPSILON.c.table_name))
    lines = [
        [
            iso_name(row.week),
            row.table_name,
            "one home in one week",
            f"{row.epsilon_permille / 1000:.3f}",
            str(row.fewest),
            row.code_version,
        ]
        for row in rows
    ]
    return [head, *lines]


def errata(connection: Connection) -> list[Erratum]:
    """Return what was found to be wrong, the newest first."""
    rows = connection.execute(select(ERRATA).order_by(ERRATA.c.id.desc()))
    return [Erratum(row.week and iso_name(row.week), row.noted_day, row.text) for row in rows]


def add_erratum(connection: Connection, week: int | None, text: str, today: date) -> None:
    """Note what is wrong."""
    connection.execute(ERRATA.insert().values(week=week, noted_day=today, text=text))


def decided(connection: Connection) -> list[Decided]:
    """Return what was decided from the data, as far as it is for everybody, the newest month first."""
    return [
        Decided(iso_name(each.week), each.language, each.decided_day, _paragraphs(each.text))
        for each in decisions(connection)
    ]


def held(connection: Connection) -> dict[str, str]:
    """Return the weeks that wait for a person, with the reasons."""
    rows = connection.execute(select(HELD_WEEKS).where(HELD_WEEKS.c.released_day.is_(None)))
    return {iso_name(row.week): row.reason for row in rows}


def _paragraphs(text: str) -> list[str]:
    return [found for part in text.splitlines() if (found := part.strip())]


def milestones(connection: Connection) -> list[tuple[str, int, str]]:
    """Return (what, how many, ISO week) of the milestones, the newest first."""
    rows = connection.execute(select(MILESTONES).order_by(MILESTONES.c.week.desc(), MILESTONES.c.name))
    parts = ((*row.name.partition(":"), row.week) for row in rows)
    return [(kind, int(number), iso_name(week)) for kind, _, number, week in parts]
