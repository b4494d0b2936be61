"""Homes: how many there are, whether they become more, and how long they stay."""

from functools import partial

from aggregation.dashboard.figures import Figures
from aggregation.dashboard.panel import UNKNOWN, Cell, Chart, Column, Panel
from aggregation.dashboard.panels.tables import (
    AGES,
    BESIDE,
    HALF_A_YEAR,
    REPORTING,
    Count,
    donut,
    shares_of,
    shares_table,
    weeks_table,
)
from aggregation.dashboard.shares import share
from aggregation.weeks import iso_name

OVER_WEEKS = (4, 13)
SPANS_OF_DAYS = (7, 30)


def active(figures: Figures) -> Panel:
    """How many homes reported in each week, and in several."""
    counts: dict[Column, Count] = {
        Column("active", "homes"): lambda week: figures.at(week)("active"),
        Column("new", "new homes"): lambda week: figures.at(week)("first_report"),
    }
    if is_stable(figures):
        for weeks in OVER_WEEKS:
            title = Column(f"active_{weeks}w", f"homes in {weeks} weeks")
            counts[title] = partial(figures.active_over, weeks=weeks)
    table = weeks_table(figures, counts)
    return Panel(
        key="active",
        title="Homes over time",
        question="Is it growing?",
        sentence=growth_sentence(figures),
        population=REPORTING,
        columns=table.columns,
        rows=table.rows,
        chart=Chart.LINE,
        drawn=[column.name for column in counts],
        by_week=True,
    )


def flow(figures: Figures) -> Panel:
    """How many homes came, came back and stayed away."""

    def gone(week: int) -> int:
        """Return the homes of the week before that did not report, as what went down."""
        stayed = figures.at(week).by_value("gap").get("1", 0)
        return min(0, stayed - figures.at(week - 1)("active"))

    def gone_if_known(week: int) -> Cell:
        """Return them once the reports have come in."""
        return gone(week) if figures.state(week) == "complete" else UNKNOWN

    def returned(week: int) -> int:
        """Return the homes that reported again after a gap."""
        gaps = figures.at(week).by_value("gap")
        return sum(homes for gap, homes in gaps.items() if gap not in {"none", "1"})

    counts: dict[Column, Count] = {
        Column("new", "new"): lambda week: figures.at(week)("first_report"),
        Column("returned", "came back"): returned,
        Column("gone", "did not report again"): gone_if_known,
    }
    table = weeks_table(figures, counts)
    week = figures.week
    return Panel(
        key="flow",
        title="New, back, gone",
        question="Do homes stay?",
        sentence=(
            f"In {iso_name(week)} {figures.at(week)('first_report'):,} homes were new, {returned(week):,}"
            f" came back after a gap, and {-gone(week):,} of the week before did not report again."
        ),
        population=f"{REPORTING}, and those of the week before",
        columns=table.columns,
        rows=table.rows,
        chart=Chart.COLUMNS,
        drawn=[column.name for column in counts],
        by_week=True,
        hints=("A home that did not report may be away for a week; it comes back as “came back”.",),
    )


def by_days(figures: Figures) -> Panel:
    """How many homes sent a report lately, by the day on which it came."""
    now = {days: figures.seen(days) for days in SPANS_OF_DAYS}
    before = {days: figures.seen(days, ago=days) for days in SPANS_OF_DAYS}
    week, month = SPANS_OF_DAYS
    return Panel(
        key="by_days",
        title="Active by days",
        question="How many are active today?",
        sentence=f"{now[week]:,} homes sent a report in the last {week} days, {now[month]:,} in {month}.",
        population="homes that sent a report, all of them, whatever the filter",
        columns=(
            Column("days", "days"),
            Column("homes", "homes"),
            Column("before", "in as many days before"),
        ),
        rows=[[days, now[days], before[days]] for days in SPANS_OF_DAYS],
        hints=(
            "By the day on which a report came, not the week that it is about.",
            "Homes with protocol 2.0 tell only whole weeks since the report before: some count twice.",
        ),
    )


def survival(figures: Figures) -> Panel:
    """How old the homes are."""
    sums = figures.at(figures.week)
    ages = sums.by_value("age")
    shares = {name: share(ages.get(age, 0), sums("active")) for age, name in AGES.items()}
    table = shares_table(Column("age", "age"), shares)
    old = share(sum(ages.get(age, 0) for age in HALF_A_YEAR), sums("active"))
    return Panel(
        key="ages",
        title="Age of the homes",
        question="How long do homes stay?",
        sentence=f"In {figures.week_name} {old.text} had been there for half a year or more.",
        population=REPORTING,
        columns=table.columns,
        rows=table.rows,
        chart=Chart.BARS,
        drawn=["homes"],
        hints=(
            "A life table of those who are here: weeks cannot be linked, so no home is followed over time.",
        ),
    )


def modes(figures: Figures) -> Panel:
    """How the homes run it."""
    return donut(
        figures,
        "deployment_mode",
        Column("mode", "mode"),
        key="modes",
        title="Deployment modes",
        question="How is it run?",
        said="In {week} {share} ran it as {first}.",
    )


def is_stable(figures: Figures) -> bool:
    """Tell whether homes keep the property of the filter, so that they can be counted over weeks."""
    return figures.view.kind in {"", "country", "protocol"}


def growth_sentence(figures: Figures) -> str:
    """Tell how many homes there are, and how many there were."""
    week = figures.week
    if not figures.at(week)("active"):
        return "No home has reported yet."
    if not is_stable(figures):
        now, before = figures.at(week)("active"), figures.at(week - 4)("active")
        return f"In {iso_name(week)} {now:,} homes reported, {_compared(now, before)} four weeks before."
    now, before = (figures.active_over(at, 4) for at in (week, week - 4))
    span, homes = f"In the four weeks to {iso_name(week)}", "home" if now == 1 else "homes"
    return f"{span} {now:,} {homes} reported, {_compared(now, before)} the four before."


def _compared(now: int, before: int) -> str:
    """Compare a number with an earlier one."""
    if not before:
        return "and none in"
    if now == before:
        return "as many as in"
    change = 100 * (now - before) / before
    return f"{abs(now - before):,} {'more' if now > before else 'fewer'} ({change:+.0f} %) than in"


def printernizer(figures: Figures) -> Panel:
    """How Printernizer runs where it is connected to the integration."""
    found = shares_of(figures, "printernizer_mode")
    table = shares_table(Column("mode", "mode"), found)
    most = next(iter(found), None)
    return Panel(
        key="printernizer",
        title="Printernizer beside the integration",
        question="How is Printernizer run by the integration's homes?",
        sentence=(
            f"As {most} in {found[most].of('homes that told it')}, in {figures.week_name}."
            if most
            else f"No home told how it runs Printernizer in {figures.week_name}."
        ),
        population=BESIDE,
        columns=table.columns,
        rows=table.rows,
        chart=Chart.BARS,
        drawn=["percent"],
    )


PANELS = {
    "active": active,
    "flow": flow,
    "by_days": by_days,
    "ages": survival,
    "modes": modes,
    "printernizer": printernizer,
}
