"""Release verdict: whether a version made a kind of error more or less common, as a share of its homes.

Compared with earlier releases at the same age: whoever updates in the first days errs more often, with every
release. How much releases differ anyway is learned from them, and shared between kinds. After each of the
first three weeks all weeks so far are judged together; the level is spent over these looks, and shared by the
kinds (Benjamini and Hochberg).
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from math import exp, sqrt
from statistics import fmean
from typing import Final, NamedTuple

import msgspec

from aggregation.judging.dispersion import Part, design_factor
from aggregation.judging.distributions import (
    beta_binomial_tails,
    normal_quantile,
    normal_tail,
    t_quantile,
    t_tails,
)
from aggregation.judging.intervals import USUAL, Interval
from aggregation.judging.multiple import benjamini_hochberg
from aggregation.judging.need import smallest

LEVEL: Final = 0.017
"""How often a harmless release is called worse, in any kind of error; measured it is at most 0.02."""
LOOKS: Final = (0.03, 0.07, 0.9)
"""What of the level is spent after one, two and three weeks."""
FEWEST_RELEASES: Final = 3
"""Earlier ones that are needed: fewer do not show how much releases differ."""
WORTH: Final = 2.0
"""Kinds that are less than this times as common, and more than one part in it, are called the same."""
FOUND: Final = 0.9
"""How often a doubling should be found."""
HOPEFUL: Final = 0.6
"""Kinds in which a doubling would be found less often than this are taken together apart."""
RARE: Final = 0.05
"""What of the level is for them: what has become ten times as common is found there, too."""
_BORROWED: Final = 5
"""So many times its own knowledge a kind takes from the others at most."""

type Weeks = Sequence[Part]
"""Homes with the error, and homes of the version that tell of errors, in the first, second, third week."""


class Comparison(StrEnum):
    """What a release did to a kind of error."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    UNKNOWN = "unknown"


class Kind(NamedTuple):
    """One kind of error: the weeks of the release, and of earlier ones."""

    now: Weeks
    earlier: Sequence[Weeks]


class ReleaseVerdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a release and a kind of error."""

    comparison: Comparison
    weeks: int
    """Of the release, that are judged."""
    share: float
    expected: float
    """The share of earlier releases at the same age."""
    ratio: Interval | None
    """How many times as common it is; None where earlier releases do not have it."""
    chance: float
    """How probable so many are when the release is harmless."""
    more_homes: int | None = None
    """About so many more are needed to tell; None when no number of homes is enough."""
    more_releases: int = 0
    """So many more releases are needed before anything can be told."""


class _Seen(NamedTuple):
    """A release after some weeks."""

    hits: int
    homes: int
    expected: float


class _Look(NamedTuple):
    """A kind after some weeks, and what earlier releases lead to expect."""

    now: _Seen
    spread: float
    """Of one more release, what is not known of the expectation included."""
    freedom: int

    @property
    def share(self) -> float:
        """Return what is expected."""
        return self.now.expected / self.now.homes

    def chances(self) -> tuple[float, float]:
        """Return the probabilities of so few and of so many when the release is harmless."""
        below, above = beta_binomial_tails(self.now.hits, self.now.homes, self.share, self.spread)
        deviate = normal_quantile(below) if below < above else -normal_quantile(above)
        return t_tails(deviate, self.freedom)


def judge_release(kinds: Mapping[str, Kind]) -> dict[str, ReleaseVerdict]:
    """Return the verdicts of a release: on all kinds that its homes tell of, so that none is left out."""
    found: dict[str, Comparison] = {}
    looks: dict[str, _Look] = {}
    chances: dict[str, tuple[float, float]] = {}
    for number, spent in enumerate(LOOKS, 1):
        here = {name: kind for name, kind in kinds.items() if len(kind.now) >= number}
        looks |= (new := _looks(here, number))
        chances |= {name: look.chances() for name, look in new.items()}
        for side, comparison in enumerate((Comparison.BETTER, Comparison.WORSE)):
            sure = _sure(new, {name: chances[name][side] for name in new}, LEVEL * spent)
            found |= dict.fromkeys(sure - found.keys(), comparison)
    return {
        name: _told(looks[name], chances[name], len(kind.now), found.get(name))
        if name in looks
        else _untold(kind)
        for name, kind in kinds.items()
    }


def _sure(looks: Mapping[str, _Look], chances: Mapping[str, float], level: float) -> frozenset[str]:
    """Return the kinds that stand; where a doubling can hardly be seen a small part of it is shared."""
    hopeful = {name for name, look in looks.items() if _power(look)(look.now.homes) >= HOPEFUL}
    able = {name: chance for name, chance in chances.items() if name in hopeful}
    rare = {name: chance for name, chance in chances.items() if name not in hopeful}
    return benjamini_hochberg(able, (1 - RARE) * level) | benjamini_hochberg(rare, RARE * level)


def _looks(kinds: Mapping[str, Kind], weeks: int) -> dict[str, _Look]:
    """Return what can be judged after so many weeks."""
    told = {name: _seen(kind, weeks) for name, kind in kinds.items()}
    able = {
        name: (now, before)
        for name, (now, before) in told.items()
        if len(before) >= FEWEST_RELEASES and 0 < now.expected < now.homes
    }
    own = {name: _excess(before) for name, (_, before) in able.items()}
    common = fmean(own.values()) if own else 0.0
    borrowed = min(_BORROWED, max(0, len(own) - 1))
    return {
        name: _look(now, before, (own[name] + borrowed * common) / (1 + borrowed), 1 + borrowed)
        for name, (now, before) in able.items()
    }


def _seen(kind: Kind, weeks: int) -> tuple[_Seen, list[_Seen]]:
    """Return a release and the earlier ones, each with what the earlier ones lead to expect at its ages."""
    earlier = [release[:weeks] for release in kind.earlier if sum(week.homes for week in release[:weeks])]
    shares = [_share([release[age] for release in earlier if len(release) > age]) for age in range(weeks)]
    return _sum(kind.now[:weeks], shares), [_sum(release, shares) for release in earlier]


def _share(parts: Sequence[Part]) -> float:
    """Return the share of all homes."""
    return sum([part.hits for part in parts]) / max(1, sum([part.homes for part in parts]))


def _sum(weeks: Weeks, shares: Sequence[float]) -> _Seen:
    """Return all weeks of a release together."""
    expected = sum([week.homes * share for week, share in zip(weeks, shares, strict=False)])
    return _Seen(sum([week.hits for week in weeks]), sum([week.homes for week in weeks]), expected)


def _excess(releases: Sequence[_Seen]) -> float:
    """Return the spread between releases by moments, also a negative one: it is averaged over kinds."""
    chi = sum(
        (seen.hits - seen.expected) ** 2 / (seen.expected * (1 - seen.expected / seen.homes))
        for seen in releases
        if 0 < seen.expected < seen.homes
    )
    return (chi / (len(releases) - 1) - 1) / max(1.0, fmean(seen.homes for seen in releases) - 1)


def _look(now: _Seen, before: Sequence[_Seen], spread: float, knowledge: int) -> _Look:
    """Return a kind with the spread of one more release."""
    spread = max(0.0, spread)
    about = 1 / sum(seen.homes for seen in before) + spread / len(before)
    return _Look(now, min(0.9, spread + about), knowledge * (len(before) - 1))


def _untold(kind: Kind) -> ReleaseVerdict:
    """Return what is known of a kind of which nothing is expected yet."""
    seen = _sum(kind.now, ())
    missing = max(0, FEWEST_RELEASES - sum(bool(sum(w.homes for w in each)) for each in kind.earlier))
    return ReleaseVerdict(
        comparison=Comparison.UNKNOWN,
        weeks=len(kind.now),
        share=seen.hits / max(1, seen.homes),
        expected=0.0,
        ratio=None,
        chance=1.0,
        more_releases=missing,
    )


def _told(look: _Look, chances: tuple[float, float], weeks: int, found: Comparison | None) -> ReleaseVerdict:
    """Return what is known of a kind after its last look."""
    ratio = _ratio(look)
    comparison = found or _without_finding(ratio)
    needed = smallest(_power(look), FOUND) if comparison is Comparison.UNKNOWN else None
    return ReleaseVerdict(
        comparison=comparison,
        weeks=min(weeks, len(LOOKS)),
        share=look.now.hits / look.now.homes,
        expected=look.share,
        ratio=ratio,
        chance=min(chances),
        more_homes=max(1, needed - look.now.homes) if needed else None,
    )


def _without_finding(ratio: Interval) -> Comparison:
    """Return whether a difference that matters can be ruled out."""
    return Comparison.SAME if ratio.low > 1 / WORTH and ratio.high < WORTH else Comparison.UNKNOWN


def _ratio(look: _Look) -> Interval:
    """Return how many times as common the error is, on the scale of logarithms."""
    value = (look.now.hits + 0.5) / (look.now.expected + 0.5)
    share = (look.now.hits + 0.5) / (look.now.homes + 1)
    variance = (1 - share) / (look.now.hits + 0.5) + look.spread * (1 - look.share) / look.share
    half = t_quantile((1 - USUAL) / 2, look.freedom) * sqrt(variance)
    return Interval(value, value * exp(-half), value * exp(half))


def _power(look: _Look) -> Callable[[int], float]:
    """Return what tells how often a doubling would be found with so many homes."""
    share, doubled = look.share, min(0.999, WORTH * look.share)
    usual, twice = share * (1 - share), doubled * (1 - doubled)
    quantile = t_quantile(LEVEL * LOOKS[-1], look.freedom)

    def found(homes: int) -> float:
        factor = design_factor(homes, look.spread) / homes
        limit = quantile * sqrt(usual * factor)
        return normal_tail((limit - (doubled - share)) / sqrt(twice * factor))

    return found
