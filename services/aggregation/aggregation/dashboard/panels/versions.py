"""Versions: whether the newest is adopted, from where homes come to it, and who lags behind."""

from collections.abc import Collection

from aggregation.analytics.numbers import age_of_version
from aggregation.dashboard.figures import Counts, Figures, Line, major
from aggregation.dashboard.panel import SHARE_COLUMNS, UNKNOWN, Cell, Chart, Column, Panel, share_cells
from aggregation.dashboard.panels.tables import (
    BESIDE,
    REPORTING,
    shares_of,
    shares_table,
    weekly_shares,
)
from aggregation.dashboard.shares import Share, share
from aggregation.rollups.properties import MIGRATION
from aggregation.rollups.values import OTHER
from aggregation.weeks import iso_name

SHOWN = 7
"""So many versions have a color of their own."""
AFTER_WEEKS = (1, 2, 4, 8, 13)
"""So many weeks after a release its adoption is told."""
RELEASES = 8
NEWEST = 3
"""A home lags behind when it runs none of so many newest versions of a line."""
FEWEST_HOMES = 10
"""Groups of fewer are not told of."""
ONE_IN_HUNDRED = 1.0
NAMED = 5
GROUPS = {"deployment": "deployment_mode", "country": "country", "printer type": "printer_type"}


def adoption(figures: Figures) -> Panel:
    """Which versions ran in each week."""
    names = sorted(figures.values("app_version")[:SHOWN], key=age_of_version, reverse=True)
    table = weekly_shares(figures, "app_version", names, "others")
    return Panel(
        key="adoption",
        title="Versions over time",
        question="Is the new version adopted?",
        sentence=adoption_sentence(figures),
        population=REPORTING,
        columns=table.columns,
        rows=table.rows,
        chart=Chart.AREA,
        drawn=[column.name for column in table.columns[2:]],
        by_week=True,
    )


def adoption_sentence(figures: Figures) -> str:
    """Tell how many homes run the newest version of each line."""
    if not figures.lines:
        return f"No home that reported about {figures.week_name} runs a version that is known."
    return f"{'; '.join(_adopted(figures, line) for line in figures.lines)}, in {figures.week_name}."


def _adopted(figures: Figures, line: Line) -> str:
    """Tell how many homes of a line run its newest version, and how many did in the week before."""
    newest = line.versions[0]
    found = share(figures.at(figures.week)("app_version", newest), line.homes)
    before = {
        version: homes
        for version, homes in figures.at(figures.week - 1).by_value("app_version").items()
        if major(version) == major(newest)
    }
    was = share(before.get(newest, 0), sum(before.values()))
    return (
        f"{newest} runs in {found.of(f'homes with {line.name}')}, after {was.percent:.0f} % the week before"
    )


def now(figures: Figures) -> Panel:
    """Which versions run now."""
    found = shares_of(figures, "app_version")
    table = shares_table(Column("version", "version"), found)
    first = next(iter(found), "")
    return Panel(
        key="now",
        title="Versions now",
        question="Which versions run?",
        sentence=(
            f"{len(found):,} versions ran in {figures.week_name}; the most common one is {first}."
            if found
            else f"No home reported about {figures.week_name}."
        ),
        population=REPORTING,
        columns=table.columns,
        rows=table.rows,
        chart=Chart.BARS,
        drawn=["homes"],
        links=figures.links("version", found),
    )


def after_release(figures: Figures) -> Panel:
    """How fast each release was adopted."""
    first_weeks = _first_weeks(figures)
    newest = sorted(first_weeks, key=age_of_version, reverse=True)[:RELEASES]
    rows: list[list[Cell]] = []
    for version in newest:
        first = first_weeks[version]
        rows.append(
            [version, iso_name(first), *(_share_in(figures, version, first + weeks) for weeks in AFTER_WEEKS)]
        )
    return Panel(
        key="after_release",
        title="Adoption after each release",
        question="How fast do homes update?",
        sentence=_speed_sentence(rows),
        population=REPORTING,
        columns=(
            Column("version", "version"),
            Column("first", "first seen in"),
            *(Column(f"after_{weeks}w", f"after {weeks} w", "%") for weeks in AFTER_WEEKS),
        ),
        rows=rows,
        links=figures.links("version", newest),
        hints=("Only versions first seen within the weeks that are shown.",),
    )


def migration(figures: Figures) -> Panel:
    """From which version homes came to which."""
    pairs = _migrations(figures)
    moved = sum(homes for (before, after), homes in pairs.items() if before != after)
    return Panel(
        key="migration",
        title="From version to version",
        question="Where do homes come from?",
        sentence=(
            f"{moved:,} updates were reported in the four weeks to {figures.week_name}."
            if moved
            else f"No update was reported in the four weeks to {figures.week_name}."
        ),
        population="homes that reported before, in each of four weeks",
        columns=(Column("before", "before"), Column("after", "after"), Column("homes", "reports")),
        rows=[[before, after, homes] for (before, after), homes in pairs.items() if before != after],
        chart=Chart.SANKEY if moved else None,
        drawn=["homes"],
        hints=("Only the newest thirty versions have names here.",),
    )


