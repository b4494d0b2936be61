"""The first screen: five questions, each answered in a sentence, and where to read on."""

from dataclasses import replace

from aggregation.dashboard.figures import Figures
from aggregation.dashboard.panel import SHARE_COLUMNS, Cell, Chart, Column, Panel, share_cells
from aggregation.dashboard.panels import deployments, features, homes, versions
from aggregation.dashboard.panels.errors import any_error
from aggregation.dashboard.panels.tables import SHARING_ERRORS
from aggregation.dashboard.shares import Share, share

COMPARED = 6


def adopted(figures: Figures) -> Panel:
    """Whether the new version is adopted."""
    return replace(versions.adoption(figures), key="adopted", read_on="versions")


def broke(figures: Figures) -> Panel:
    """Whether it broke something."""
    apart = figures.apart("app_version", figures.recent)
    found = {name: any_error(apart[name].values()) for name in figures.versions[:COMPARED] if name in apart}
    rows: list[list[Cell]] = [[name, one.part, one.whole, *share_cells(one)] for name, one in found.items()]
    return Panel(
        key="broke",
        title="Errors by version",
        question="Did it break something?",
        sentence=_broke_sentence(figures, rows),
        population=f"{SHARING_ERRORS}; of all homes, whatever the filter",
        columns=(
            Column("version", "version"),
            Column("with_error", "reports with an error"),
            Column("reports", "reports"),
            *SHARE_COLUMNS,
        ),
        rows=rows,
        chart=Chart.BARS,
        drawn=["percent"],
        read_on="errors",
        hints=("Four weeks together, the newest version first.",),
    )


def droppable(figures: Figures) -> Panel:
    """Who can still not be dropped."""
    panel = deployments.python(figures)
    return replace(
        panel,
        key="droppable",
        title="Python in use",
        question="Who can still not be dropped?",
        sentence=deployments.droppable_sentence(figures),
        read_on="deployments",
    )


def used(figures: Figures) -> Panel:
    """Which features are used, which are not."""
    return replace(features.use(figures), key="used", read_on="features")


def growing(figures: Figures) -> Panel:
    """Whether it is growing."""
    return replace(homes.active(figures), key="growing", read_on="homes")


def _broke_sentence(figures: Figures, rows: list[list[Cell]]) -> str:
    """Compare the newest version with those before."""
    if not rows:
        return f"No home told of errors in the four weeks to {figures.week_name}."
    newest, *others = rows
    now = share(int(newest[1]), int(newest[2]))
    told = f"{now.percent:.0f} % ({now.low:.0f}\u2013{now.high:.0f}) of {now.whole:,} reports"
    before = share(sum(int(row[1]) for row in others), sum(int(row[2]) for row in others))
    if not before.whole:
        return f"With {newest[0]} an error is in {told}; there is no version to compare with."
    return (
        f"With {newest[0]} an error is in {told}, {_compared(now, before)} the versions before,"
        f" {before.percent:.0f} % ({before.low:.0f}\u2013{before.high:.0f})."
    )


def _compared(now: Share, before: Share) -> str:
    """Tell whether a share differs surely from another."""
    if now.low > before.high:
        return "more than with"
    return "less than with" if now.high < before.low else "not surely more or less than with"


PANELS = (adopted, broke, droppable, used, growing)
