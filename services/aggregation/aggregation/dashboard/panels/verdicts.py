"""Release verdicts: whether a version made an error more or less common, or how many homes it takes to tell.

The homes with the error among those of the version that share errors, in the first three weeks of a release,
against earlier releases of the same line at the same age (`judging.releases`).
"""

from collections.abc import Sequence

from aggregation.alerts.releases import ComparedRelease, compared_releases, read_at_once
from aggregation.analytics.numbers import age_of_version
from aggregation.dashboard.figures import Figures, major
from aggregation.dashboard.panel import SHARE_COLUMNS, UNKNOWN, Cell, Chart, Column, Panel, share_cells
from aggregation.dashboard.panels.errors import FEWEST_REPORTS, error_share
from aggregation.dashboard.panels.printers import success
from aggregation.dashboard.panels.tables import SHARING_ERRORS
from aggregation.dashboard.shares import ratio
from aggregation.judging.releases import Comparison, ReleaseVerdict
from aggregation.rollups.properties import SAME
from aggregation.rollups.scopes import Scope
from aggregation.rollups.values import OTHER
from aggregation.weeks import iso_name

JUDGED = 6
"""So many newest releases of a line are judged."""
_ORDER = (Comparison.WORSE, Comparison.BETTER, Comparison.UNKNOWN, Comparison.SAME)
_WORDS = {
    Comparison.WORSE: "worse",
    Comparison.BETTER: "better",
    Comparison.SAME: "the same",
    Comparison.UNKNOWN: "not yet known",
}


def verdicts(figures: Figures) -> Panel:
    """What each release did to each kind of error."""
    judged = judge(figures)
    rows: list[list[Cell]] = []
    for one in judged:
        release, found = one.release, one.verdicts
        ordered = sorted(found.items(), key=lambda item: (_ORDER.index(item[1].comparison), -item[1].share))
        rows += [[release.version, kind, *_told(verdict)] for kind, verdict in ordered]
    return Panel(
        key="verdicts",
        title="What each release did to errors",
        question="Did it break something?",
        sentence=verdict_sentence(judged),
        population=f"{SHARING_ERRORS}; of all homes, whatever the filter",
        columns=(
            Column("version", "version"),
            Column("error", "error"),
            Column("verdict", "verdict"),
            Column("weeks", "weeks judged"),
            Column("share", "homes with it", "%"),
            Column("expected", "expected", "%"),
            Column("ratio", "times as common"),
            Column("low", "at least"),
            Column("high", "at most"),
            Column("more_homes", "homes still needed"),
        ),
        rows=rows,
        hints=(
            "Expected is what earlier releases had at the same age.",
            "A harmless release is called worse in at most 2 of 100 cases, all kinds taken together.",
        ),
    )


def verdict_sentence(judged: Sequence[ComparedRelease]) -> str:
    """Tell what the newest release of each line did."""
    newest: dict[str, ComparedRelease] = {}
    for one in judged:
        newest.setdefault(major(one.release.version), one)
    return " ".join(map(_sentence, newest.values())) or "No release has been there for a whole week yet."


def rates(figures: Figures) -> Panel:
    """What each version is like beside its verdict."""
    apart = figures.apart(Scope.APP_VERSION, figures.recent)
    enough = [name for name, weeks in apart.items() if sum(one("active") for one in weeks) >= FEWEST_REPORTS]
    names = sorted((name for name in enough if name != OTHER), key=age_of_version, reverse=True)
    rows: list[list[Cell]] = []
    for name in names:
        weeks = apart[name]
        hours = sum(counts("capped_usage", "print_hours") for counts in weeks)
        errors = sum(sum(counts.by_value("capped_errors").values()) for counts in weeks)
        reports = sum(counts("active") for counts in weeks)
        with_error = error_share(weeks)
        rows.append([name, reports, _per_hundred(errors, hours), success(weeks), with_error.percent])
    return Panel(
        key="rates",
        title="Trend over versions",
        question="Do versions become better?",
        sentence=(
            f"{len(rows)} versions had at least {FEWEST_REPORTS} reports in the four weeks to"
            f" {figures.week_name}."
        ),
        population="homes that reported about the weeks, of all homes, whatever the filter",
        columns=(
            Column("version", "version"),
            Column("reports", "reports"),
            Column("per_100_hours", "errors in 100 printed hours"),
            Column("success", "completed by the middle home", "%"),
            Column("with_error", "reports with an error", "%"),
        ),
        rows=rows,
        chart=Chart.BARS,
        drawn=["with_error"],
        links=figures.links("version", names),
        hints=("Figures, no verdicts: who runs an old version is not like who runs a new one.",),
    )


