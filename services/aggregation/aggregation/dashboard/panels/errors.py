"""Errors: how many homes have them, where they cluster, when they came, and what to mend first."""

from collections.abc import Mapping, Sequence

from aggregation.dashboard.figures import BEFORE, Counts, Figures
from aggregation.dashboard.panel import SHARE_COLUMNS, Cell, Chart, Column, Panel, share_cells
from aggregation.dashboard.panels.tables import SHARING_ERRORS, Count, weeks_table
from aggregation.dashboard.shares import Share, percent, ratio, share
from aggregation.judging.intervals import Interval
from aggregation.weeks import iso_name

GROUPS = {"deployment": "deployment_mode", "version": "app_version", "printer type": "printer_type"}
FEWEST_REPORTS = 20
"""Groups of fewer weekly reports are not compared."""
FEWEST_ERRORS = 5
SHOWN_OVER_TIME = 6
LATELY = 4
MENDED_FIRST = 5
LOST = Column("hours_lost", "printing hours lost", "h")
LOST_HINT = (
    "Hours lost are those of failed prints in homes with the error, if these are as long as others; they go"
    " along with the error and need not come of it."
)


def error_shares(weeks: Sequence[Counts]) -> dict[str, Share]:
    """Return by kind the share of weekly reports that tell of an error, among those that share errors."""
    kinds = {kind for counts in weeks for kind in counts.by_value("error_homes")}
    found = {kind: error_share(weeks, kind) for kind in kinds}
    return dict(sorted(found.items(), key=lambda item: (-item[1].part, item[0])))


def error_share(weeks: Sequence[Counts], kind: str = "") -> Share:
    """Return the share of weekly reports that tell of an error of a kind, or of any."""
    told = [counts("error_reporting") for counts in weeks]
    return share(sum(counts("error_homes", kind) for counts in weeks), sum(told), max(told, default=0))


def percent_with_error(weeks: Sequence[Counts]) -> float:
    """Return the share of weekly reports that tell of any error, in percent alone."""
    told = sum(counts("error_reporting") for counts in weeks)
    return percent(sum(counts("error_homes") for counts in weeks), told)


def ranked(figures: Figures) -> Panel:
    """Which errors most homes have."""
    weeks = [figures.at(week) for week in figures.recent]
    found = error_shares(weeks)
    hours = sum(sums("capped_usage", "print_hours") for sums in weeks)
    rows: list[list[Cell]] = []
    for kind, one in found.items():
        errors = sum(sums("capped_errors", kind) for sums in weeks)
        month = figures.at(figures.week).share("error_homes_4w", kind, "error_reporting_4w")
        told = [month.percent, errors, _per_hundred(errors, hours), _lost(weeks, kind)]
        rows.append([kind, one.part, *share_cells(one), *told])
    worst = next(iter(found), "")
    return Panel(
        key="ranked",
        title="Errors by homes",
        question="Which errors hit most homes?",
        sentence=(
            f"{worst} hit most homes: it is in {found[worst].of('weekly reports')} of the four weeks to"
            f" {figures.week_name}."
            if worst
            else f"No home told of an error in the four weeks to {figures.week_name}."
        ),
        population=SHARING_ERRORS,
        columns=(
            Column("error", "error"),
            Column("homes", "homes a week, added up"),
            *SHARE_COLUMNS,
            Column("in_4_weeks", "homes in any of four weeks", "%"),
            Column("errors", "errors"),
            Column("per_100_hours", "errors in 100 printed hours"),
            LOST,
        ),
        rows=rows,
        chart=Chart.BARS,
        drawn=["percent"],
        hints=(
            LOST_HINT,
            "A home counts for at most ten errors in a week, and once in each week that it has the error.",
        ),
    )


