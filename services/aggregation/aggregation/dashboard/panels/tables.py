"""Tables that several pages have: weeks, and shares of homes by some property."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from aggregation.dashboard.figures import Figures
from aggregation.dashboard.panel import SHARE_COLUMNS, Cell, Column, share_cells
from aggregation.dashboard.shares import Share, share
from aggregation.rollups.values import OTHER
from aggregation.weeks import iso_name

REPORTING = "homes that reported about the week"
SHARING_ERRORS = "homes that share errors and reported about the weeks"
SHARING_USAGE = "homes that share what they print and reported about the weeks"
WEEK_COLUMNS = (Column("week", "week"), Column("state", "reports"))

type Count = Callable[[int], Cell]


class Table(NamedTuple):
    """The columns and rows of a panel."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


def weeks_table(figures: Figures, counts: Mapping[Column, Count]) -> Table:
    """Return what is counted in each week of the view."""
    rows: list[list[Cell]] = [
        [iso_name(week), figures.state(week), *(count(week) for count in counts.values())]
        for week in figures.weeks
    ]
    return Table((*WEEK_COLUMNS, *counts), rows)


def shares_table(column: Column, found: Mapping[str, Share]) -> Table:
    """Return shares by a property."""
    rows: list[list[Cell]] = [[name, one.part, *share_cells(one)] for name, one in found.items()]
    return Table((column, Column("homes", "homes"), *SHARE_COLUMNS), rows)


def shares_of(figures: Figures, measure: str, population: str = "active") -> dict[str, Share]:
    """Return the shares of the homes by the values of a measure, in the week that figures are of."""
    sums = figures.at(figures.week)
    homes = sums(population)
    found = {value: share(count, homes) for value, count in sums.by_value(measure).items()}
    return dict(sorted(found.items(), key=lambda item: (item[0] == OTHER, -item[1].part)))


def weekly_shares(figures: Figures, measure: str, names: Sequence[str], rest: str) -> Table:
    """Return in each week the shares in percent of the homes by named values, and of the rest together."""
    counts: dict[Column, Count] = {
        Column(name, name, "%"): _share_of(figures, measure, (name,)) for name in names
    }
    others = [name for name in figures.values(measure) if name not in names]
    if others:
        counts[Column(rest, rest, "%")] = _share_of(figures, measure, others)
    return weeks_table(figures, counts)


def _share_of(figures: Figures, measure: str, names: Iterable[str]) -> Count:
    """Return what tells the share of some values in a week."""
    chosen = set(names)

    def count(week: int) -> float:
        """Return it."""
        values = figures.at(week).by_value(measure)
        part = sum(homes for name, homes in values.items() if name in chosen)
        return share(part, sum(values.values())).percent

    return count
