"""Counting one value of a measure, or all of it, in the weeks of a line, and the figures of that."""

from collections.abc import Iterable, Mapping, Sequence

from aggregation.analytics.answer import Figure
from aggregation.analytics.intervals import Interval, mean, wilson
from aggregation.analytics.rows import Week, values_of
from aggregation.rollups.measures import MEASURES, Kind, Measure, Values

type Count = tuple[float, float]
"""An amount, and the homes that could have been counted."""

_SQUARES = {
    Measure.CAPPED_USAGE: Measure.CAPPED_USAGE_SQUARES,
    Measure.CAPPED_ERRORS: Measure.CAPPED_ERRORS_SQUARES,
    Measure.CAPPED_PRINTERS: Measure.CAPPED_PRINTERS_SQUARES,
}


class Told:
    """What weeks tell of measures, looked up once for all lines about the same homes."""

    def __init__(self, weeks: Iterable[Week]) -> None:
        """Take the weeks."""
        self._weeks = list(weeks)
        self._values: dict[str, list[Mapping[str, int]]] = {}
        self._amounts: dict[tuple[str, str | None], list[float]] = {}

    def amounts(self, measure: str, value: str | None) -> list[float]:
        """Return one sum of each week, or all of its sums together."""
        found = self._amounts.get((measure, value))
        if found is None:
            if measure not in self._values:
                self._values[measure] = [values_of(week, measure) for week in self._weeks]
            found = _amounts(self._values[measure], value)
            self._amounts[measure, value] = found
        return found


class Counting:
    """What is asked of each week is settled once for a line, which may have hundreds of weeks."""

    def __init__(self, measure: Measure, value: str | None) -> None:
        """Take a measure, and a value of it or None for all."""
        self.kind = measure.declared.kind
        self.is_squared = measure in _SQUARES
        """Whether the interval comes of more than the count."""
        self._measure = measure
        self._value = value
        self._chosen = chosen(measure, value)
        self._of = [(name, _chosen_of(name, value)) for name in measure.declared.of]

    def counts(self, told: Told) -> list[Count]:
        """Return the amounts and the homes of weeks."""
        parts = told.amounts(self._measure, self._chosen)
        homes = [told.amounts(*each) for each in self._of]
        if not homes:
            return [(part, 0) for part in parts]
        whole = homes[0] if len(homes) == 1 else map(sum, zip(*homes, strict=True))
        return list(zip(parts, whole, strict=True))

    def figure(self, counts: Sequence[Count], weeks: Iterable[Week]) -> Figure:
        """Return the figure of one week or several: the total of a sum, the average week of homes."""
        parts, homes = zip(*counts, strict=True)
        total, all_homes, most = sum(parts), sum(homes), max(homes)
        if self.kind is Kind.HOMES:
            return share(total / len(counts), all_homes / len(counts), most)
        return Figure(
            amount=total,
            homes=all_homes / len(counts),
            rate=total / all_homes if all_homes else 0.0,
            interval=self._interval(weeks, total, all_homes, most) if self.is_squared else None,
        )

    def figure_of_week(self, week: Week, count: Count) -> Figure:
        """Return the figure of one week."""
        part, homes = count
        if self.kind is Kind.HOMES:
            return share(float(part), float(homes), homes)
        return Figure(
            amount=part,
            homes=float(homes),
            rate=part / homes if homes else 0.0,
            interval=self._interval([week], part, homes, homes) if self.is_squared else None,
        )

    def _interval(self, weeks: Iterable[Week], total: float, homes: float, most: float) -> Interval:
        """Return the interval of an amount for each home: the sums know how homes differ."""
        squared = _SQUARES[self._measure]
        squares = sum(values_of(week, squared).get(self._value or "", 0) for week in weeks)
        return mean(total, squares, homes, most)


def share(part: float, whole: float, homes: float) -> Figure:
    """Return the figure of some of the homes."""
    rate = part / whole if whole else 0.0
    return Figure(amount=part, homes=whole, rate=rate, interval=wilson(part, whole, homes))


def chosen(measure: Measure, value: str | None) -> str | None:
    """Return which sum of a measure is asked for; None for all of them together."""
    if value is None and (measure.declared.values is Values.NONE or measure.has_own_total):
        return ""
    return value


def amount(sums: Mapping[str, float], value: str | None) -> float:
    """Return one sum, or all together."""
    return sum(sums.values()) if value is None else sums.get(value, 0)


def _amounts(weeks: Sequence[Mapping[str, int]], value: str | None) -> list[float]:
    """Return the same of each week: of a hundred lines there are thousands, and most of them are empty."""
    if value is None:
        return [sum(sums.values()) if sums else 0 for sums in weeks]
    return [sums.get(value, 0) for sums in weeks]


def homes_of(name: str, value: str | None, sums: Mapping[str, float]) -> float:
    """Return how many homes could have been counted: of measures with values, for that one."""
    return amount(sums, _chosen_of(name, value))


def _chosen_of(name: str, value: str | None) -> str | None:
    """Return which sum of a measure counts the homes that could have been counted."""
    measure = MEASURES[name]
    return chosen(measure, value if measure.declared.values is Values.SEVERAL else None)