def over_time(figures: Figures) -> Panel:
    """How many homes have each error in each week."""
    kinds = figures.values("error_homes")[:SHOWN_OVER_TIME]
    counts: dict[Column, Count] = {
        Column("any", "any error", "%"): _share_of(figures, ""),
    }
    for kind in kinds:
        counts[Column(kind, kind, "%")] = _share_of(figures, kind)
    table = weeks_table(figures, counts)
    now = error_share([figures.at(figures.week)])
    return Panel(
        key="over_time",
        title="Errors over time",
        question="Do errors become more?",
        sentence=f"In {figures.week_name} {now.text} told of an error.",
        population=SHARING_ERRORS,
        columns=table.columns,
        rows=table.rows,
        chart=Chart.LINE,
        drawn=["any", *kinds],
        by_week=True,
    )


def clusters(figures: Figures) -> Panel:
    """Which errors some homes have more often than the others."""
    found = sorted(figures.once(_clusters), key=lambda row: -float(row[4]))
    more = [row for row in found if float(row[4]) > 1]
    return Panel(
        key="clusters",
        title="Where errors cluster",
        question="Who has an error more often than the others?",
        sentence=(
            f"{more[0][0]} is {float(more[0][3]):.1f} times as frequent ({float(more[0][4]):.1f}\u2013"
            f"{float(more[0][5]):.1f}) in homes with {more[0][1]} as in the others."
            if more
            else "No error is surely more frequent in some homes than in the others."
        ),
        population=f"{SHARING_ERRORS}; of all homes, whatever the filter",
        columns=(
            Column("error", "error"),
            Column("group", "homes with"),
            Column("homes", "reports with it"),
            Column("ratio", "times as frequent"),
            Column("low", "at least"),
            Column("high", "at most"),
        ),
        rows=found[:40],
        hints=(
            f"Four weeks together, at least {FEWEST_REPORTS} reports, {FEWEST_ERRORS} with the error.",
            "Many groups are compared: one in forty stands out by chance.",
        ),
    )


def life(figures: Figures) -> Panel:
    """Which errors are new, came back, or are gone."""
    rows = [[kind, *told] for kind, told in figures.once(_lives).items()]
    new = [str(row[0]) for row in rows if row[3] in {"new", "back again"}]
    return Panel(
        key="life",
        title="New, back, gone",
        question="Which errors came, which are gone?",
        sentence=(
            f"{', '.join(new)}: new or back in the last {LATELY} weeks."
            if new
            else f"No error is new or came back in the last {LATELY} weeks."
        ),
        population=SHARING_ERRORS,
        columns=(
            Column("error", "error"),
            Column("first", "first week"),
            Column("last", "last week"),
            Column("what", "is"),
        ),
        rows=rows,
        hints=(f"Of the weeks that are shown, and {BEFORE} before.",),
    )


def mend_first(figures: Figures) -> Panel:
    """What to mend first, for an issue tracker."""
    weeks = [figures.at(week) for week in figures.recent]
    found = error_shares(weeks)
    lives, clustered = figures.once(_lives), figures.once(_clusters)
    rows: list[list[Cell]] = []
    for kind in _worst(found, {kind: _lost(weeks, kind) for kind in found})[:MENDED_FIRST]:
        one = found[kind]
        where = [row for row in clustered if row[0] == kind and float(row[4]) > 1]
        worst = max(where, key=lambda row: float(row[4]), default=None)
        told = f"{float(worst[3]):.1f} times as frequent with {worst[1]}" if worst else "everywhere alike"
        rows.append([kind, one.part, one.percent, _lost(weeks, kind), lives[kind][2], told])
    lines = [
        f"- [ ] `{kind}`: {percent:.1f} % of homes that share errors ({homes} in four weeks);"
        f" {lost} printing hours lost with it; {what}; {where}"
        for kind, homes, percent, lost, what, where in rows
    ]
    return Panel(
        key="mend_first",
        title="What to mend first",
        question="Which error should be mended first?",
        sentence=(
            f"{rows[0][0]}: it is in {float(rows[0][2]):.0f} % of weekly reports, with {int(rows[0][3]):,}"
            f" printing hours lost, {rows[0][5]}."
            if rows
            else "There is nothing to mend."
        ),
        population=SHARING_ERRORS,
        columns=(
            Column("error", "error"),
            Column("homes", "homes a week, added up"),
            Column("percent", "share", "%"),
            LOST,
            Column("what", "is"),
            Column("where", "where"),
        ),
        rows=rows,
        code="\n".join([f"### Errors to mend first ({figures.week_name}, four weeks)", "", *lines])
        if rows
        else "",
        hints=("Ranked by homes and by hours lost: by the sum of both ranks.", LOST_HINT),
    )