def laggards(figures: Figures) -> Panel:
    """Who runs old versions."""
    newest = {version for line in figures.lines for version in line.versions[:NEWEST]}
    here = range(figures.week, figures.week + 1)
    rows: list[list[Cell]] = []
    for title, scope in GROUPS.items():
        for value, (counts,) in figures.apart(scope, here).items():
            found = _lagging(counts, newest)
            if found.whole >= FEWEST_HOMES:
                rows.append([f"{title} {value}", found.whole, found.part, *share_cells(found)])
    rows.sort(key=lambda row: (-float(row[4]), str(row[0])))
    everybody = _lagging(figures.at(figures.week), newest)
    return Panel(
        key="laggards",
        title="Who lags behind",
        question="Who does not update?",
        sentence=(
            f"{everybody.text} ran none of the {NEWEST} newest versions of"
            f" {' and '.join(line.name for line in figures.lines)} in {figures.week_name}."
            if newest
            else f"No home reported about {figures.week_name}."
        ),
        population=f"{REPORTING}; the groups are of all homes, whatever the filter",
        columns=(
            Column("group", "homes with"),
            Column("homes", "homes"),
            Column("lagging", "lagging"),
            *SHARE_COLUMNS,
        ),
        rows=rows,
    )


def oldest(figures: Figures) -> Panel:
    """Which versions hardly anybody runs any more."""
    found = shares_of(figures, "app_version")
    ordered = sorted((name for name in found if name != OTHER), key=age_of_version)
    seldom = [name for name in ordered if found[name].high < ONE_IN_HUNDRED]
    table = shares_table(Column("version", "version"), {name: found[name] for name in ordered})
    return Panel(
        key="oldest",
        title="Old versions",
        question="Which version can be dropped next?",
        sentence=(
            f"{ordered[0]} is the oldest in use, in {found[ordered[0]].text} in {figures.week_name};"
            f" surely in fewer than one home in a hundred: {', '.join(seldom[:NAMED]) or 'none'}."
            if ordered
            else f"No home reported about {figures.week_name}."
        ),
        population=REPORTING,
        columns=table.columns,
        rows=table.rows,
        links=figures.links("version", ordered),
    )


def printernizer(figures: Figures) -> Panel:
    """Which versions of Printernizer itself are connected to the integration."""
    found = shares_of(figures, "printernizer_version")
    ordered = sorted(found, key=lambda name: (name != OTHER, age_of_version(name)), reverse=True)
    table = shares_table(Column("version", "version"), {name: found[name] for name in ordered})
    newest = next((name for name in ordered if name != OTHER), None)
    return Panel(
        key="printernizer",
        title="Printernizer beside the integration",
        question="Which Printernizer do the integration's homes run?",
        sentence=(
            f"{newest} is the newest that is known to be released, and runs in"
            f" {found[newest].of('homes that told it')}, in {figures.week_name}."
            if newest
            else f"No home told of a known version of Printernizer in {figures.week_name}."
        ),
        population=BESIDE,
        columns=table.columns,
        rows=table.rows,
        chart=Chart.BARS,
        drawn=["percent"],
    )


def _lagging(counts: Counts, newest: Collection[str]) -> Share:
    """Return the share of homes that run none of the newest versions."""
    homes = counts("active")
    return share(homes - sum(counts("app_version", name) for name in newest), homes)


def _first_weeks(figures: Figures) -> dict[str, int]:
    """Return the first week of each version that was not there before the weeks that are shown."""
    found: dict[str, int] = {}
    for week in figures.weeks:
        for version in figures.at(week).by_value("app_version"):
            found.setdefault(version, week)
    before = figures.at(figures.weeks[0] - 1).by_value("app_version")
    return {
        version: week
        for version, week in found.items()
        if version != OTHER and version not in before and (before or week > figures.weeks[0])
    }


def _share_in(figures: Figures, version: str, week: int) -> Cell:
    """Return the share of a version in a week once its reports have come in."""
    if figures.state(week) != "complete" or week > figures.running:
        return UNKNOWN
    sums = figures.at(week)
    return share(sums("app_version", version), sums("active")).percent


def _speed_sentence(rows: list[list[Cell]]) -> str:
    """Tell how far releases came after four weeks."""
    place = 2 + AFTER_WEEKS.index(4)
    reached = sorted(row[place] for row in rows if isinstance(row[place], float))
    if not reached:
        return "No release of these weeks is four weeks old yet."
    middle = reached[len(reached) // 2]
    return f"After four weeks the middle one of {len(reached)} releases ran in {middle:.0f} % of the homes."


def _migrations(figures: Figures) -> dict[tuple[str, str], int]:
    """Return how many reports told of each pair of versions, the most frequent first."""
    pairs: dict[tuple[str, str], int] = {}
    for week in range(figures.week - 3, figures.week + 1):
        for pair, homes in figures.at(week).by_value("migration").items():
            before, _, after = pair.partition(MIGRATION)
            pairs[before, after] = pairs.get((before, after), 0) + homes
    return dict(sorted(pairs.items(), key=lambda item: (-item[1], item[0])))


PANELS = {
    "adoption": adoption,
    "now": now,
    "after_release": after_release,
    "migration": migration,
    "laggards": laggards,
    "oldest": oldest,
    "printernizer": printernizer,
}
