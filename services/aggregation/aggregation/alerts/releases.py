"""Releases: versions that are young enough to be judged, and what they are compared with."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from packaging.version import InvalidVersion, Version

from aggregation.alerts.evidence import Evidence, ReleaseInputs, as_evidence, of_release
from aggregation.analytics.question import Weeks
from aggregation.analytics.rows import Week, told_of, values_of
from aggregation.analytics.sums import Sums
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
type Kinds = Mapping[str, Kind]


@dataclass(frozen=True)
class Release:
    """A version, and when it came."""

    version: str
    major: int
    """Its first number: versions of one are compared."""
    first: int
    last: int
    """The last one of its first weeks that is known."""
    sums: Sums

    @cached_property
    def weeks(self) -> ByWeek:
        """The sums of its homes in its first weeks."""
        return self.sums.weeks("app_version", self.version, Weeks(self.first, self.last))

    @cached_property
    def ages(self) -> Mapping[str, tuple[Part, ...]]:
        """Its homes with an error in its first weeks, by the kind; of one that none had there is nothing."""
        found = [told_of(sums, _parts, "error_homes") for sums in self.weeks.values()]
        kinds = {kind for parts in found for kind in parts}
        return {
            kind: tuple(parts.get(kind) or none for parts, none in zip(found, self._none, strict=True))
            for kind in kinds
        }

    @cached_property
    def _none(self) -> tuple[Part, ...]:
        """Its homes in its first weeks, with a kind of error that none of them had."""
        return tuple(Part(0, _sharing(sums)) for sums in self.weeks.values())

    def age(self, kind: str) -> tuple[Part, ...]:
        """Return its homes with an error of a kind in its first weeks."""
        return self.ages.get(kind) or self._none


@dataclass(frozen=True)
class ComparedRelease:
    """A release, and those that it is compared with."""

    release: Release
    earlier: Sequence[Release]

    @cached_property
    def kinds(self) -> Kinds:
        """What it is judged from, by the kinds of error that its homes tell of."""
        return {
            kind: Kind(self.release.age(kind), tuple(other.age(kind) for other in self.earlier))
            for kind in sorted(filter(None, self.release.ages))
        }

    @cached_property
    def verdicts(self) -> Mapping[str, ReleaseVerdict]:
        """The verdicts; those of figures that were judged lately are remembered."""
        return _judged(tuple(self.kinds.items()))


def read_at_once(sums: Sums, compared: Iterable[ComparedRelease]) -> None:
    """Read all that some verdicts need, instead of the weeks of one release after the other."""
    releases = {one for each in compared for one in (each.release, *each.earlier)}
    sums.read("app_version", {one.version: Weeks(one.first, one.last) for one in releases})


def judge_releases(sums: Sums, week: int) -> list[Evidence]:
    """Return the verdicts on all kinds of error of versions that came in the last weeks up to one."""
    young = [one for one in compared_releases(sums, week) if week - one.release.first < AGES]
    read_at_once(sums, young)
    return [
        as_evidence(f"release/{one.release.version}/{kind}", week, inputs, of_release(inputs, verdict))
        for one in young
        for kind, verdict in one.verdicts.items()
        for inputs in [ReleaseInputs(dict(one.kinds), kind)]
    ]


def compared_releases(sums: Sums, week: int) -> list[ComparedRelease]:
    """Return all releases whose beginning is known with what is known of them by a week, the oldest first.

    A release is compared with those before it of the same major version. Alarms and pages judge these alone.
    """
    releases = _releases(sums, Weeks.up_to(week, HISTORY))
    found = []
    for number, release in enumerate(releases):
        earlier = [other for other in releases[:number] if other.major == release.major]
        found.append(ComparedRelease(release, earlier[-MOST_EARLIER:]))
    return found


def _releases(sums: Sums, weeks: Weeks) -> list[Release]:
    """Return the versions that came in the weeks, the oldest version first."""
    homes: defaultdict[str, dict[int, int]] = defaultdict(dict)
    told = {week: found for week, found in sums.weeks("all", "", weeks).items() if values_of(found, "active")}
    for week, of_all in told.items():
        for version, number in values_of(of_all, "app_version").items():
            homes[version][week] = number
    found = []
    for version in sorted(filter(_is_version, homes), key=Version):
        enough = FIRST_SHARE * max(homes[version].values())
        first = min(week for week, number in homes[version].items() if number > enough)
        if first > min(told):  # else it may have been there before
            last = min(first + AGES - 1, weeks.last)
            found.append(Release(version, Version(version).major, first, last, sums))
    return found


@lru_cache(maxsize=64)
def _judged(kinds: tuple[tuple[str, Kind], ...]) -> Mapping[str, ReleaseVerdict]:
    """Return verdicts."""
    return judge_release(dict(kinds))


def _parts(sums: Week, measure: str) -> Mapping[str, Part]:
    """Return the homes of a week with an error, by the kind."""
    homes = _sharing(sums)
    return {kind: Part(number, homes) for kind, number in values_of(sums, measure).items()}


def _sharing(sums: Week) -> int:
    """Return the homes of a week that share errors."""
    return values_of(sums, "error_reporting").get("", 0)


def _is_version(name: str) -> bool:
    """Tell whether a value is a version."""
    if name == OTHER:
        return False
    try:
        Version(name)
    except InvalidVersion:
        return False
    return True
