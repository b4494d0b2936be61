"""Simulated releases: homes with each kind of error, of earlier releases and of a new one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
import sys
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "services" / "aggregation"))

from aggregation.judging.dispersion import Part

WATCHED: Final = "watched"
KINDS: Final[Mapping[str, float]] = {
    WATCHED: 0.10,
    "common": 0.20,
    "usual": 0.10,
    "moderate": 0.05,
    "uncommon": 0.03,
    "rare": 0.01,
}
"""Share of homes of a week that have an error of the kind."""
RELEASES: Final = 12
"""Earlier ones: of a year, when there is one a month."""
WEEKS: Final = 3
OLD_HOMES: Final = 500
"""Homes of the release before, in the weeks in which the new one is judged."""


@dataclass(frozen=True)
class World:
    """What releases are like."""

    name: str
    spread: float = 0.0
    """Correlation of two homes of a version and a week."""
    between: float = 0.0
    """Correlation of two homes of a version in all its weeks."""
    novelty: tuple[float, ...] = (1.0, 1.0, 1.0)
    """How many times as often homes err in the first weeks of a version."""


WORLDS: Final = (
    World("independent homes"),
    World("overdispersion 0.01", spread=0.01),
    World("and new adopters err 1.3 times", spread=0.01, novelty=(1.3, 1.15, 1.05)),
    World("the same in all weeks of a release", between=0.01, novelty=(1.3, 1.15, 1.05)),
)


@dataclass(frozen=True)
class Release:
    """A kind of error: the new release, earlier ones at the same age, and the one before, meanwhile."""

    now: tuple[Part, ...]
    earlier: tuple[tuple[Part, ...], ...]
    meanwhile: tuple[Part, ...]
    """The release before, in the weeks of the new one."""


def releases(world: World, homes: int, random: Random, factor: float = 1.0) -> dict[str, Release]:
    """Return a new release by kind of error; the watched kind is so many times as common in it."""
    return {
        name: Release(
            _weeks(world, homes, share * (factor if name == WATCHED else 1.0), random),
            tuple(_weeks(world, homes, share, random) for _ in range(RELEASES)),
            tuple(_drawn(OLD_HOMES, share, world.spread, random) for _ in range(WEEKS)),
        )
        for name, share in KINDS.items()
    }


def _weeks(world: World, homes: int, share: float, random: Random) -> tuple[Part, ...]:
    """Return the first weeks of a release."""
    share = _varied(share, world.between, random)
    return tuple(_drawn(homes, min(0.99, share * each), world.spread, random) for each in world.novelty)


def _drawn(homes: int, share: float, spread: float, random: Random) -> Part:
    """Return how many homes of a week have the error."""
    return Part(random.binomialvariate(homes, _varied(share, spread, random)), homes)


def _varied(share: float, spread: float, random: Random) -> float:
    """Return a share that varies from week to week."""
    if not spread:
        return share
    size = 1 / spread - 1
    return random.betavariate(share * size, (1 - share) * size)