def changed(figures: Figures) -> Panel:
    """How homes fare in the week in which they change to a version, beside those that stay."""
    apart = figures.apart(Scope.CHANGED_TO, figures.recent)
    stayed = error_share(apart.pop(SAME, []))
    found = {name: error_share(weeks) for name, weeks in apart.items() if name != OTHER}
    enough = {name: one for name, one in found.items() if one.whole >= FEWEST_REPORTS}
    names = sorted(enough, key=age_of_version, reverse=True)
    rows: list[list[Cell]] = []
    for name in names:
        times = ratio(enough[name], stayed)
        told: list[Cell] = [UNKNOWN] * 3 if times is None else [round(number, 2) for number in times]
        rows.append([name, enough[name].whole, *share_cells(enough[name]), *told])
    return Panel(
        key="changed",
        title="In the week of the update",
        question="Do homes have errors when they update?",
        sentence=(
            f"Of the homes that stayed with their version, an error is in {stayed.of('weekly reports')} of"
            f" the four weeks to {figures.week_name}."
        ),
        population=f"{SHARING_ERRORS}; of all homes, whatever the filter",
        columns=(
            Column("version", "changed to"),
            Column("reports", "reports"),
            *SHARE_COLUMNS,
            Column("ratio", "times as common as without a change"),
            Column("ratio_low", "at least"),
            Column("ratio_high", "at most"),
        ),
        rows=rows,
        hints=("Who updates early is not like who does not: no verdict.",),
    )


def judge(figures: Figures) -> list[ComparedRelease]:
    """Return the newest releases of each line, the newest first; alarms are judged from the very same."""
    releases = compared_releases(figures.sums, figures.week)
    judged: list[ComparedRelease] = []
    for line in figures.lines:
        same = [one for one in releases if major(one.release.version) == major(line.versions[0])]
        judged += same[: -JUDGED - 1 : -1]
    read_at_once(figures.sums, judged)
    return judged


def _told(verdict: ReleaseVerdict) -> list[Cell]:
    """Return the cells of a verdict."""
    ratio = [UNKNOWN] * 3 if verdict.ratio is None else [round(number, 2) for number in verdict.ratio]
    return [
        _WORDS[verdict.comparison],
        verdict.weeks,
        round(100 * verdict.share, 2),
        round(100 * verdict.expected, 2),
        *ratio,
        _needed(verdict),
    ]


def _needed(verdict: ReleaseVerdict) -> Cell:
    """Return how many more homes it takes to tell."""
    if verdict.comparison is not Comparison.UNKNOWN:
        return 0
    if verdict.more_homes is not None:
        return verdict.more_homes
    return f"{verdict.more_releases} more releases" if verdict.more_releases else "more than there will be"


def _sentence(judged: ComparedRelease) -> str:
    """Tell what a release did, in words."""
    version = judged.release.version
    names = {
        comparison: [kind for kind, one in judged.verdicts.items() if one.comparison is comparison]
        for comparison in Comparison
    }
    if worse := names[Comparison.WORSE]:
        return f"{version} made {_and(worse)} more common."
    if not judged.verdicts:
        return f"No home with {version} has told of an error."
    open_, same = names[Comparison.UNKNOWN], names[Comparison.SAME]
    told = f"{version}, first seen in {iso_name(judged.release.first)}, made no error surely more common"
    better = f"; {_and(names[Comparison.BETTER])} became rarer" if names[Comparison.BETTER] else ""
    return f"{told}: {len(same)} kinds are the same, {len(open_)} not yet known{better}."


def _and(names: Sequence[str]) -> str:
    """Return names as a sentence has them."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _per_hundred(errors: int, hours: int) -> float:
    """Return the errors in a hundred hours, 0 without any hour."""
    return round(100 * errors / hours, 2) if hours else 0.0


PANELS = {
    "verdicts": verdicts,
    "changed": changed,
    "rates": rates,
}
