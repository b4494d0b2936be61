"""Deployments: how it is run, on what, and what differs between them."""

from collections.abc import Mapping, Sequence

from aggregation.analytics.numbers import age_of_version
from aggregation.dashboard.figures import Counts, Figures
from aggregation.dashboard.panel import Cell, Chart, Column, Panel, share_cells
from aggregation.dashboard.panels.errors import error_share
from aggregation.dashboard.panels.printers import success
from aggregation.dashboard.panels.tables import (
    REPORTING,
    TELLING_DEPLOYMENT,
    shares_of,
    shares_table,
    weekly_shares,
)
from aggregation.dashboard.shares import Share, share
from aggregation.rollups.scopes import PAIR, Scope
from aggregation.rollups.values import OTHER

ONE_IN_HUNDRED = 1.0
SHOWN = 20


def modes_over_time(figures: Figures) -> Panel:
    """How it is run in each week."""
    names = figures.values("deployment_mode")
    table = weekly_shares(figures, "deployment_mode", names, "others")
    found = shares_of(figures, "deployment_mode")
    first = next(iter(found), "")
    return Panel(
        key="modes_over_time",
        title="Deployment modes over time",
        question="How is it run?",
        sentence=(
            f"{first} leads with {found[first].text} in {figures.week_name}."
            if first
            else f"No home told its deployment in {figures.week_name}."
        ),
        population=TELLING_DEPLOYMENT,
        columns=table.columns,
        rows=table.rows if names else [],
        chart=Chart.AREA,
        drawn=names,
        by_week=True,
    )


def differences(figures: Figures) -> Panel:
    """What differs between the modes."""
    rows: list[list[Cell]] = []
    for mode, weeks in figures.apart("deployment_mode", figures.recent).items():
        rows.append([mode, *_told(weeks)])
    rows.sort(key=lambda row: (-int(row[1]), str(row[0])))
    return Panel(
        key="differences",
        title="What differs between them",
        question="Do modes differ in prints and errors?",
        sentence=_difference_sentence(rows),
        population="homes that share what is compared, in the four weeks; all homes, whatever the filter",
        columns=(
            Column("mode", "mode"),
            Column("reports", "reports"),
            Column("hours", "hours a week of a home"),
            Column("success", "completed by the middle home", "%"),
            Column("errors", "weeks with an error", "%"),
            Column("errors_low", "at least", "%"),
            Column("errors_high", "at most", "%"),
        ),
        rows=rows,
        links=figures.links("mode", [str(row[0]) for row in rows]),
    )


def python(figures: Figures) -> Panel:
    """Which versions of Python can not be dropped yet."""
    return _floor(figures, "python_version", "python", "Python versions", "Which Python can be dropped?")


def platforms(figures: Figures) -> Panel:
    """On which platforms it runs."""
    return _floor(figures, "platform", "platform", "Platforms", "Which platform can be dropped?")


def home_assistant(figures: Figures) -> Panel:
    """Which versions of Home Assistant cannot be dropped yet."""
    question = "Which Home Assistant can be dropped?"
    return _floor(figures, "ha_version", "home_assistant", "Home Assistant", question)


def set_ups(figures: Figures) -> Panel:
    """Which set-ups are most common, and how often they have errors."""
    rows: list[list[Cell]] = []
    for pair, weeks in figures.apart(Scope.VERSION_MODE, figures.recent).items():
        version, _, mode = pair.partition(PAIR)
        reports = sum(counts("active") for counts in weeks)
        rows.append([version, mode, reports, success(weeks), *share_cells(error_share(weeks))])
    rows.sort(key=lambda row: (-int(row[2]), str(row[0])))
    shown = rows[:SHOWN]
    return Panel(
        key="set_ups",
        title="Most common set-ups",
        question="Which set-up should be tested first?",
        sentence=(
            f"{shown[0][0]} as {shown[0][1]} is the most common set-up, with {int(shown[0][2]):,} reports in"
            f" the four weeks to {figures.week_name}."
            if shown
            else "No home reported in these weeks."
        ),
        population="homes that reported about the weeks and told their deployment, whatever the filter",
        columns=(
            Column("version", "version"),
            Column("mode", "mode"),
            Column("reports", "reports"),
            Column("success", "completed by the middle home", "%"),
            Column("errors", "weeks with an error", "%"),
            Column("errors_low", "at least", "%"),
            Column("errors_high", "at most", "%"),
        ),
        rows=shown,
        hints=(f"The {SHOWN} most common ones, four weeks together.",),
    )


def droppable_sentence(figures: Figures) -> str:
    """Tell the oldest Python and Home Assistant in use, and the rarest platform."""
    told = [
        f"{title} {_oldest(found)} still ran in {found[_oldest(found)].text}"
        for title, measure in (("Python", "python_version"), ("Home Assistant", "ha_version"))
        if (found := _known(figures, measure))
    ]
    rare = shares_of(figures, "platform")
    if rare:
        name = min(rare, key=lambda name: rare[name].part)
        told.append(f"{name} is the rarest platform, with {rare[name].text}")
    return f"In {figures.week_name} {'; '.join(told)}." if told else "No home reported yet."


def _known(figures: Figures, measure: str) -> dict[str, Share]:
    """Return the shares of the versions that are known, of the homes that tell theirs."""
    found = figures.at(figures.week).by_value(measure)
    return {name: share(homes, sum(found.values())) for name, homes in found.items() if name != OTHER}


def _oldest(found: Mapping[str, Share]) -> str:
    """Return the oldest of some versions."""
    return min(found, key=age_of_version)


def _floor(figures: Figures, measure: str, key: str, title: str, question: str) -> Panel:
    """Return what homes run, with what it would cost to drop each."""
    sums = figures.at(figures.week)
    homes = sum(sums.by_value(measure).values())
    found = {value: share(count, homes) for value, count in sums.by_value(measure).items()}
    week = figures.week_name
    seldom = [name for name, one in found.items() if one.high < ONE_IN_HUNDRED]
    table = shares_table(Column(key, key), found)
    return Panel(
        key=key,
        title=title,
        question=question,
        sentence=(
            f"{', '.join(seldom)}: surely fewer than one home in a hundred in {week}."
            if seldom
            else f"Each may still run in one home in a hundred in {week}."
        ),
        population=f"{REPORTING} and told it",
        columns=table.columns,
        rows=table.rows,
        chart=Chart.BARS,
        drawn=["percent"],
    )


def _told(weeks: Sequence[Counts]) -> list[Cell]:
    """Return what homes of a mode told in several weeks."""
    reports, homes = (sum(sums(measure) for sums in weeks) for measure in ("active", "usage_homes"))
    printed = sum(sums("capped_usage", "print_hours") for sums in weeks)
    hours = round(printed / homes, 1) if homes else 0.0
    return [reports, hours, success(weeks), *share_cells(error_share(weeks))]


def _difference_sentence(rows: list[list[Cell]]) -> str:
    """Tell which mode has errors more often than another, where that is sure."""
    if not rows:
        return "No home told of prints and errors in these weeks."
    most = max(rows, key=lambda row: float(row[5]))
    least = min(rows, key=lambda row: float(row[6]))
    if float(most[5]) > float(least[6]):
        return (
            f"Homes that run it as {most[0]} tell of errors in {float(most[4]):.0f} % of their weeks, more"
            f" than those that run it as {least[0]} ({float(least[4]):.0f} %)."
        )
    return "No mode surely has errors more often than another."


PANELS = {
    "modes_over_time": modes_over_time,
    "differences": differences,
    "set_ups": set_ups,
    "python": python,
    "home_assistant": home_assistant,
    "platform": platforms,
}
