"""Alarms: what is open and what has ended, as `aggregation insight` worked it out."""

from aggregation.alerts.view import overview
from aggregation.dashboard.figures import Figures
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.panel import Cell, Column, Panel

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
        links=[f"{PREFIX}/alarms/{one.id}" for one in found],
        hints=("An alarm leads to its evidence and its notes.",),
    )


PANELS = {"alarms": alarms}
