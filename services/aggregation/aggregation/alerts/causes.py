"""Causes: what was found in a week, grouped so that there is one alarm for each cause."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from aggregation.alerts.evidence import Evidence
from aggregation.alerts.watch import Cause, watched_of
from aggregation.judging.multiple import AGAIN_LEVEL, MAIL_LEVEL, holm
from aggregation.judging.verdicts import Change


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one cause, the strongest first."""

    cause: str
    evidence: list[Evidence]
    is_strong: bool
    """Whether it stands when all that is watched is looked at together: then it is worth a mail."""
    is_sure: bool = False
    """Whether it is so sure that it is worth one even soon after another."""

    @property
    def chance(self) -> float:
        """Return the chance of the strongest."""
        return min(each.judged.chance for each in self.evidence)

    @property
    def affected(self) -> float:
        """Return how many homes make the difference, about."""
        return max(each.judged.affected for each in self.evidence)


def grouped(all_evidence: Iterable[Evidence]) -> list[Found]:
    """Return the causes of what was found in a week, those that affect most homes first."""
    every = list(all_evidence)
    strong, sure = standing(every), standing(every, AGAIN_LEVEL)
    alarms = [each for each in every if each.judged.is_alarm]
    groups: defaultdict[str, list[Evidence]] = defaultdict(list)
    for each in alarms:
        groups[_cause(each, alarms)].append(each)
    found = [
        Found(
            cause=cause,
            evidence=sorted(group, key=lambda each: (each.judged.chance, each.series)),
            is_strong=any(key_of(each) in strong for each in group),
            is_sure=any(key_of(each) in sure for each in group),
        )
        for cause, group in groups.items()
    ]
    return sorted(found, key=lambda each: (-each.affected, each.cause))


def standing(every: Iterable[Evidence], level: float = MAIL_LEVEL) -> frozenset[str]:
    """Return the keys of what stands when all that was judged is looked at together."""
    return holm({key_of(each): each.judged.chance for each in every}, level)


def key_of(each: Evidence) -> str:
    """Return what a test is told apart by."""
    return f"{each.series} {type(each.inputs).__name__}"


def _cause(each: Evidence, alarms: Iterable[Evidence]) -> str:
    """Return what lies behind a finding.

    Fewer homes are also fewer prints and reports, and those of one property are some of all: when all homes
    fall silent, that is the one cause. An error that spreads is also more errors.
    """
    name, _, value = each.series.partition("/")
    if name in {Cause.RELEASE, Cause.SILENCE}:
        return "/".join(each.series.split("/")[:2])
    others = {other.series for other in alarms}
    cause = watched_of(name).cause
    is_fewer = each.judged.change == Change.FALLEN
    if name == "return" or (is_fewer and name in {"received", "new"} and "return" in others):
        return Cause.HOMES if "return" in others or not value else f"{Cause.HOMES}/{value}"
    if cause is Cause.ERRORS:
        kinds = sorted(other for other in others if other.startswith("errors/"))
        return each.series if value else kinds[0] if len(kinds) == 1 else Cause.ERRORS
    return cause if cause is Cause.SUBMISSIONS else f"{cause}/{each.series}"
