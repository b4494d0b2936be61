"""Features: which are used, which are not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from aggregation.dashboard.figures import Counts, Figures
from aggregation.dashboard.panel import SHARE_COLUMNS, Cell, Chart, Column, Panel, share_cells
from aggregation.dashboard.panels.errors import error_share
from aggregation.dashboard.panels.tables import AGES, weeks_table
from aggregation.dashboard.shares import Share, percent, share
from aggregation.rollups.scopes import Scope

SHARING = "homes that tell of the feature in the week"
YOUNGEST, *_, OLDEST = AGES
SELDOM = 10.0
"""A feature that surely fewer than so many percent use is hardly used."""


def feature_shares(sums: Counts) -> dict[str, Share]:
    """Return the share of the homes that have each feature on, the most used first."""
    on, off = sums.by_value("feature_on"), sums.by_value("feature_off")
    found = {name: share(on.get(name, 0), on.get(name, 0) + off.get(name, 0)) for name in [*on, *off]}
    return dict(sorted(found.items(), key=lambda item: (-item[1].percent, item[0])))


def use(figures: Figures) -> Panel:
    """How many homes use each feature."""
    found = feature_shares(figures.at(figures.week))
    return Panel(
        key="use",
        title="Features in use",
        question="Which features are used, which are not?",
        sentence=use_sentence(figures, found),
        population=SHARING,
        columns=(
            Column("feature", "feature"),
            Column("on", "on"),
            Column("homes", "homes"),
            *SHARE_COLUMNS,
        ),
        rows=[[name, one.part, one.whole, *share_cells(one)] for name, one in found.items()],
        chart=Chart.BARS,
        drawn=["percent"],
    )


def use_sentence(figures: Figures, found: dict[str, Share]) -> str:
    """Tell the most and the least used feature."""
    if not found:
        return f"No home told of its features in {figures.week_name}."
    most, *_, least = [next(iter(found)), *found]
    if most == least:
        return f"{_words(most)} is on in {found[most].text} in {figures.week_name}."
    return (
        f"{_words(most)} is used most, in {found[most].text}, and {_words(least)} least,"
        f" in {found[least].text}, in {figures.week_name}."
    )


def over_time(figures: Figures) -> Panel:
    """How many homes use each feature in each week."""
    names = list(feature_shares(figures.at(figures.week)))[:8]

    def part_with(name: str, week: int) -> float:
        """Return the share of a feature in a week."""
        sums = figures.at(week)
        on = sums("feature_on", name)
        return percent(on, on + sums("feature_off", name))

    table = weeks_table(
        figures,
        {Column(name, _words(name), "%"): partial(part_with, name) for name in names},
    )
    return Panel(
        key="over_time",
        title="Features over time",
        question="Is a feature adopted?",
        sentence=_trend_sentence(figures, names),
        population=SHARING,
        columns=table.columns,
        rows=table.rows if names else [],
        chart=Chart.LINE,
        drawn=names,
        by_week=True,
    )


def by_age(figures: Figures) -> Panel:
    """How many homes use each feature, by how long they have been there."""
    week = range(figures.week, figures.week + 1)
    ages = {age: counts for age, (counts,) in figures.apart(Scope.AGE, week).items() if age in AGES}
    rows: list[list[Cell]] = []
    for name in feature_shares(figures.all_at(figures.week)):
        for age, title in AGES.items():
            if age in ages and (found := feature_shares(ages[age]).get(name)) is not None:
                rows.append([name, title, found.part, found.whole, *share_cells(found)])
    return Panel(
        key="by_age",
        title="Discovery",
        question="When are features found?",
        sentence=_discovery_sentence(ages),
        population=f"{SHARING}, by their age; of all homes, whatever the filter",
        columns=(
            Column("feature", "feature"),
            Column("age", "age of the home"),
            Column("on", "on"),
            Column("homes", "homes"),
            *SHARE_COLUMNS,
        ),
        rows=rows,
        hints=("Other homes at each age: no home is followed over time.",),
    )


def _discovery_sentence(ages: Mapping[str, Counts]) -> str:
    """Tell the feature that old homes use most more often than new ones."""
    young, old = (feature_shares(ages[age]) if age in ages else {} for age in (YOUNGEST, OLDEST))
    gained = {name: old[name].percent - young[name].percent for name in old if name in young}
    if not gained:
        return "There are not yet both new and old homes that tell of features."
    name = max(gained, key=lambda name: gained[name])
    return (
        f"{_words(name)} is found latest: on in {young[name].percent:.0f} % ({young[name].low:.0f}\u2013"
        f"{young[name].high:.0f}) of homes of {AGES[YOUNGEST]}, and in {old[name].percent:.0f} %"
        f" ({old[name].low:.0f}\u2013{old[name].high:.0f}) of those of {AGES[OLDEST]}."
    )


def friction(figures: Figures) -> Panel:
    """Whether errors come along with a first use, beside homes of the same age."""
    first = figures.apart(Scope.FEATURE_FIRST, figures.recent)
    usual = {age: error_share(weeks) for age, weeks in figures.apart(Scope.AGE, figures.recent).items()}
    rows: list[list[Cell]] = []
    for name, weeks in first.items():
        found = error_share(weeks)
        if found.whole:
            rows.append([name, found.whole, *share_cells(found), _expected(weeks, usual)])
    rows.sort(key=lambda row: (float(row[5]) - float(row[2]), str(row[0])))
    more = [row for row in rows if float(row[3]) > float(row[5])]
    return Panel(
        key="friction",
        title="Errors in the week of first use",
        question="Does a feature go along with errors at first?",
        sentence=(
            f"{', '.join(_words(str(row[0])) for row in more)}: errors are surely more common in the week of"
            " first use than in homes of the same age."
            if more
            else "No feature surely goes along with more errors in the week of its first use."
        ),
        population="homes that share errors and used the feature for the first time, four weeks together",
        columns=(
            Column("feature", "feature"),
            Column("reports", "first uses"),
            *SHARE_COLUMNS,
            Column("expected", "homes of the same age", "%"),
        ),
        rows=rows,
        hints=("What goes along with something need not come of it. Of all homes, whatever the filter.",),
    )


def _expected(weeks: Sequence[Counts], usual: Mapping[str, Share]) -> float:
    """Return the share of homes with an error that homes of the same ages have."""
    ages: Counter[str] = Counter()
    for counts in weeks:
        ages.update(counts.by_value("age"))
    known = {age: homes for age, homes in ages.items() if age in usual}
    homes = sum(known.values())
    return (
        round(sum(usual[age].percent * number for age, number in known.items()) / homes, 2) if homes else 0.0
    )


def underused(figures: Figures) -> Panel:
    """What nobody finds."""
    every = feature_shares(figures.at(figures.week))
    found = {name: one for name, one in every.items() if one.high < SELDOM}
    least = next(reversed(every), None)
    rows: list[list[Cell]] = [[name, one.part, one.whole, *share_cells(one)] for name, one in found.items()]
    return Panel(
        key="underused",
        title="Hardly used",
        question="Which feature does nobody find?",
        sentence=(
            f"{', '.join(map(_words, found))}: surely on in fewer than {SELDOM:.0f} % of the homes."
            if found
            else f"No feature is surely on in fewer than {SELDOM:.0f} % of the homes; {_words(least)} is used"
            f" least, in {every[least].text}."
            if least
            else f"No home told of its features in {figures.week_name}."
        ),
        population=SHARING,
        columns=(Column("feature", "feature"), Column("on", "on"), Column("homes", "homes"), *SHARE_COLUMNS),
        rows=rows,
        hints=("Surely: also the upper end of the interval is below.",),
    )


def _trend_sentence(figures: Figures, names: list[str]) -> str:
    """Tell which feature moved most over the weeks that are shown."""
    first = next((week for week in figures.weeks if feature_shares(figures.at(week))), figures.week)
    before, now = feature_shares(figures.at(first)), feature_shares(figures.at(figures.week))
    moved = {name: now[name].percent - before[name].percent for name in names if name in before}
    if not moved or first == figures.week:
        return "There are not yet two weeks that tell of features."
    name = max(moved, key=lambda name: abs(moved[name]))
    return (
        f"{_words(name)} moved most: from {before[name].percent:.0f} % to {now[name].percent:.0f} %"
        f" of the homes in {figures.week - first} weeks."
    )


def _words(name: str) -> str:
    """Return the name of a feature as it is read."""
    return name.removesuffix("_enabled").replace("_", " ")


PANELS = {
    "use": use,
    "over_time": over_time,
    "by_age": by_age,
    "friction": friction,
    "underused": underused,
}
