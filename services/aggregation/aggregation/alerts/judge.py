"""Judging a week: every series of it against those of the weeks before."""

from collections.abc import Iterator, Mapping, Sequence

from aggregation.alerts.evidence import CountInputs, DriftInputs, Evidence, MixInputs, ShareInputs, evidence
from aggregation.alerts.observe import Observation, Pair
from aggregation.alerts.watch import COUNTS, MIXES, watched_of
from aggregation.judging.calendar import allowance
from aggregation.judging.dispersion import Part
from aggregation.judging.mixes import REFERENCE, WINDOW, Mix
from aggregation.judging.returns import FEWEST_DRIFT_WEEKS, Returning
from aggregation.judging.trend import Weekly
from aggregation.judging.verdicts import Rule
from aggregation.weeks import monday

MOST_WEEKS = 156
"""So much history is read at most."""
MIX_WEEKS = WINDOW + REFERENCE
DRIFT_WEEKS = 91
"""A quarter that is looked at, one that is left out, and a year that both are compared with."""


def judge(weeks: Sequence[Observation], week: int, rules: Mapping[str, Rule]) -> list[Evidence]:
    """Return what is said of every series of the last of the weeks, which are without a gap."""
    history, now = weeks[-MOST_WEEKS - 1 : -1], weeks[-1]
    found = [*_shares(history, now, week, rules), *_counts(history, now, week, rules)]
    return [*found, *_mixes(history, now, week, rules), *_drift(weeks, week, rules)]


def iso_week(week: int) -> int:
    """Return the number of a week in its year."""
    return monday(week).isocalendar().week


def _shares(
    history: Sequence[Observation], now: Observation, week: int, rules: Mapping[str, Rule]
) -> Iterator[Evidence]:
    """Judge the shares of homes."""
    for series, pair in sorted(now.shares.items()):
        watched = watched_of(series)
        if rule := rules.get(series.partition("/")[0]):
            before = tuple(Part(*each.shares.get(series, (0, 0))) for each in history)
            wider = allowance(watched.spread, iso_week(week), len(history))
            yield evidence(series, week, ShareInputs(rule, wider, before, Part(*pair)))


def _counts(
    history: Sequence[Observation], now: Observation, week: int, rules: Mapping[str, Rule]
) -> Iterator[Evidence]:
    """Judge the counts."""
    homes = now.shares.get("return", (0, 0))[1]
    for series in COUNTS:
        if series not in rules or series not in now.counts:
            continue
        before = _since_first([each.counts.get(series, (0, 0)) for each in history])
        wider = allowance(watched_of(series).spread, iso_week(week), len(before))
        inputs = CountInputs(rules[series], wider, before, Weekly(*now.counts[series]), homes)
        yield evidence(series, week, inputs)


def _mixes(
    history: Sequence[Observation], now: Observation, week: int, rules: Mapping[str, Rule]
) -> Iterator[Evidence]:
    """Judge the mixes."""
    for series in MIXES:
        if series in rules and series in now.mixes:
            before: tuple[Mix, ...] = tuple(each.mixes.get(series, {}) for each in history[-MIX_WEEKS:])
            yield evidence(series, week, MixInputs(rules[series].level, before, now.mixes[series]))


def _drift(weeks: Sequence[Observation], week: int, rules: Mapping[str, Rule]) -> Iterator[Evidence]:
    """Add up what no single week shows."""
    if "return" not in rules or len(weeks) <= FEWEST_DRIFT_WEEKS:
        return
    first = week - len(weeks) + 1
    pairs = (
        Returning(iso_week(first + number), *each.shares.get("return", (0, 0)))
        for number, each in enumerate(weeks)
    )
    yield evidence("return", week, DriftInputs(tuple(pairs)[-DRIFT_WEEKS:]))


def _since_first(pairs: Sequence[Pair]) -> tuple[Weekly, ...]:
    """Return weeks from the first that anything is known of."""
    first = next((number for number, pair in enumerate(pairs) if pair[1]), len(pairs))
    return tuple(Weekly(*pair) for pair in pairs[first:])
