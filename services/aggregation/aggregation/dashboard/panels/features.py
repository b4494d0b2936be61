"""Features: which are used, which are not."""

from functools import partial

from aggregation.dashboard.figures import Figures
from aggregation.dashboard.panel import SHARE_COLUMNS, Cell, Chart, Column, Panel, share_cells
from aggregation.dashboard.panels.tables import weeks_table
from aggregation.dashboard.shares import Share, share

SHARING = "homes that tell of the feature in the week"
SELDOM = 10.0
"""A feature that surely fewer than so many percent use is hardly used."""


def feature_shares(figures: Figures, week: int) -> dict[str, Share]:
    """Return the share of the homes that have each feature on, the most used first."""
    sums = figures.at(week)
    on, off = sums.by_value("feature_on"), sums.by_value("feature_off")
    found = {name: share(on.get(name, 0), on.get(name, 0) + off.get(name, 0)) for name in on | off}
    return dict(sorted(found.items(), key=lambda item: (-item[1].percent, item[0])))


def use(figures: Figures) -> Panel:
    """How many homes use each feature."""
    found = feature_shares(figures, figures.week)
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
    names = list(feature_shares(figures, figures.week))[:8]

    def percent(name: str, week: int) -> float:
        """Return the share of a feature in a week."""
        sums = figures.at(week)
        on = sums("feature_on", name)
        return share(on, on + sums("feature_off", name)).percent

    table = weeks_table(
        figures,
        {Column(name, _words(name), "%"): partial(percent, name) for name in names},
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


def underused(figures: Figures) -> Panel:
    """What nobody finds."""
    found = {name: one for name, one in feature_shares(figures, figures.week).items() if one.high < SELDOM}
    rows: list[list[Cell]] = [[name, one.part, one.whole, *share_cells(one)] for name, one in found.items()]
    return Panel(
        key="underused",
        title="Hardly used",
        question="Which feature does nobody find?",
        sentence=(
            f"{', '.join(map(_words, found))}: surely on in fewer than {SELDOM:.0f} % of the homes."
            if found
            else f"No feature is surely on in fewer than {SELDOM:.0f} % of the homes."
        ),
        population=SHARING,
        columns=(Column("feature", "feature"), Column("on", "on"), Column("homes", "homes"), *SHARE_COLUMNS),
        rows=rows,
        hints=("Surely: also the upper end of the interval is below.",),
    )


def _trend_sentence(figures: Figures, names: list[str]) -> str:
    """Tell which feature moved most over the weeks that are shown."""
    first = next((week for week in figures.weeks if feature_shares(figures, week)), figures.week)
    before, now = feature_shares(figures, first), feature_shares(figures, figures.week)
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
    "underused": underused,
}
