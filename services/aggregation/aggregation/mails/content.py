"""Content: what a mail says, worked out once and kept, the same numbers for everybody.

Each number is a cell of a panel of the dashboard and is read from that panel, so that mail and page cannot
differ; it knows the page, the row and the column.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from aggregation.alerts.findings import Finding, findings, foremost
from aggregation.analytics.completeness import SETTLED_WEEKS
from aggregation.dashboard.figures import Figures
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.panel import Panel
from aggregation.dashboard.panels import errors, four_weeks, homes, printers
from aggregation.dashboard.view import View
from aggregation.mails.decisions import decided
from aggregation.storage.schema_alarms import FINDINGS
from aggregation.weeks import iso_name, monday, week_of_day

CHART_WEEKS: Final = 13
FOUR_WEEKS: Final = 4


class Kind(StrEnum):
    """How long a mail looks back."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"

    @property
    def weeks(self) -> int:
        """Return the number of weeks."""
        return 1 if self is Kind.WEEKLY else FOUR_WEEKS


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """A cell of the dashboard, and that of the period before."""

    name: str
    value: float
    before: float
    unit: str
    page: str
    panel: str
    row: str
    column: str

    @property
    def path(self) -> str:
        """Return where it stands."""
        return f"{PREFIX}/{self.page}#{self.panel}"


class Bar(msgspec.Struct, frozen=True):
    """How many homes reported about a week."""

    week: str
    homes: int


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """All that a mail says, in no language."""

    kind: Kind
    week: int
    """The last one."""
    made: int
    numbers: tuple[Number, ...]
    moves: tuple[Finding, ...]
    """What moved most."""
    looked_at: int
    """So many series were judged."""
    bars: tuple[Bar, ...]
    decided: dict[str, str] = {}

    @property
    def first(self) -> int:
        """Return the first week."""
        return self.week - self.kind.weeks + 1

    @property
    def homes(self) -> Number:
        """Return how many homes there are."""
        return self.numbers[0]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing at all to say: no home reported, and none did before."""
        return not self.homes.value and not self.homes.before

    @property
    def is_quiet(self) -> bool:
        """Tell whether one line says all: nothing went beyond what is usual, and nothing was decided."""
        return not any(move.is_alarm for move in self.moves) and not self.decided

    @property
    def has_history(self) -> bool:
        """Tell whether there was anything to compare with."""
        return any(move.chance < 1 for move in self.moves)


_WEEKLY: Final = (
    ("homes", "homes", homes.active, "active"),
    ("new", "homes", homes.active, "new"),
    ("prints", "printers", printers.prints, "prints"),
    ("success", "printers", printers.prints, "middle_success"),
    ("errors", "errors", errors.over_time, "any"),
)
_MONTHLY: Final = tuple(
    (name, "homes", four_weeks.four_weeks, column)
    for name, column in (
        ("homes", "active"),
        ("new", "new"),
        ("prints", "prints"),
        ("success", "middle_success"),
        ("errors", "with_error"),
    )
)


def newest_judged(connection: Connection, now: datetime) -> int:
    """Return the newest week that was judged; where none was, the last that may be."""
    settled = week_of_day(now.date()) - SETTLED_WEEKS
    newest = connection.scalar(select(func.max(FINDINGS.c.week)).where(FINDINGS.c.week <= settled))
    return settled if newest is None else newest


def make_content(connection: Connection, kind: Kind, week: int, now: datetime) -> Content:
    """Return what there is to say of the weeks up to one."""
    figures = Figures(connection, monday(week + SETTLED_WEEKS), View())
    found = findings(connection, week - kind.weeks + 1, week)
    return Content(
        kind=kind,
        week=week,
        made=int(now.timestamp()),
        numbers=_numbers(figures, kind, week),
        moves=tuple(foremost(each for week_ in found.values() for each in week_)),
        looked_at=max((len(week_) for week_ in found.values()), default=0),
        bars=tuple(
            Bar(iso_name(at), figures.at(at)("active")) for at in range(week - CHART_WEEKS + 1, week + 1)
        ),
        decided=dict(decided(connection, week)) if kind is Kind.MONTHLY else {},
    )


def _numbers(figures: Figures, kind: Kind, week: int) -> tuple[Number, ...]:
    """Return the five numbers with where they stand."""
    panels: dict[object, Panel] = {}
    found = []
    for name, page, make, column in _WEEKLY if kind is Kind.WEEKLY else _MONTHLY:
        panel = panels.setdefault(make, make(figures))
        rows = {str(row["week"]): row for row in panel.records()}
        now, before = (float(rows[iso_name(at)][column]) for at in (week, week - kind.weeks))
        found.append(
            Number(
                name=name,
                value=now,
                before=before,
                unit=next(one.unit for one in panel.columns if one.name == column),
                page=page,
                panel=panel.key,
                row=iso_name(week),
                column=column,
            )
        )
    return tuple(found)
