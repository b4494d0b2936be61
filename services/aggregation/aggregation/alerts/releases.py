"""Releases: versions that are young enough to be judged, and what they are compared with."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

from aggregation.alerts.evidence import Evidence, ReleaseInputs, as_evidence, of_release
from aggregation.analytics.question import Weeks
from aggregation.analytics.sums import Sums, Week, values_of
from aggregation.judging.dispersion import Part
from aggregation.judging.releases import LOOKS, Kind, ReleaseVerdict, judge_release
from aggregation.rollups.values import OTHER

HISTORY = 104
"""Weeks in which earlier releases are looked for."""
FIRST_SHARE = 0.01
"""A release begins in the first week in which more than this of the most homes that it ever has run it."""
MOST_EARLIER = 12
AGES = len(LOOKS)

type ByWeek = Mapping[int, Week]


class Release(NamedTuple):
    """A version, when it came, and the weeks of its homes."""

    version: str
    first: int
    weeks: ByWeek


class JudgedRelease(NamedTuple):
    """A release with what its verdicts were made from, and the verdicts, by kind of error."""

    release: Release
    kinds: dict[str, Kind]
    verdicts: dict[str, ReleaseVerdict]


def judge_releases(sums: Sums, week: int) -> list[Evidence]:
    """Return the verdicts on all kinds of error of versions that came in the last weeks up to one."""
    young = (one for one in release_verdicts(sums, week) if week - one.release.first < AGES)
    return [
        as_evidence(f"release/{one.release.version}/{kind}", week, inputs, of_release(inputs, verdict))
        for one in young
        for kind, verdict in one.verdicts.items()
        for inputs in [ReleaseInputs(one.kinds, kind)]
    ]


def release_verdicts(sums: Sums, week: int) -> Iterator[JudgedRelease]:
    """Yield all releases whose beginning is known with what is known of them by a week, the oldest first.

    A release is compared with those before it of the same major version.
    """
    releases = _releases(sums, Weeks.up_to(week, HISTORY))
    for number, release in enumerate(releases):
        major = Version(release.version).major
        earlier = [other for other in releases[:number] if Version(other.version).major == major]
        kinds = _compared(release, earlier[-MOST_EARLIER:], week)
        yield JudgedRelease(release, kinds, judge_release(kinds))


def _releases(sums: Sums, weeks: Weeks) -> list[Release]:
    """Return the versions that came in the weeks, the oldest version first."""
    found = [
        Release(version, first, by_week)
        for version, by_week in sums.scope("app_version", weeks).items()
        if _is_version(version) and (first := _first(by_week, weeks)) is not None
    ]
    return sorted(found, key=lambda release: Version(release.version))


def _compared(release: Release, earlier: Sequence[Release], week: int) -> dict[str, Kind]:
    """Return the kinds of error that homes of a release tell of, with those of the releases before."""
    first_weeks = (release.weeks.get(release.first + age, {}) for age in range(AGES))
    kinds = sorted({kind for sums in first_weeks for kind in values_of(sums, "error_homes") if kind})
    return {
        kind: Kind(_ages(release, week, kind), [_ages(other, week, kind) for other in earlier])
        for kind in kinds
    }


def _ages(release: Release, last: int, kind: str) -> list[Part]:
    """Return homes with an error in the first weeks of a version."""
    told = (release.weeks.get(week, {}) for week in range(release.first, min(release.first + AGES, last + 1)))
    return [
        Part(values_of(sums, "error_homes").get(kind, 0), values_of(sums, "error_reporting").get("", 0))
        for sums in told
    ]


def _first(by_week: ByWeek, weeks: Weeks) -> int | None:
    """Return the first week of a version, None for one that was there before the weeks."""
    homes = {week: values_of(by_week.get(week, {}), "active").get("", 0) for week in weeks}
    enough = FIRST_SHARE * max(homes.values())
    first = next((week for week, number in homes.items() if number > enough), None)
    return None if first == weeks.first else first


def _is_version(name: str) -> bool:
    """Tell whether a value is a version."""
    if name == OTHER:
        return False
    try:
        Version(name)
    except InvalidVersion:
        return False
    return True
