"""The first screen: five questions, each answered in a sentence, and where to read on."""

from dataclasses import replace

from aggregation.analytics.numbers import age_of_version
from aggregation.dashboard.figures import Figures
from aggregation.dashboard.panel import SHARE_COLUMNS, Chart, Column, Panel, share_cells
from aggregation.dashboard.panels import deployments, features, homes, versions
from aggregation.dashboard.panels.errors import FEWEST_REPORTS, error_share
from aggregation.dashboard.panels.tables import SHARING_ERRORS
from aggregation.dashboard.panels.verdicts import judge, verdict_sentence
from aggregation.rollups.scopes import Scope
from aggregation.rollups.values import OTHER

COMPARED = 6


def adopted(figures: Figures) -> Panel:
    """Whether the new version is adopted."""
    return replace(versions.adoption(figures), key="adopted", read_on="versions")


def broke(figures: Figures) -> Panel:
    """Whether it broke something."""
    apart = figures.apart(Scope.APP_VERSION, figures.recent)
    found = {name: error_share(weeks) for name, weeks in apart.items() if name != OTHER}
    enough = {name: one for name, one in found.items() if one.whole >= FEWEST_REPORTS}
    shown = sorted(enough, key=age_of_version, reverse=True)[:COMPARED]
    return Panel(
        key="broke",
        title="Errors by version",
        question="Did it break something?",
        sentence=verdict_sentence(judge(figures)),
        population=f"{SHARING_ERRORS}; of all homes, whatever the filter",
        columns=(
            Column("version", "version"),
            Column("with_error", "reports with an error"),
            Column("reports", "reports"),
            *SHARE_COLUMNS,
        ),
        rows=[[name, enough[name].part, enough[name].whole, *share_cells(enough[name])] for name in shown],
        chart=Chart.BARS,
        drawn=["percent"],
        read_on="verdicts",
        hints=(f"Four weeks together, versions with at least {FEWEST_REPORTS} reports, the newest first.",),
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


PANELS = {
    "adopted": adopted,
    "broke": broke,
    "droppable": droppable,
    "used": used,
    "growing": growing,
}
