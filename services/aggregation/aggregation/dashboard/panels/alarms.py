"""Alarms: what is open, what has ended, and what is watched (worked out by `aggregation insight`)."""

from aggregation.alerts.view import overview, watched
from aggregation.dashboard.figures import Figures
from aggregation.dashboard.panel import Cell, Column, Panel
from aggregation.weeks import iso_name

HOMES = "homes, all of them, whatever the filter"


def alarms(figures: Figures) -> Panel:
    """Which alarms there are."""
    found = overview(figures.connection)
    rows: list[list[Cell]] = [
        [
            one.title,
            one.state,
            one.times,
            one.opened,
            one.last,
            one.ended or "not yet",
            one.affected_homes,
            one.id,
        ]
        for one in found
    ]
    open_ = [one.title for one in found if one.ended is None]
    return Panel(
        key="alarms",
        title="Alarms",
        question="What needs somebody to look?",
        sentence=(f"{len(open_)} open: {'; '.join(dict.fromkeys(open_))}." if open_ else "No alarm is open."),
        population=HOMES,
        columns=(
            Column("alarm", "alarm"),
            Column("state", "is"),
            Column("times", "times opened"),
            Column("opened", "since"),
            Column("last", "last found in"),
            Column("ended", "ended in"),
            Column("homes", "homes that make the difference"),
            Column("number", "number"),
        ),
        rows=rows,
        hints=("Evidence, notes and deliveries: GET /alarms/ and the number, with an API key.",),
    )


def series(figures: Figures) -> Panel:
    """What is watched, and what is said of it."""
    found = watched(figures.connection)
    changed = [one.series for one in found if one.change not in {"usual", "unknown"}]
    rows: list[list[Cell]] = [
        [one.series, one.test, one.week, one.change, f"{one.chance:.2g}"] for one in found
    ]
    return Panel(
        key="watched",
        title="What is watched",
        question="What would be noticed?",
        sentence=(
            f"{len(found)} figures were judged of {found[0].week}; {len(changed)} of them had changed."
            if found
            else f"Nothing is judged yet; a week is when it has settled, two weeks after it began"
            f" ({iso_name(figures.running)} is running)."
        ),
        population=HOMES,
        columns=(
            Column("series", "figure"),
            Column("test", "test"),
            Column("week", "week"),
            Column("change", "is"),
            Column("chance", "chance of as much by itself"),
        ),
        rows=rows,
    )


PANELS = {
    "alarms": alarms,
    "watched": series,
}
