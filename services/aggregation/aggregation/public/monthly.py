"""Report of a month for everybody: what its weekly files say together, and nothing that they do not say.

All of it was published before, week by week and with its noise, so that a report costs nobody any privacy.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from aggregation.dashboard.panel import UNKNOWN, Chart, Column, Panel
from aggregation.public.archive import Decided, decided
from aggregation.public.file import numbers_of
from aggregation.public.months import MONTH_WEEKS, Month
from aggregation.public.noise import HOMES_SCALE, PRINTS_SCALE
from aggregation.public.numbers import Document
from aggregation.public.pages import panels
from aggregation.storage.schema_public import PUBLICATIONS
from aggregation.weeks import iso_name

BARS: Final = 13
"""Weeks of the chart, the month and what came before it."""
_FEW_HOMES: Final = "fewer than ten"
_FEW_PRINTS: Final = "not published"


class MonthlyReport(NamedTuple):
    """What the page of a month shows."""

    month: Month
    first: str
    last: str
    summary: str
    panels: list[Panel]
    files: list[str]
    """The weeks of the month that were published: all of their figures are in these files."""
    missing: list[str]
    decided: list[Decided]


def monthly_report(connection: Connection, month: Month) -> MonthlyReport:
    """Return the report of a month whose last week was published."""
    weeks = range(month.week - MONTH_WEEKS + 1, month.week + 1)
    numbers = _numbers(connection, month.week - BARS + 1, month.week)
    last = iso_name(month.week)
    return MonthlyReport(
        month=month,
        first=iso_name(weeks[0]),
        last=last,
        summary=_summary(month, numbers),
        panels=[_weekly(numbers, month.week), *panels(numbers[month.week])],
        files=[iso_name(week) for week in weeks if week in numbers],
        missing=[iso_name(week) for week in weeks if week not in numbers],
        decided=[each for each in decided(connection) if each.week == last],
    )


def _numbers(connection: Connection, first: int, last: int) -> dict[int, Document]:
    """Return what was published of weeks."""
    here = select(PUBLICATIONS.c.week, PUBLICATIONS.c.file).where(PUBLICATIONS.c.week.between(first, last))
    return {row.week: numbers_of(row.file) for row in connection.execute(here)}


def _prints(numbers: Mapping[int, Document], last: int) -> int:
    """Return the prints of the four weeks up to one; 0 unless they were published of each."""
    weeks = [numbers.get(week) for week in range(last - MONTH_WEEKS + 1, last + 1)]
    prints = [week["prints"] if week else 0 for week in weeks]
    return sum(prints) if all(prints) else 0


def _summary(month: Month, numbers: Mapping[int, Document]) -> str:
    """Return the first sentences."""
    now, before = numbers[month.week], numbers.get(month.week - MONTH_WEEKS)
    text = f"At the end of {month.title}, {_homes(now)} homes shared a report in a week"
    text += f", {_homes(before)} four weeks earlier." if before else "."
    prints, earlier = _prints(numbers, month.week), _prints(numbers, month.week - MONTH_WEEKS)
    if prints:
        text += f" In these four weeks they made about {prints:,} prints"
        text += f", about {earlier:,} in the four before." if earlier else "."
    return text


def _homes(numbers: Document) -> str:
    """Return the number of homes of a week in words."""
    return f"about {numbers['homes']:,}" if numbers["homes"] else _FEW_HOMES


def _weekly(numbers: Mapping[int, Document], last: int) -> Panel:
    """Return the panel of what was published week by week."""
    rows = [(iso_name(week), *_cells(numbers.get(week))) for week in range(min(numbers), last + 1)]
    most = max(numbers, key=lambda week: (numbers[week]["homes"], week))
    return Panel(
        key="weekly",
        title="Week by week",
        question="How many homes shared a report, and how much did they print?",
        sentence=f"Most homes shared one in {iso_name(most)}: {_homes(numbers[most])}.",
        population="all homes that shared a report of the week",
        columns=(Column("week", "week"), Column("homes", "homes"), Column("prints", "prints")),
        rows=rows,
        chart=Chart.LINE,
        drawn=("homes",),
        hints=(f"Noise moves homes by about {HOMES_SCALE:.0f}, prints by about {PRINTS_SCALE:.0f} a week.",),
    )


def _cells(numbers: Document | None) -> tuple[str | int, str | int]:
    """Return the homes and prints of a week as they were published."""
    if numbers is None:
        return UNKNOWN, UNKNOWN
    return numbers["homes"] or _FEW_HOMES, numbers["prints"] or _FEW_PRINTS
