"""Tables that several pages have: weeks, and shares of homes by some property."""

from collections.abc import Callable, Mapping, Sequence
import re
from typing import NamedTuple

from aggregation.dashboard.figures import Figures
from aggregation.dashboard.panel import SHARE_COLUMNS, Cell, Chart, Column, Panel, share_cells
from aggregation.dashboard.shares import Share, percent, share
from aggregation.dictionary import DICTIONARY
from aggregation.rollups.measures import MEASURES, Measure
from aggregation.rollups.values import OTHER
from aggregation.weeks import iso_name

REPORTING = "homes that reported about the week"
TELLING_DEPLOYMENT = "homes that reported about the week and told their deployment"
BESIDE = "homes whose turn it was in the week to tell of the Printernizer that they connected"
SHARING_ERRORS = "homes that share errors and reported about the weeks"
SHARING_USAGE = "homes that share what they print and reported about the weeks"
_UNITS = {"w": "weeks", "m": "months", "y": "years"}
_AGE = re.compile(r"(\d+)(?:-(\d+))?([wmy])\+?")


def _in_words(bucket: str) -> str:
    """Return a bucket of ages as it is read."""
    found = _AGE.fullmatch(bucket)
    if found is None:
        return bucket
    first, last, unit = found[1], found[2], _UNITS[found[3]]
    return f"{first} to {last} {unit}" if last else f"{first} {unit} or more"


def _age_order(bucket: str) -> tuple[int, int]:
    """Return what sorts buckets of ages."""
    found = _AGE.fullmatch(bucket)
    return (list(_UNITS).index(found[3]), int(found[1])) if found else (len(_UNITS), 0)


AGES = {bucket: _in_words(bucket) for bucket in sorted(DICTIONARY.enums["age_bucket"], key=_age_order)}
"""The buckets of ages with their words, the youngest first."""
HALF_A_YEAR = [bucket for bucket in AGES if _age_order(bucket) >= (list(_UNITS).index("m"), 6)]
"""Those of half a year or more."""
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
    """Return the shares of the homes by the values of a measure, in the week that figures are of.

    Where a measure is of the homes that tell it, these are all.
    """
    sums = figures.at(figures.week)
    is_told = measure in MEASURES[measure].declared.of
    homes = sum(sums.by_value(measure).values()) if is_told else sums(population)
    found = {value: share(count, homes) for value, count in sums.by_value(measure).items()}
    return dict(sorted(found.items(), key=lambda item: (item[0] == OTHER, -item[1].part)))


def donut(
    figures: Figures, measure: str, of: Column, *, question: str, key: str, title: str, said: str
) -> Panel:
    """Return how the homes of the week divide; `said` takes the week, the first value and its share."""
    found = shares_of(figures, measure)
    table = shares_table(of, found)
    first, week = next(iter(found), ""), figures.week_name
    return Panel(
        key=key,
        title=title,
        question=question,
        sentence=(
            said.format(week=week, first=first, share=found[first].text)
            if first
            else f"No home reported about {week}."
        ),
        population=TELLING_DEPLOYMENT if measure == Measure.DEPLOYMENT_MODE else REPORTING,
        columns=table.columns,
        rows=table.rows,
        chart=Chart.DONUT,
        drawn=["homes"],
        links=figures.links(of.name, found),
    )


def weekly_shares(figures: Figures, measure: str, names: Sequence[str], rest: str) -> Table:
    """Return in each week the shares in percent of the homes by named values, and of the rest together."""
    columns = [Column(name, name, "%") for name in names]
    others = [name for name in figures.values(measure) if name not in names]
    if others:
        columns.append(Column(rest, rest, "%"))
    rows: list[list[Cell]] = []
    for week in figures.weeks:
        values = figures.at(week).by_value(measure)
        total = sum(values.values())
        parts = [values.get(name, 0) for name in names]
        if others:
            parts.append(total - sum(parts))
        rows.append([iso_name(week), figures.state(week), *(percent(part, total) for part in parts)])
    return Table((*WEEK_COLUMNS, *columns), rows)
