"""Finding: what was said of something watched when its week was judged, in one line that is kept.

Kept for everything that is watched, alarm or not: mails and pages tell what moved most, and how rare that is.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from aggregation.alerts.causes import key_of, standing
from aggregation.alerts.evidence import Evidence
from aggregation.storage.schema_alarms import FINDINGS

SHARE, COUNT, MIX, DRIFT, RELEASE = "share", "count", "mix", "drift", "release"
MOST_TOLD: Final = 5
_OF_HOMES: Final = frozenset({SHARE, MIX, RELEASE})
_TESTS: Final = {
    "ShareInputs": SHARE,
    "CountInputs": COUNT,
    "MixInputs": MIX,
    "DriftInputs": DRIFT,
    "ReleaseInputs": RELEASE,
}
_VALUES: Final = {MIX: ("distance", "expected"), RELEASE: ("share", "expected"), DRIFT: ("weeks", "weeks")}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A series in a week."""

    week: int
    series: str
    test: str
    change: str
    is_alarm: bool
    """Whether it alone is beyond what its test calls usual."""
    is_beyond_chance: bool
    """Whether it stands when all that is watched is looked at together (Holm, 5 % a week)."""
    chance: float
    affected: float
    """Homes, about, that make the difference."""
    value: float
    """Percent where it is a part of the homes, else a count."""
    expected: float

    @property
    def watched(self) -> str:
        """Return what is watched, without whose or which."""
        return self.series.partition("/")[0]

    @property
    def unit(self) -> str:
        """Return what the value counts."""
        return "%" if self.test in _OF_HOMES else "weeks" if self.test == DRIFT else "count"


def findings_of(every: Sequence[Evidence]) -> list[Finding]:
    """Return all that was said of a week."""
    stand = standing(every)
    return [_finding(each, key_of(each) in stand) for each in every if type(each.inputs).__name__ in _TESTS]


def keep_findings(connection: Connection, week: int, every: Sequence[Evidence]) -> None:
    """Keep what was said of a week; raises IntegrityError where there is something already."""
    text = msgspec.json.encode(findings_of(every)).decode()
    connection.execute(FINDINGS.insert().values(week=week, findings=text))


def findings(connection: Connection, first: int, last: int) -> Mapping[int, list[Finding]]:
    """Return what was said of the weeks that were judged."""
    rows = connection.execute(select(FINDINGS).where(FINDINGS.c.week.between(first, last)))
    return {row.week: msgspec.json.decode(row.findings, type=list[Finding]) for row in rows}


def foremost(found: Iterable[Finding], most: int = MOST_TOLD) -> list[Finding]:
    """Return what moved most, each thing that is watched once: its groups often move together.

    First what is more than chance, then what its own test finds, both by the homes that make the difference;
    then by how rare it is.
    """
    told: dict[str, Finding] = {}
    for each in sorted(found, key=_rank):
        told.setdefault(each.watched, each)
    return list(told.values())[:most]


def _rank(each: Finding) -> tuple[object, ...]:
    """Return what sorts findings."""
    homes = -each.affected if each.is_alarm else 0.0
    return not each.is_beyond_chance, not each.is_alarm, homes, each.chance, each.series, each.week


def _finding(each: Evidence, stands: bool) -> Finding:
    """Return evidence in one line."""
    test, said = _TESTS[type(each.inputs).__name__], each.judged.verdict
    value, expected = (float(said[name]) for name in _VALUES.get(test, ("value", "expected")))
    factor = 100 if test in _OF_HOMES else 1
    return Finding(
        week=each.week,
        series=each.series,
        test=test,
        change=each.judged.change,
        is_alarm=each.judged.is_alarm,
        is_beyond_chance=stands and each.judged.is_alarm,
        chance=each.judged.chance,
        affected=round(each.judged.affected, 1),
        value=round(factor * value, 2),
        expected=round(factor * expected, 2),
    )
