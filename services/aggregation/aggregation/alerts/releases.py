"""Releases: what versions are young enough to be judged, and what they are compared with."""

from collections.abc import Iterator, Mapping, Sequence

from packaging.version import InvalidVersion, Version

from aggregation.alerts.evidence import Evidence, ReleaseInputs, as_evidence, of_release
from aggregation.analytics.question import Weeks
from aggregation.analytics.sums import Sums, Week, values_of
from aggregation.judging.dispersion import Part
from aggregation.judging.releases import LOOKS, Kind, judge_release
from aggregation.rollups.values import OTHER

HISTORY = 104
"""Weeks in which earlier releases are looked for."""
FEWEST_HOMES = 10
"""A version is out in the first week in which it has so many homes."""
MOST_EARLIER = 12
AGES = len(LOOKS)

type ByWeek = Mapping[int, Week]


def judge_releases(sums: Sums, week: int, ages: int = AGES) -> list[Evidence]:
    """Return the verdicts on all kinds of error of versions that came in the last weeks up to one."""
    weeks = Weeks.up_to(week, HISTORY)
    versions = {name: found for name, found in sums.scope("app_version", weeks).items() if _number(name)}
    first = {name: born for name, found in versions.items() if (born := _first(found, weeks)) is not None}
    found: list[Evidence] = []
    for name in sorted(first, key=_order):
        if week - ages < first[name] <= week and first[name] > weeks.first:
            earlier = _earlier(name, first, weeks)
            found += _verdicts(name, week, first, versions, earlier)
    return found


def _verdicts(
    name: str, week: int, first: Mapping[str, int], versions: Mapping[str, ByWeek], earlier: Sequence[str]
) -> Iterator[Evidence]:
    """Yield the verdicts on a version."""
    names = sorted(_kinds(versions, [name, *earlier]))
    kinds = {
        kind: Kind(
            _ages(versions[name], first[name], week, kind),
            [_ages(versions[other], first[other], week, kind) for other in earlier],
        )
        for kind in names
    }
    for kind, verdict in judge_release(kinds).items():
        inputs = ReleaseInputs(kinds, kind)
        yield as_evidence(f"release/{name}/{kind}", week, inputs, of_release(inputs, verdict))


def _earlier(name: str, first: Mapping[str, int], weeks: Weeks) -> list[str]:
    """Return the releases before one, of the same major version, whose first weeks are known."""
    major = Version(name).major
    known = [
        other
        for other, born in first.items()
        if weeks.first < born and born + AGES <= first[name] and Version(other).major == major
    ]
    return sorted(known, key=lambda other: (first[other], _order(other)))[-MOST_EARLIER:]


def _ages(weeks: ByWeek, born: int, last: int, kind: str) -> list[Part]:
    """Return homes with an error in the first weeks of a version."""
    told = (weeks.get(week, {}) for week in range(born, min(born + AGES, last + 1)))
    return [
        Part(values_of(week, "error_homes").get(kind, 0), values_of(week, "error_reporting").get("", 0))
        for week in told
    ]


def _kinds(versions: Mapping[str, ByWeek], names: Sequence[str]) -> set[str]:
    """Return the kinds of error that homes of versions have."""
    return {
        kind
        for name in names
        for week in versions[name].values()
        for kind in values_of(week, "error_homes")
        if kind
    }


def _first(weeks: ByWeek, asked: Weeks) -> int | None:
    """Return the first week in which a version has homes enough."""
    return next(
        (week for week in asked if values_of(weeks.get(week, {}), "active").get("", 0) >= FEWEST_HOMES), None
    )


def _number(name: str) -> bool:
    """Tell whether a value is a version."""
    try:
        Version(name)
    except InvalidVersion:
        return False
    return name != OTHER


def _order(name: str) -> Version:
    """Return what versions are sorted by."""
    return Version(name)
