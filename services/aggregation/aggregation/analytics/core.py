"""The query core: a question in, an answer out; all is read from the sums, nothing from single reports."""

from collections.abc import Iterator, Mapping
from datetime import date

from sqlalchemy import Connection

from aggregation.analytics import gaps
from aggregation.analytics.answer import Answer, Figure, Line, Point
from aggregation.analytics.completeness import Completeness
from aggregation.analytics.intervals import Interval, mean, wilson
from aggregation.analytics.question import VALUE, Question
from aggregation.analytics.sums import Sums, Week, values_of
from aggregation.rollups.measures import MEASURES, UNITS, Kind, Measure, Values
from aggregation.rollups.scopes import Scope

type Source = Mapping[int, Week]
"""The weeks of the homes that a line is about."""

_SQUARES = {
    Measure.CAPPED_USAGE: Measure.CAPPED_USAGE_SQUARES,
    Measure.CAPPED_ERRORS: Measure.CAPPED_ERRORS_SQUARES,
    Measure.CAPPED_PRINTERS: Measure.CAPPED_PRINTERS_SQUARES,
}


class Core:
    """Answers questions at one moment, each row of the sums read once."""

    def __init__(self, connection: Connection, today: date) -> None:
        """Take a connection that sees one state of the whole, and the day (UTC)."""
        self._sums = Sums(connection)
        self._completeness = Completeness(self._sums, today)

    def ask(self, question: Question) -> Answer:
        """Return the answer to a question."""
        lines = [
            self._line(question, label, value, source)
            for label, value, source in _lines(question, self._sources(question))
        ]
        measure = question.measure
        return Answer(
            question=question,
            title=measure.declared.label,
            unit=measure.declared.unit or UNITS.get(question.value or "", ""),
            population=" or ".join(MEASURES[name].declared.label for name in measure.declared.of),
            lines=tuple(sorted(lines, key=lambda line: (-line.figure.amount, line.label))),
            freshness=self._sums.freshness(),
        )

    def _sources(self, question: Question) -> Mapping[str, Source]:
        """Return the weeks of the homes of each line, by label; all in one without a split by homes."""
        if isinstance(question.split, Scope):
            return self._sums.scope(question.split, question.weeks)
        scope, value = (question.filter.scope, question.filter.value) if question.filter else (Scope.ALL, "")
        return {"": self._sums.weeks(scope, value, question.weeks)}

    def _line(self, question: Question, label: str, value: str | None, source: Source) -> Line:
        """Return a line about one value, or all."""
        measure = question.measure
        figures = {week: _figure(measure, value, {week: sums}) for week, sums in source.items()}
        return Line(
            label=label,
            points=tuple(self._point(week, figure) for week, figure in figures.items()),
            figure=self._once(question, value, source) if question.once else _figure(measure, value, source),
        )

    def _point(self, week: int, figure: Figure) -> Point:
        """Return a week of a line."""
        return Point(
            week=week,
            figure=figure,
            complete=self._completeness.of(week),
            is_settled=self._completeness.is_settled(week),
        )

    def _once(self, question: Question, value: str | None, source: Source) -> Figure:
        """Return a figure for which each home of the weeks counts once."""
        measure = question.measure
        if measure is Measure.ACTIVE:
            homes = gaps.active_once(source)
            return _share(homes, homes, homes)
        by_gap = self._sums.scope(Scope.GAP, question.weeks)
        if measure is Measure.APP_VERSION:
            versions = gaps.versions_once(by_gap)
            homes = sum(versions.values())
            return _share(homes if value is None else versions.get(value, 0.0), homes, homes)
        part = _chosen(measure, value, gaps.once(by_gap, measure))
        homes = sum(_of_value(name, value, gaps.once(by_gap, name)) for name in measure.declared.of)
        return _share(part, homes, homes)


def _lines(question: Question, sources: Mapping[str, Source]) -> Iterator[tuple[str, str | None, Source]]:
    """Yield the label, the value and the weeks of each line."""
    for label, source in sources.items():
        if question.split != VALUE:
            yield label, question.value, source
            continue
        for value in sorted(
            {value for week in source.values() for value in values_of(week, question.measure)}
        ):
            if value:
                yield value, value, source


def _figure(measure: Measure, value: str | None, weeks: Source) -> Figure:
    """Return the figure of one week or several: the total of a sum, the average week of homes."""
    amounts = [_chosen(measure, value, values_of(week, measure)) for week in weeks.values()]
    homes = [
        sum(_of_value(name, value, values_of(week, name)) for name in measure.declared.of)
        for week in weeks.values()
    ]
    total, all_homes, most = sum(amounts), sum(homes), max(homes)
    if measure.declared.kind is Kind.HOMES:
        return _share(total / len(weeks), all_homes / len(weeks), most)
    return Figure(
        amount=total,
        homes=all_homes / len(weeks),
        rate=total / all_homes if all_homes else 0.0,
        interval=_mean(measure, value, weeks, total, all_homes, most),
    )


def _share(part: float, whole: float, homes: float) -> Figure:
    """Return the figure of some of the homes."""
    rate = part / whole if whole else 0.0
    return Figure(amount=part, homes=whole, rate=rate, interval=wilson(part, whole, homes))


def _mean(
    measure: Measure, value: str | None, weeks: Source, total: float, homes: float, most: float
) -> Interval | None:
    """Return the interval of an amount for each home, where the sums know how homes differ."""
    if measure not in _SQUARES:
        return None
    squares = sum(values_of(week, _SQUARES[measure]).get(value or "", 0) for week in weeks.values())
    return mean(total, squares, homes, most)


def _chosen(measure: Measure, value: str | None, sums: Mapping[str, float]) -> float:
    """Return one value of a measure, or all together."""
    if value is None and (measure.declared.values is Values.NONE or measure.has_own_total):
        value = ""
    return sum(sums.values()) if value is None else sums.get(value, 0)


def _of_value(name: str, value: str | None, sums: Mapping[str, float]) -> float:
    """Return how many homes could have been counted: of measures with values, for that one."""
    measure = MEASURES[name]
    return _chosen(measure, value if measure.declared.values is Values.SEVERAL else None, sums)
