"""Printers: how many there are, of which types, and how their prints end."""

from collections import Counter
from collections.abc import Sequence

from aggregation.analytics.numbers import median_bucket, middle_success
from aggregation.dashboard.figures import Counts, Figures
from aggregation.dashboard.panel import SHARE_COLUMNS, Cell, Chart, Column, Panel, share_cells
from aggregation.dashboard.panels.tables import SHARING_USAGE, shares_of, shares_table, weeks_table
from aggregation.dashboard.shares import share

SHARING = "homes that share their printers and reported about the week"
ENOUGH_PRINTS = 100
OUTCOMES_OF_TYPE = ("type_completed", "type_failed", "type_cancelled")
OUTCOMES = ("completed_count", "failed_count", "cancelled_count")


def types(figures: Figures) -> Panel:
    """How many homes have printers of each type."""
    found = shares_of(figures, "printer_type_homes", "printer_homes")
    table = shares_table(Column("type", "type"), found)
    counts = figures.at(figures.week).by_value("capped_printer_type")
    first = next(iter(found), "")
    return Panel(
        key="types",
        title="Types of printers",
        question="Which printers are there?",
        sentence=(
            f"In {figures.week_name} {found[first].text} had a printer of type {first}."
            if first
            else f"No home told of its printers in {figures.week_name}."
        ),
        population=SHARING,
        columns=(*table.columns, Column("printers", "printers")),
        rows=[[*row, counts.get(str(row[0]), 0)] for row in table.rows],
        chart=Chart.BARS,
        drawn=["homes"],
        links=figures.links("printer", found, "printers"),
        hints=("A home counts for at most 20 printers.",),
    )


def sizes(figures: Figures) -> Panel:
    """How many printers a home has."""
    sums = figures.at(figures.week)
    homes = sums("printer_homes")
    by_size = {int(size): count for size, count in sums.by_value("home_size").items()}
    found = {str(size): share(by_size[size], homes) for size in sorted(by_size)}
    table = shares_table(Column("printers", "printers"), found)
    printers = sums("capped_printers")
    return Panel(
        key="sizes",
        title="Printers of a home",
        question="How many printers does a home have?",
        sentence=(
            f"In {figures.week_name} {homes:,} homes told of {printers:,} printers,"
            f" {printers / homes:.1f} each."
            if homes
            else f"No home told of its printers in {figures.week_name}."
        ),
        population=SHARING,
        columns=table.columns,
        rows=table.rows,
        chart=Chart.BARS,
        drawn=["homes"],
    )


def prints(figures: Figures) -> Panel:
    """How much is printed, and how it ends."""
    table = weeks_table(
        figures,
        {
            Column("homes", "homes"): lambda week: figures.at(week)("usage_homes"),
            Column("prints", "prints"): lambda week: figures.at(week)("capped_usage", "job_count"),
            Column("hours", "hours"): lambda week: figures.at(week)("capped_usage", "print_hours"),
            Column("middle_success", "completed prints of the middle home", "%"): lambda week: success(
                [figures.at(week)]
            ),
            Column("median_prints", "prints of the middle home, at least"): lambda week: (
                median_bucket(figures.at(week).by_value("jobs_homes")) or 0
            ),
        },
    )
    sums = figures.at(figures.week)
    return Panel(
        key="prints",
        title="Prints and hours",
        question="How much is printed, and how does it end?",
        sentence=(
            f"In {figures.week_name} {sums('usage_homes'):,} homes told of"
            f" {sums('capped_usage', 'job_count'):,} prints in {sums('capped_usage', 'print_hours'):,} hours;"
            f" the middle home completed {success([sums]):.0f} % of those that ended."
        ),
        population=SHARING_USAGE,
        columns=table.columns,
        rows=table.rows,
        chart=Chart.LINE,
        drawn=["prints", "hours"],
        by_week=True,
        hints=("A home counts for at most 24 prints and 96 hours in a week.",),
    )


def by_type(figures: Figures) -> Panel:
    """How prints end on printers of each type."""
    weeks = [figures.at(week) for week in figures.recent]
    rows: list[list[Cell]] = []
    for kind in figures.values("printer_type_homes"):
        ended = {name: sum(counts(name, kind) for counts in weeks) for name in OUTCOMES_OF_TYPE}
        homes = [counts("printer_type_homes", kind) for counts in weeks]
        done = share(ended["type_completed"], sum(ended.values()), max(homes))
        with_error = share(sum(counts("type_error_homes", kind) for counts in weeks), sum(homes), max(homes))
        rows.append([kind, max(homes), done.whole, *share_cells(done), with_error.percent])
    rows = sorted((row for row in rows if row[1]), key=lambda row: (-int(row[1]), str(row[0])))
    return Panel(
        key="by_type",
        title="Success by type of printer",
        question="Which printers fail?",
        sentence=_failing_sentence(rows),
        population="homes that share their printers and what these print, in the four weeks",
        columns=(
            Column("type", "type"),
            Column("homes", "homes"),
            Column("prints", "prints that ended"),
            *SHARE_COLUMNS,
            Column("with_error", "weeks with an error of it", "%"),
        ),
        rows=rows,
        hints=("Prints of protocol 2.0, which tells them by type; a home counts for at most 24 in a week.",),
    )


def success(weeks: Sequence[Counts]) -> float:
    """Return how many percent of its prints the middle home completed in one of the weeks; 0 without any."""
    homes: Counter[str] = Counter()
    for counts in weeks:
        homes.update(counts.by_value("success_homes"))
    return middle_success(homes) or 0.0


def _failing_sentence(rows: list[list[Cell]]) -> str:
    """Tell the type whose prints end worst."""
    enough = [row for row in rows if int(row[2]) >= ENOUGH_PRINTS]
    if not enough:
        return f"No type of printer has {ENOUGH_PRINTS} prints in the last four weeks yet."
    kind, homes, prints, percent, low, high, _ = min(enough, key=lambda row: float(row[3]))
    return (
        f"Prints end worst on {kind}: {float(percent):.0f} % ({float(low):.0f}\u2013{float(high):.0f}) of"
        f" {int(prints):,} prints in {int(homes):,} homes were completed."
    )


PANELS = {
    "types": types,
    "sizes": sizes,
    "prints": prints,
    "by_type": by_type,
}
