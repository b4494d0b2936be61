"""Months whose report is for everybody: a person publishes and withdraws it. In the caller's transaction."""

from datetime import date
import re
from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from aggregation.storage.schema_public import PUBLIC_MONTHS, PUBLICATIONS
from aggregation.weeks import monday

MONTH_WEEKS: Final = 4
"""So many weeks, up to the last one that begins in the month: as in the report that is mailed."""
_NAME: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class Month(NamedTuple):
    """A month whose last week was published, so that its report can be."""

    week: int
    """The last one."""
    name: str
    title: str
    published_day: date | None


def months(connection: Connection, *, only_published: bool = True) -> list[Month]:
    """Return the months that are for everybody, or all that can be; the newest first."""
    published: dict[int, date] = {
        row.week: row.published_day for row in connection.execute(select(PUBLIC_MONTHS))
    }
    weeks = connection.scalars(select(PUBLICATIONS.c.week).order_by(PUBLICATIONS.c.week.desc()))
    found = [_month(week, published.get(week)) for week in weeks if _ends_month(week)]
    return [each for each in found if each.published_day or not only_published]


def month_named(connection: Connection, name: str, *, only_published: bool = True) -> Month | None:
    """Return the month of a name such as 2026-10."""
    found = months(connection, only_published=only_published) if _NAME.fullmatch(name) else []
    return next((each for each in found if each.name == name), None)


def publish_month(connection: Connection, month: Month, today: date) -> None:
    """Have everybody see the report of a month; one that is published already stays as it is."""
    if month.published_day is None:
        connection.execute(insert(PUBLIC_MONTHS), {"week": month.week, "published_day": today})


def withdraw_month(connection: Connection, month: Month) -> None:
    """Have nobody see the report of a month any more."""
    connection.execute(delete(PUBLIC_MONTHS).where(PUBLIC_MONTHS.c.week == month.week))


def _month(week: int, published_day: date | None) -> Month:
    """Return the month that ends with a week."""
    begin = monday(week)
    return Month(week, f"{begin:%Y-%m}", f"{begin:%B %Y}", published_day)


def _ends_month(week: int) -> bool:
    """Tell whether a week is the last that begins in its month."""
    return monday(week).month != monday(week + 1).month
