"""Data quality: how late reports come, what could not be counted by name, and what homes share."""

from collections import Counter
from functools import lru_cache, partial

from aggregation.dashboard.figures import HISTORY, Figures
from aggregation.dashboard.panel import UNKNOWN, Cell, Chart, Column, Panel
from aggregation.dashboard.panels.tables import REPORTING, donut, shares_table, weeks_table
from aggregation.dashboard.shares import percent, share
from aggregation.judging.mixes import MixVerdict, judge_mix
from aggregation.judging.verdicts import Change
from aggregation.rollups.values import OTHER

type Mix = tuple[tuple[str, int], ...]
"""Homes by value."""

_MIXES = {
    "country": "countries",
    "app_version": "versions",
    "deployment_mode": "deployments",
    "printer_type_homes": "types of printers",
}
_CHANGES = {Change.RISEN: "jumped", Change.USUAL: "usual", Change.UNKNOWN: UNKNOWN}
_DOOR = {
    "new": "stored",
    "same": "sent again",
    "refused": "refused",
    "apart": "counted apart",
}
_REFUSALS = {
    "400": "no JSON",
    "401": "not proven who sends it",
    "403": "no key, or one that may not send",
    "409": "another report was there for the period",
    "410": "the home was deleted",
    "413": "too large",
    "422": "not as the dictionary declares it",
    "429": "too often",
    "503": "the service could not store it; it is sent again",
}
_DELAYS = {
    "before": ("within the week", (-7, 0)),
    "first_week": ("in the week after", (1, 7)),
    "second_week": ("in the second week after", (8, 14)),
    "later": ("later", (15, 35)),
}
_CLIPPED = {
    "impossible": "more than a week and its printers allow",
    "bounded": "more than a home counts for",
}
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


def door(figures: Figures) -> Panel:
    """What became of what was sent, also of what is stored nowhere."""

    def total(beginning: str, week: int) -> int:
        """Return how often something happened in a week."""
        counts = figures.intake.get(week, Counter[str]())
        return sum(count for what, count in counts.items() if what.startswith(beginning))

    table = weeks_table(figures, {Column(name, title): partial(total, name) for name, title in _DOOR.items()})
    refused = sum(total("refused", week) for week in figures.weeks)
    return Panel(
        key="door",
        title="Taken in and refused",
        question="Is anything refused?",
        sentence=(
            f"{refused:,} submissions were refused in the {len(figures.weeks)} weeks that are shown."
            if figures.intake
            else "Nothing was sent to this service in the weeks that are shown."
        ),
        population="homes and whoever else sent something, all of them, whatever the filter",
        columns=table.columns,
        rows=table.rows if figures.intake else [],
        chart=Chart.LINE,
        drawn=list(_DOOR)[:3],
        by_week=True,
        hints=(
            "By the week in which it came. Counted at the door: what was under way at a crash is missing.",
        ),
    )


def reasons(figures: Figures) -> Panel:
    """Why something was refused, folded or dropped."""
    totals: Counter[str] = Counter()
    for counts in figures.intake.values():
        totals.update(counts)
    rows: list[list[Cell]] = [
        [_reason(what), what.partition("_")[0] if what.startswith("refused") else _way(what), count]
        for what, count in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        if what not in {"new", "same", "apart"}
    ]
    return Panel(
        key="reasons",
        title="Why",
        question="Why is something not counted as it was sent?",
        sentence=(
            f"Most often, {int(rows[0][2]):,} times: {rows[0][0]}."
            if rows
            else "Everything that was sent in the weeks that are shown is counted as it was sent."
        ),
        population="homes and whoever else sent something, all of them, whatever the filter",
        columns=(Column("reason", "reason"), Column("became", "was"), Column("times", "times")),
        rows=rows,
        hints=("The weeks that are shown together.",),
    )


def _reason(what: str) -> str:
    """Return a word of the door as it is read."""
    name, _, rest = what.partition("_")
    if name == "refused":
        return _REFUSALS.get(rest, f"status {rest}")
    return f"{what.rpartition('_')[0].replace('_', ' ')} that the dictionary does not have"


def _way(what: str) -> str:
    """Return what became of a value."""
    return {"folded": "counted as other"}.get(word := what.rpartition("_")[2], word)


def late(figures: Figures) -> Panel:
    """How long after its week a report came."""

    def within(name: str, week: int) -> float:
        """Return the share of reports about a week that came so many days after its end."""
        first, last = _DELAYS[name][1]
        delays = figures.all_at(week).by_value("delay")
        part = sum(homes for days, homes in delays.items() if first <= int(days) <= last)
        return percent(part, sum(delays.values()))

    spans = {Column(name, title, "%"): partial(within, name) for name, (title, _) in _DELAYS.items()}
    table = weeks_table(figures, spans)
    later = within("second_week", figures.week) + within("later", figures.week)
    return Panel(
        key="late",
        title="Late reports",
        question="How late do reports come?",
        sentence=f"{later:.0f} % of the reports about {figures.week_name} came more than a week after it.",
        population="homes that reported about the week, all of them, whatever the filter",
        columns=table.columns,
        rows=table.rows,
        chart=Chart.AREA,
        drawn=list(_DELAYS),
        by_week=True,
    )


def clipped(figures: Figures) -> Panel:
    """Which homes count for less than they tell."""
    sums = figures.at(figures.week)
    found = {text: share(sums("clipped", why), sums("active")) for why, text in _CLIPPED.items()}
    table = shares_table(Column("why", "why"), found)
    impossible = found[_CLIPPED["impossible"]]
    return Panel(
        key="clipped",
        title="Clipped figures",
        question="Do homes tell what cannot be?",
        sentence=f"In {figures.week_name} {impossible.text} told more than a week and their printers allow.",
        population=REPORTING,
        columns=table.columns,
        rows=table.rows,
        hints=(
            "A report is never refused for its counts: a home whose counter is wrong would lose its week.",
        ),
    )


def composition(figures: Figures) -> Panel:
    """Whether the mix of homes has jumped, against its own history."""
    history = range(figures.running - HISTORY + 1, figures.week)
    rows: list[list[Cell]] = []
    for measure, title in _MIXES.items():
        before = tuple(_mix(figures, measure, week) for week in history)
        found = _judged(before, _mix(figures, measure, figures.week))
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


def _mix(figures: Figures, measure: str, week: int) -> Mix:
    """Return the homes of a week by the values of a measure."""
    return tuple(figures.all_at(week).by_value(measure).items())


@lru_cache(maxsize=32)
def _judged(before: tuple[Mix, ...], now: Mix) -> MixVerdict:
    """Return whether a mix has jumped; of weeks that are complete it is judged again and again."""
    return judge_mix([dict(week) for week in before], dict(now))


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
    return donut(
        figures,
        "protocol",
        Column("protocol", "protocol"),
        key="protocols",
        title="Protocols",
        question="Who still speaks protocol 1.0?",
        said="{share} spoke protocol {first} in {week}.",
    )


PANELS = {
    "received": received,
    "door": door,
    "reasons": reasons,
    "late": late,
    "clipped": clipped,
    "composition": composition,
    "folded": folded,
    "consent": consent,
    "protocols": protocols,
}
