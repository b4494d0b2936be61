"""Changes: what moved most in each settled week, and how rare that is by chance."""

from aggregation.alerts.findings import Finding, findings, foremost
from aggregation.alerts.watch import Cause, watched_of
from aggregation.dashboard.figures import Figures
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.panel import Cell, Column, Panel
from aggregation.weeks import iso_name

_FILTERS = {"app_version": "version", "deployment_mode": "mode", "printer_type": "printer"}
_PAGES = {
    "errors": "errors",
    "trouble": "errors",
    "apart": "quality",
    "received": "quality",
    "prints": "printers",
    "hours": "printers",
    "failures": "printers",
    "country": "countries",
    "app_version": "versions",
    "deployment_mode": "deployments",
    "printer_type_homes": "printers",
    Cause.RELEASE.value: "verdicts",
}


def moved(figures: Figures) -> Panel:
    """What moved most in each week."""
    found = findings(figures.connection, figures.weeks[0], figures.weeks[-1])
    told = [each for week in sorted(found, reverse=True) for each in foremost(found[week])]
    beyond = [each for each in told if each.is_beyond_chance]
    return Panel(
        key="moved",
        title="What moved most",
        question="What changed, and is it more than chance?",
        sentence=(
            f"{len(beyond)} of {len(told)} movements in {len(found)} judged weeks are more than chance."
            if found
            else "No week has been judged yet."
        ),
        population="homes, all of them, whatever the filter",
        columns=(
            Column("series", "what"),
            Column("week", "week"),
            Column("title", "is"),
            Column("value", "is now"),
            Column("expected", "was expected"),
            Column("unit", "in"),
            Column("change", "has"),
            Column("beyond_chance", "more than chance"),
            Column("one_in", "by chance once in so many weeks"),
        ),
        rows=[_row(each) for each in told],
        links=[_link(figures, each) for each in told],
        hints=(
            "Five of each week, by the homes that make the difference, then by how rare they are.",
            "More than chance: it stands when all that is watched is looked at together (Holm, 5 % a week).",
        ),
    )


def title_of(each: Finding) -> str:
    """Return what moved, as a sentence has it."""
    if each.watched == Cause.RELEASE:
        return "Homes with the error, of those with the version"
    return watched_of(each.series).title


def _row(each: Finding) -> list[Cell]:
    """Return a finding as a row."""
    return [
        each.series,
        iso_name(each.week),
        title_of(each),
        each.value,
        each.expected,
        each.unit,
        each.change,
        "yes" if each.is_beyond_chance else "no",
        round(1 / max(each.chance, 1e-6)),
    ]


def _link(figures: Figures, each: Finding) -> str:
    """Return the page that tells more of it."""
    kind, _, value = each.series.partition("/")[2].partition("/")
    page = f"{PREFIX}/{_PAGES.get(each.watched, 'homes')}"
    return figures.view.of(_FILTERS[kind], value).at(page) if kind in _FILTERS else figures.view.at(page)


PANELS = {"moved": moved}
