"""Data quality: how late reports come, what could not be counted by name, and what homes share."""

from aggregation.dashboard.figures import HISTORY, Figures
from aggregation.dashboard.panel import UNKNOWN, Cell, Chart, Column, Panel
from aggregation.dashboard.panels.tables import REPORTING, shares_of, shares_table, weeks_table
from aggregation.dashboard.shares import share
from aggregation.judging.mixes import judge_mix
from aggregation.judging.verdicts import Change
from aggregation.rollups.values import OTHER

_MIXES = {
    "country": "countries",
    "app_version": "versions",
    "deployment_mode": "deployments",
    "printer_type_homes": "types of printers",
}
_CHANGES = {Change.RISEN: "jumped", Change.USUAL: "usual", Change.UNKNOWN: UNKNOWN}
_FOLDED = {
    "app_version": "version that is not known to be released",
    "deployment_mode": "deployment mode that the dictionary does not have",
    "python_version": "version of Python that is none",
}


def received(figures: Figures) -> Panel:
    """How many reports came in each week."""

    def came(week: int) -> int:
        """Return the reports that came in a week."""
        return sum(figures.came_in(week).by_value("received").values())

    table = weeks_table(
        figures,
        {
            Column("received", "reports that came in it"): came,
            Column("active", "homes that reported about it"): lambda week: figures.all_at(week)("active"),
        },
    )
    return Panel(
        key="received",
        title="Reports received",
        question="Do reports come in?",
        sentence=(
            f"{came(figures.running - 1):,} reports came last week,"
            f" {came(figures.running - 2):,} the week before."
        ),
        population="homes, all of them, whatever the filter",
        columns=table.columns,
        rows=table.rows,
        chart=Chart.LINE,
        drawn=["received", "active"],
        by_week=True,
    )


def composition(figures: Figures) -> Panel:
    """Whether the mix of homes has jumped, against its own history."""
    history = range(figures.running - HISTORY + 1, figures.week)
    rows: list[list[Cell]] = []
    for measure, title in _MIXES.items():
        before = [figures.all_at(week).by_value(measure) for week in history]
        found = judge_mix(before, figures.all_at(figures.week).by_value(measure))
        moved = ", ".join(f"{one.value} {100 * (one.now - one.before):+.1f}" for one in found.moved)
        limit = min(100.0, round(100 * found.limit, 2))
        rows.append([title, _CHANGES[found.change], round(100 * found.distance, 2), limit, moved or UNKNOWN])
    jumped = [str(row[0]) for row in rows if row[1] == _CHANGES[Change.RISEN]]
    return Panel(
        key="composition",
        title="Composition of the homes",
        question="Are they the same homes as before?",
        sentence=(
            f"The mix of {' and '.join(jumped)} jumped in {figures.week_name}: look before you believe it."
            if jumped
            else f"No mix jumped in {figures.week_name}."
        ),
        population="homes that reported about the week, all of them, whatever the filter",
        columns=(
            Column("mix", "mix of"),
            Column("change", "is"),
            Column("distance", "distance from the weeks before", "%"),
            Column("limit", "limit by its own history", "%"),
            Column("moved", "moved most, in points"),
        ),
        rows=rows,
        hints=("A jump holds back what is published of the week.",),
    )


def folded(figures: Figures) -> Panel:
    """What is counted as other."""
    sums = figures.at(figures.week)
    found = {text: share(sums(measure, OTHER), sums("active")) for measure, text in _FOLDED.items()}
    table = shares_table(Column("what", "what"), found)
    versions = found[_FOLDED["app_version"]]
    return Panel(
        key="folded",
        title="Counted as other",
        question="What is not counted by its name?",
        sentence=f"In {figures.week_name} {versions.text} ran a version that is not known to be released.",
        population=REPORTING,
        columns=table.columns,
        rows=table.rows,
        hints=("Released versions are made known with “aggregation versions add”.",),
    )


def consent(figures: Figures) -> Panel:
    """What homes agreed to share."""
    sums = figures.at(figures.week)
    homes = sums("protocol", "2.0")
    found = {name: share(count, homes) for name, count in sums.by_value("consent").items()}
    told = ", ".join(f"{one.percent:.0f} % share {name}" for name, one in found.items())
    table = shares_table(Column("category", "category"), found)
    return Panel(
        key="consent",
        title="What homes share",
        question="Which categories are shared?",
        sentence=(
            f"Of {homes:,} homes {told}."
            if found
            else f"No home told what it agreed to share in {figures.week_name}."
        ),
        population="homes that reported about the week with protocol 2.0, which tells it",
        columns=table.columns,
        rows=table.rows,
        chart=Chart.BARS,
        drawn=["percent"],
    )


def protocols(figures: Figures) -> Panel:
    """Which protocol homes speak."""
    found = shares_of(figures, "protocol")
    table = shares_table(Column("protocol", "protocol"), found)
    first = next(iter(found), "")
    return Panel(
        key="protocols",
        title="Protocols",
        question="Who still speaks protocol 1.0?",
        sentence=(
            f"{found[first].text} spoke protocol {first} in {figures.week_name}."
            if first
            else f"No home reported about {figures.week_name}."
        ),
        population=REPORTING,
        columns=table.columns,
        rows=table.rows,
        chart=Chart.DONUT,
        drawn=["homes"],
        links=figures.links("protocol", found),
    )


PANELS = {
    "received": received,
    "composition": composition,
    "folded": folded,
    "consent": consent,
    "protocols": protocols,
}
