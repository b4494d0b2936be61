"""Panel: a question, the sentence that answers it, a table, and a chart of the very same table."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aggregation.dashboard.shares import Share

type Cell = str | int | float

UNKNOWN = "unknown"
"""What stands where there can be no figure yet; nothing is ever empty."""


class Chart(StrEnum):
    """How a table is drawn; the first column names, the others count."""

    LINE = "line"
    AREA = "area"
    """Shares on top of each other."""
    BARS = "bars"
    """The length of each row's first number."""
    COLUMNS = "columns"
    """Weeks on top of each other; what is below zero goes down."""
    DONUT = "donut"
    SANKEY = "sankey"
    """From the first column to the second."""
    MAP = "map"


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in a column; `name` is that of the export."""

    name: str
    title: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One question and its answer.

    `population` says whose figures these are. `drawn` names the columns of the chart.
    """

    key: str
    title: str
    question: str
    sentence: str
    population: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    chart: Chart | None = None
    drawn: Sequence[str] = ()
    by_week: bool = False
    links: Sequence[str] = ()
    """The address behind each row, where there is one."""
    read_on: str = ""
    """The page that tells more."""
    code: str = ""
    """Text to be copied."""
    hints: Sequence[str] = ()

    def records(self) -> list[dict[str, Cell]]:
        """Return the rows by the names of their columns."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def drawing(self, marks: Sequence[dict[str, str]]) -> dict[str, Any]:
        """Return what the script draws; marks stand on time lines."""
        names = [column.name for column in self.columns]
        return {
            "chart": self.chart,
            "columns": [{"title": column.title, "unit": column.unit} for column in self.columns],
            "rows": self.rows,
            "drawn": [names.index(name) for name in self.drawn],
            "marks": list(marks) if self.by_week else [],
            "state": names.index("state") if "state" in names else -1,
        }


PERCENT = "%"
SHARE_COLUMNS = (
    Column("percent", "share", PERCENT),
    Column("low", "at least", PERCENT),
    Column("high", "at most", PERCENT),
)


def share_cells(share: Share) -> tuple[float, float, float]:
    """Return the cells of `SHARE_COLUMNS`."""
    return share.percent, share.low, share.high
