"""Evidence: what was found, with all that it takes to find it again, byte for byte."""

from math import exp
from typing import Any

import msgspec

from aggregation.judging.calendar import Allowance
from aggregation.judging.dispersion import Part
from aggregation.judging.drift import LIMIT
from aggregation.judging.mixes import Mix, judge_mix
from aggregation.judging.releases import Comparison, Kind, ReleaseVerdict, judge_release
from aggregation.judging.returns import Returning, return_drift
from aggregation.judging.shares import judge_share
from aggregation.judging.trend import Weekly, judge_trend
from aggregation.judging.verdicts import Change, Rule

_DIGITS = 9
"""So many digits of a float are kept: the last ones depend on the machine."""
DRIFT_CHANCE = 0.001
"""About how often a drift is found in a week by chance (docs/service/judging.md)."""
SILENCE_CHANCE = 1e-6
"""A silence is one that has at most this chance."""


class Judged(msgspec.Struct, frozen=True):
    """What a test says, in words that all tests have in common."""

    change: str
    chance: float
    affected: float
    """Homes, about, that make the difference."""
    verdict: dict[str, Any]
    """All that the test itself says."""

    @property
    def is_alarm(self) -> bool:
        """Tell whether it is a change that one should know of."""
        return self.change in {Change.FALLEN, Change.RISEN, Comparison.WORSE}


class ShareInputs(msgspec.Struct, frozen=True, tag="share"):
    """What the share test is given."""

    rule: Rule
    allowance: Allowance
    history: tuple[Part, ...]
    now: Part

    def judge(self) -> Judged:
        """Return what it says."""
        found = judge_share(self.history, self.now, self.rule, self.allowance)
        affected = abs(found.value - found.expected) * self.now.homes
        return Judged(found.change, found.chance, affected, msgspec.to_builtins(found))


class CountInputs(msgspec.Struct, frozen=True, tag="count"):
    """What the trend test is given."""

    rule: Rule
    allowance: Allowance
    history: tuple[Weekly, ...]
    now: Weekly
    homes: int

    def judge(self) -> Judged:
        """Return what it says."""
        found = judge_trend(self.history, self.now, self.rule, self.allowance)
        relative = abs(found.value - found.expected) / max(found.expected, 1.0)
        return Judged(found.change, found.chance, min(1.0, relative) * self.homes, msgspec.to_builtins(found))


class MixInputs(msgspec.Struct, frozen=True, tag="mix"):
    """What the composition guard is given."""

    level: float
    history: tuple[Mix, ...]
    now: Mix

    def judge(self) -> Judged:
        """Return what it says."""
        found = judge_mix(self.history, self.now, self.level)
        affected = found.distance * sum(self.now.values())
        return Judged(found.change, found.chance, affected, msgspec.to_builtins(found))


class DriftInputs(msgspec.Struct, frozen=True, tag="drift"):
    """What is added up for a drift: the weeks, the one that is judged the last."""

    weeks: tuple[Returning, ...]

    def judge(self) -> Judged:
        """Return whether there is one."""
        found = return_drift(self.weeks)
        is_found = found.fallen > LIMIT
        said = {"sum": found.fallen, "limit": LIMIT, "weeks": found.fallen_weeks}
        now = self.weeks[-1]
        usual = sum(week.again for week in self.weeks) / max(1, sum(week.before for week in self.weeks))
        affected = max(0.0, usual * now.before - now.again)
        return Judged(
            Change.FALLEN if is_found else Change.USUAL, DRIFT_CHANCE if is_found else 1.0, affected, said
        )


class ReleaseInputs(msgspec.Struct, frozen=True, tag="release"):
    """What a release verdict is made from: all kinds, as they share the level, and which one is meant."""

    kinds: dict[str, Kind]
    kind: str

    def judge(self) -> Judged:
        """Return the verdict on the kind."""
        return of_release(self, judge_release(self.kinds)[self.kind])


class SilenceInputs(msgspec.Struct, frozen=True, tag="silence"):
    """How many reports were expected in days in which none came."""

    days: int
    expected: float

    def judge(self) -> Judged:
        """Return whether that is a silence; reports go missing together, so a tenth of them counts."""
        chance = exp(-self.expected / 10)
        is_silent = chance <= SILENCE_CHANCE
        said = {"days": self.days, "expected": self.expected}
        return Judged(Change.FALLEN if is_silent else Change.USUAL, chance, self.expected, said)


type Inputs = ShareInputs | CountInputs | MixInputs | DriftInputs | ReleaseInputs | SilenceInputs


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A series in a week, and what is said of it."""

    series: str
    week: int
    inputs: Inputs
    judged: Judged


def of_release(inputs: ReleaseInputs, found: ReleaseVerdict) -> Judged:
    """Return a release verdict in common words."""
    homes = sum(week.homes for week in inputs.kinds[inputs.kind].now)
    return Judged(
        found.comparison,
        found.chance,
        abs(found.share - found.expected) * homes,
        msgspec.to_builtins(found),
    )


def evidence(series: str, week: int, inputs: Inputs) -> Evidence:
    """Return what is found of a series in a week."""
    return as_evidence(series, week, inputs, inputs.judge())


def as_evidence(series: str, week: int, inputs: Inputs, judged: Judged) -> Evidence:
    """Return evidence of what was judged already."""
    return Evidence(series=series, week=week, inputs=inputs, judged=_rounded(judged))


def encode(found: list[Evidence]) -> str:
    """Return evidence as it is kept."""
    return msgspec.json.encode(found, order="deterministic").decode()


def decode(text: str) -> list[Evidence]:
    """Return evidence that was kept; raises msgspec.ValidationError."""
    return msgspec.json.decode(text, type=list[Evidence])


def replayed(text: str) -> str:
    """Return kept evidence judged again; the same text, unless the rules have changed since."""
    return encode([evidence(each.series, each.week, each.inputs) for each in decode(text)])


def _rounded(judged: Judged) -> Judged:
    """Return what was judged with as many digits as every machine agrees on."""
    return msgspec.convert(_short(msgspec.to_builtins(judged)), Judged)


def _short(value: Any) -> Any:
    """Return a value with short floats."""
    match value:
        case float():
            return float(f"{value:.{_DIGITS}g}")
        case dict():
            return {key: _short(each) for key, each in value.items()}
        case list() | tuple():
            return [_short(each) for each in value]
    return value
