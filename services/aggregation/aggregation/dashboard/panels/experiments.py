"""Experiments: power before, whether the draw was fair, and the result at the horizon and not before.

A home draws its variant by itself and tells it in the weeks in which the features have their turn. Sums of
variants are those of these weeks; a home counts once in intervals, however many of them there were.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import sqrt
from typing import Final

from aggregation.dashboard.figures import Counts, Figures
from aggregation.dashboard.panel import SHARE_COLUMNS, UNKNOWN, Cell, Column, Panel, share_cells
from aggregation.dashboard.panels.errors import error_share
from aggregation.dashboard.panels.printers import OUTCOMES
from aggregation.dashboard.shares import Share, share
from aggregation.dictionary import DICTIONARY, Experiment
from aggregation.judging.distributions import normal_quantile
from aggregation.judging.intervals import Rate, rate_ratio, wilson
from aggregation.rollups.scopes import PAIR, Scope
from aggregation.weeks import iso_name

TURNS: Final = len(DICTIONARY.report.turns)
"""A home tells its variant in one of so many weeks."""
LEVEL: Final = 0.05
POWER: Final = 0.8
FAIR: Final = 0.99
"""How sure a draw is called unfair: whoever believes that looks no further."""
LONGEST: Final = 104
FEATURE: Final = "feature_on:"
_WHOLE = 100.0
POPULATION = "homes that take part and told it, all of them, whatever the filter"

type Measured = Callable[[Sequence[Counts]], Share]


def _completed(weeks: Sequence[Counts]) -> Share:
    """Return the share of completed prints among those that ended."""
    completed, *others = (sum(counts("capped_usage", name) for counts in weeks) for name in OUTCOMES)
    return share(completed, completed + sum(others))


MEASURES: Final[Mapping[str, Measured]] = {"errors": error_share, "prints_completed": _completed}
"""What variants can be compared by, beside `feature_on:` and the name of a feature."""


@dataclass(frozen=True)
class Run:
    """An experiment with the weeks of each of its variants; the others are compared with the first."""

    name: str
    declared: Experiment
    first: int | None
    """The first week in which a home told of it; None before."""
    weeks: Mapping[str, Sequence[Counts]]
    """From the first to the last complete week, or to the horizon."""

    @property
    def horizon(self) -> int | None:
        """Return the last week that counts."""
        return None if self.first is None else self.first + self.declared.horizon_weeks - 1

    def reports(self, variant: str) -> int:
        """Return in how many reports a variant was told."""
        return sum(counts("active") for counts in self.weeks[variant])

    def homes(self, variant: str) -> int:
        """Return how many homes that is at most: each tells in its turn."""
        most = max((counts("active") for counts in self.weeks[variant]), default=0)
        return min(self.reports(variant), TURNS * most)

    def measured(self, variant: str) -> Share:
        """Return what the variants are compared by, of the homes with one."""
        found = measure_of(self.declared.measure)(self.weeks[variant])
        return share(found.part, found.whole, min(found.whole, self.homes(variant)))


def measure_of(name: str) -> Measured:
    """Return what a measure is reckoned by; raises KeyError for one that there is not."""
    if name.startswith(FEATURE):
        return partial(_feature, name.removeprefix(FEATURE))
    return MEASURES[name]


def _feature(name: str, weeks: Sequence[Counts]) -> Share:
    """Return the share of homes with a feature on, of those that tell of it."""
    on, off = (sum(counts(f"feature_{state}", name) for counts in weeks) for state in ("on", "off"))
    return share(on, on + off)


def runs(figures: Figures) -> list[Run]:
    """Return the experiments that are declared."""
    if not DICTIONARY.experiments:
        return []
    span = range(figures.week - LONGEST + 1, figures.week + 1)
    found = figures.apart(Scope.EXPERIMENT, span)
    return [_run(name, one, found, span) for name, one in sorted(DICTIONARY.experiments.items())]


def _run(name: str, declared: Experiment, found: Mapping[str, Sequence[Counts]], span: range) -> Run:
    """Return an experiment."""
    weeks = {variant: found.get(f"{name}{PAIR}{variant}", ()) for variant in declared.variants}
    told = [
        at
        for at, week in enumerate(span)
        if any(counts and counts[at]("active") for counts in weeks.values())
    ]
    if not told:
        return Run(name, declared, None, dict.fromkeys(declared.variants, ()))
    first, last = told[0], told[0] + declared.horizon_weeks
    return Run(name, declared, span[first], {one: counts[first:last] for one, counts in weeks.items()})


def power(figures: Figures) -> Panel:
    """Which difference an experiment can find, with the homes that there are."""
    recent = [figures.all_at(week) for week in figures.recent]
    able = figures.all_at(figures.week)("consent", "features")
    rows: list[list[Cell]] = []
    for one in runs(figures):
        usual = measure_of(one.declared.measure)(recent).percent / _WHOLE
        each = able * one.declared.population // 100 // len(one.declared.variants)
        rows.append(
            [
                one.name,
                one.declared.measure,
                one.declared.population,
                one.declared.horizon_weeks,
                each,
                round(_WHOLE * usual, 2),
                _detectable(usual, each, len(one.declared.variants) - 1),
            ]
        )
    return Panel(
        key="power",
        title="Before it begins",
        question="What can it find?",
        sentence=(
            f"{rows[0][0]}: with {int(rows[0][4]):,} homes for each variant, a difference of {rows[0][6]}"
            f" points from {float(rows[0][5]):.1f} % is found in {100 * POWER:.0f} of 100 cases."
            if rows
            else "No experiment is declared."
        ),
        population="homes that share their features, all of them, whatever the filter",
        columns=(
            Column("experiment", "experiment"),
            Column("measure", "compared by"),
            Column("population", "of the homes take part", "%"),
            Column("horizon", "weeks"),
            Column("homes", "homes for each variant"),
            Column("usual", "usual", "%"),
            Column("difference", "difference that is found, in points"),
        ),
        rows=rows,
        hints=(f"Two-sided, {100 * LEVEL:.0f} %, shared by the comparisons.",),
    )


def _detectable(usual: float, homes: int, comparisons: int) -> Cell:
    """Return the difference in points that is found often enough; unknown without homes."""
    if homes <= 0:
        return UNKNOWN
    sure = normal_quantile(1 - LEVEL / 2 / comparisons) + normal_quantile(POWER)
    return round(_WHOLE * sure * sqrt(2 * usual * (1 - usual) / homes), 2)


def balance(figures: Figures) -> Panel:
    """Whether the variants of an experiment have as many homes as they should."""
    rows: list[list[Cell]] = []
    for one in runs(figures):
        rows += [
            [one.name, *_drawn(one, variant)] for variant in one.declared.variants if one.first is not None
        ]
    unfair = sorted({str(row[0]) for row in rows if row[-1] == "not fair"})
    names = dict.fromkeys(str(row[0]) for row in rows)
    return Panel(
        key="balance",
        title="Who takes part",
        question="Was the draw fair?",
        sentence=(
            f"{', '.join(unfair)}: the draw was not fair; believe no result."
            if unfair
            else f"{', '.join(names)}: as many homes in each variant as a fair draw gives."
            if names
            else "No experiment runs."
        ),
        population=POPULATION,
        columns=(
            Column("experiment", "experiment"),
            Column("variant", "variant"),
            Column("reports", "reports"),
            Column("homes", "homes, at most"),
            *SHARE_COLUMNS,
            Column("fair", "fair share", "%"),
            Column("is_fair", "draw"),
        ),
        rows=rows,
        hints=(f"Called unfair where that is {100 * FAIR:.0f} % sure.",),
    )


def _drawn(run: Run, variant: str) -> list[Cell]:
    """Return how many homes have a variant, and whether so many should."""
    total = sum(map(run.reports, run.weeks))
    homes = sum(map(run.homes, run.weeks))
    mine, fair = run.homes(variant), 1 / len(run.weeks)
    sure = wilson(mine, homes, FAIR)
    is_fair = "fair" if sure.low <= fair <= sure.high else "not fair"
    part = share(run.reports(variant), total, homes)
    return [variant, run.reports(variant), mine, *share_cells(part), round(_WHOLE * fair, 2), is_fair]


def result(figures: Figures) -> Panel:
    """What the variants differ in, at the horizon."""
    rows: list[list[Cell]] = []
    told: list[str] = []
    for one in runs(figures):
        if one.horizon is None:
            told.append(f"No home has told of {one.name} yet.")
        elif figures.week < one.horizon:
            told.append(f"{one.name} has a result once {iso_name(one.horizon)} is complete, and none before.")
        else:
            found = _compared(one)
            rows += found
            told.append(_sentence(one, found))
    return Panel(
        key="result",
        title="Result",
        question="Is one way better?",
        sentence=" ".join(told) or "No experiment runs.",
        population=POPULATION,
        columns=(
            Column("experiment", "experiment"),
            Column("variant", "variant"),
            Column("part", "with it"),
            Column("whole", "of"),
            *SHARE_COLUMNS,
            Column("ratio", "times the first"),
            Column("ratio_low", "at least"),
            Column("ratio_high", "at most"),
        ),
        rows=rows,
        hints=("Of the weeks up to the horizon, whatever has come since. Looked at once: no peeking.",),
    )


def _compared(run: Run) -> list[list[Cell]]:
    """Return the variants with how many times as frequent it is as with the first."""
    first, *others = run.declared.variants
    rows: list[list[Cell]] = []
    for variant in (first, *others):
        here, base = run.measured(variant), run.measured(first)
        ratio: list[Cell] = [UNKNOWN] * 3
        if variant != first and here.whole and base.whole:
            factor = max(here.whole / here.homes, base.whole / base.homes)
            found = rate_ratio(
                Rate(here.part, here.whole), Rate(base.part, base.whole), 1 - LEVEL / len(others), factor
            )
            ratio = [round(number, 2) for number in found]
        rows.append([run.name, variant, here.part, here.whole, *share_cells(here), *ratio])
    return rows


def _sentence(run: Run, rows: Sequence[Sequence[Cell]]) -> str:
    """Tell what the variants differ in."""
    first, measure = run.declared.variants[0], run.declared.measure
    sure = [row for row in rows if row[8] != UNKNOWN and (float(row[8]) > 1 or float(row[9]) < 1)]
    if not sure:
        return f"{run.name}: no variant surely differs from {first} in {measure}."
    return " ".join(
        f"{run.name}: {measure} is {row[7]} times ({row[8]}\u2013{row[9]}) as frequent with {row[1]} as with"
        f" {first}."
        for row in sure
    )


PANELS = {"power": power, "balance": balance, "result": result}
