"""Evidence of an alarm as panels: each finding with the weeks that it is compared with."""

from collections.abc import Iterator, Sequence
from typing import Any

from aggregation.alerts.evidence import (
    CountInputs,
    DriftInputs,
    Evidence,
    MixInputs,
    ReleaseInputs,
    ShareInputs,
)
from aggregation.alerts.words import sentence_of
from aggregation.dashboard.panel import Cell, Chart, Column, Panel
from aggregation.judging.dispersion import Part
from aggregation.weeks import iso_name

SHOWN_WEEKS = 52
SHOWN_VALUES = 15
_TESTS = {
    ShareInputs: "Share test: beta-binomial about the weeks before, with their overdispersion.",
    CountInputs: "Trend test: quasi-Poisson regression over the weeks before.",
    MixInputs: "Composition guard: the distance from the eight weeks before, by its own history.",
    DriftInputs: "CUSUM against the weeks that are a quarter and more before.",
    ReleaseInputs: "Release verdict: against earlier releases at the same age.",
}
_WEEK = (Column("week", "week"), Column("state", "reports"))
_SHARE = (Column("share", "share", "%"), Column("hits", "homes"), Column("homes", "of"))
_COUNT = (Column("value", "for each"), Column("events", "events"), Column("of", "of"))
_MIX = (Column("value", "value"), Column("before", "before", "%"), Column("now", "now", "%"))
_RELEASES = (Column("release", "release"), Column("hits", "homes with it"), Column("homes", "of"))
_SILENCE = (Column("days", "days without a report"), Column("expected", "reports expected"))
_BOUNDS = (("expected", "expected"), ("low", "not below"), ("high", "not above"))


def panels_of(found: Sequence[Evidence]) -> list[Panel]:
    """Return a panel for each finding of a week."""
    return [_panel(number, each) for number, each in enumerate(found)]


def _panel(number: int, each: Evidence) -> Panel:
    """Return a finding with its figures, its history and its test."""
    columns, rows = _table(each)
    is_by_week = tuple(columns[: len(_WEEK)]) == _WEEK
    chance = each.judged.chance
    return Panel(
        key=f"finding_{number}",
        title=each.series.replace("/", ", "),
        question=_TESTS.get(type(each.inputs), "Whether any report comes at all."),
        sentence=sentence_of(each),
        population=f"homes, all of them; about {each.judged.affected:,.0f} make the difference",
        columns=columns,
        rows=rows,
        chart=Chart.LINE if is_by_week else None,
        drawn=[column.name for column in columns[2:3]] if is_by_week else (),
        by_week=is_by_week,
        hints=(*_bounds(each), f"By chance in {100 * chance:.2g} % of weeks."),
    )


def _table(each: Evidence) -> tuple[Sequence[Column], list[list[Cell]]]:
    """Return what a finding was judged from, the oldest week first."""
    match each.inputs:
        case ShareInputs(history=history, now=now):
            return _shares(each.week, [*history, now])
        case CountInputs(history=history, now=now):
            columns = (*_WEEK, Column("value", "for each"), Column("events", "events"), Column("of", "of"))
            told = [
                [one.events / max(1.0, one.exposure), one.events, one.exposure] for one in (*history, now)
            ]
            return columns, _by_week(each.week, told)
        case MixInputs():
            return _MIX, list(_moved(each.judged.verdict["moved"]))
        case DriftInputs(weeks=weeks):
            return _shares(each.week, [Part(one.again, one.before) for one in weeks])
        case ReleaseInputs(kinds=kinds, kind=kind):
            releases = [*kinds[kind].earlier, kinds[kind].now]
            names = [f"{len(releases) - 1 - at} before" for at in range(len(releases) - 1)]
            return _RELEASES, [
                [name, sum(week.hits for week in weeks), sum(week.homes for week in weeks)]
                for name, weeks in zip([*names, "this one"], releases, strict=True)
            ]
        case silence:
            return _SILENCE, [[silence.days, round(silence.expected, 1)]]


def _shares(last: int, parts: Sequence[Part]) -> tuple[Sequence[Column], list[list[Cell]]]:
    """Return shares week by week."""
    columns = (*_WEEK, Column("share", "share", "%"), Column("hits", "homes"), Column("homes", "of"))
    return columns, _by_week(
        last, [[100 * one.hits / max(1, one.homes), one.hits, one.homes] for one in parts]
    )


def _by_week(last: int, told: Sequence[Sequence[float]]) -> list[list[Cell]]:
    """Return rows of weeks up to one."""
    shown = told[-SHOWN_WEEKS:]
    first = last - len(shown) + 1
    return [[iso_name(first + at), "complete", *(_short(one) for one in row)] for at, row in enumerate(shown)]


def _short(number: float) -> Cell:
    """Return a number that is whole, or has two digits."""
    return int(number) if number == int(number) else round(number, 2)


def _moved(moved: Sequence[dict[str, Any]]) -> Iterator[list[Cell]]:
    """Yield what has moved in a mix."""
    for one in moved[:SHOWN_VALUES]:
        yield [one["value"], round(100 * one["before"], 2), round(100 * one["now"], 2)]


def _bounds(each: Evidence) -> Iterator[str]:
    """Yield what was expected, and from where on it is a change."""
    is_share = isinstance(each.inputs, ShareInputs | MixInputs | ReleaseInputs)
    for name, text in _BOUNDS:
        bound = each.judged.verdict.get(name)
        if bound is not None:
            yield (
                f"{text.capitalize()}: {100 * bound:.1f} %."
                if is_share
                else f"{text.capitalize()}: {bound:,.1f}."
            )