def _worst(found: Mapping[str, Share], lost: Mapping[str, int]) -> list[str]:
    """Return kinds by the sum of their ranks by homes and by hours lost; of equal ones the more homes."""
    by_homes = list(found)
    by_hours = sorted(found, key=lambda kind: (-lost[kind], by_homes.index(kind)))
    return sorted(found, key=lambda kind: (by_homes.index(kind) + by_hours.index(kind), by_homes.index(kind)))


def _lost(weeks: Sequence[Counts], kind: str) -> int:
    """Return the hours of failed prints in homes with an error, of several weeks together."""
    return sum(counts("error_hours", kind) for counts in weeks)


def _clusters(figures: Figures) -> list[list[Cell]]:
    """Return each error and group of homes with the ratio to all others."""
    rows: list[list[Cell]] = []
    everybody = error_shares([figures.all_at(week) for week in figures.recent])
    for title, scope in GROUPS.items():
        for value, weeks in figures.apart(scope, figures.recent).items():
            rows += [
                [kind, f"{title} {value}", part, *(round(number, 2) for number in found)]
                for kind, total in everybody.items()
                if (part := sum(counts("error_homes", kind) for counts in weeks)) >= FEWEST_ERRORS
                and (found := _ratio(error_share(weeks, kind), total)) is not None
            ]
    return rows


def _ratio(mine: Share, total: Share) -> Interval | None:
    """Return how many times as frequent an error is as in all other homes, where there are enough."""
    if mine.whole < FEWEST_REPORTS:
        return None
    others = share(total.part - mine.part, total.whole - mine.whole, max(0, total.homes - mine.homes))
    return ratio(mine, others)


def _lives(figures: Figures) -> dict[str, tuple[str, str, str]]:
    """Return by kind the first and the last week, and what that says."""
    seen: dict[str, list[int]] = {}
    for week in range(figures.weeks[0] - BEFORE, figures.running + 1):
        for kind in figures.at(week).by_value("error_homes"):
            seen.setdefault(kind, []).append(week)
    return {
        kind: (iso_name(weeks[0]), iso_name(weeks[-1]), _state(weeks, figures))
        for kind, weeks in sorted(seen.items())
    }


def _state(weeks: list[int], figures: Figures) -> str:
    """Tell whether an error is new, back again, gone, or simply there."""
    lately = figures.week - LATELY
    if weeks[-1] <= lately:
        return "gone"
    if weeks[0] > lately:
        return "new"
    before = [week for week in weeks if week <= lately]
    came_back = next(week for week in weeks if week > lately)
    return "back again" if came_back - before[-1] > LATELY else "there"


def _share_of(figures: Figures, kind: str) -> Count:
    """Return what tells the share of homes with an error in a week."""

    def count(week: int) -> float:
        """Return it."""
        sums = figures.at(week)
        return percent(sums("error_homes", kind), sums("error_reporting"))

    return count


def _per_hundred(errors: int, hours: int) -> float:
    """Return the errors in a hundred hours, 0 without any hour."""
    return round(100 * errors / hours, 2) if hours else 0.0


PANELS = {
    "mend_first": mend_first,
    "ranked": ranked,
    "over_time": over_time,
    "clusters": clusters,
    "life": life,
}
