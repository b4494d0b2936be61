"""What the wire tells beside the reports, addresses aside: as version 0.1.0 sent them, and as it is now.

The moments are drawn by the integration's own code. How often each thing happens is assumed, and said.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
import sys
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from custom_components.printernizer_stats.core.sharing.identity import signing_time
from custom_components.printernizer_stats.core.sharing.schedule import deletion_slot, late_slot

HOUR: Final = 3600.0
WEEK: Final = 168 * HOUR
RETURNING: Final = 20  # homes that come back in one week, each with a backlog
DELETING: Final = 20  # homes that have everything deleted within four weeks
KEPT: Final = 6  # weeks of each
UNSYNCHRONISED: Final = 0.1  # of the homes have a clock that nobody sets right
CODINGS: Final = {"gzip, deflate": 0.2, "gzip, deflate, br": 0.3, "gzip, deflate, zstd": 0.5}

type Moments = list[list[float]]
"""When each home's requests come, one after the other (seconds)."""


class Row(NamedTuple):
    """What is looked at, and how often a guess by it was right, and is."""

    name: str
    before: float
    now: float


def by_value(values: Sequence[float], following: Sequence[float], tolerance: float) -> float:
    """How often the closest value of the next week is the same home's; equally close ones are drawn."""
    now, then = np.array(values), np.array(following)
    apart = np.abs(now[:, None] - then[None, :])
    good = apart <= apart.min(axis=1, keepdims=True) + tolerance
    return float((good.diagonal() / good.sum(axis=1)).mean())


def by_sequence(moments: Moments, fits: Callable[[NDArray[np.float64]], NDArray[np.bool_]]) -> float:
    """How often a guess at a later request of the same home is right, by the time since one."""
    flat = np.array([moment for each in moments for moment in each])
    owner = np.array([home for home, each in enumerate(moments) for _ in each])
    right = []
    for number, home in enumerate(owner):
        good = fits(flat - flat[number])
        if (own := good & (owner == home)).any():
            right.append(own.sum() / good.sum())
    return float(np.mean(right))


def drawn(random: Random, homes: int, begin: float, draw: Callable[[float, Random], float]) -> Moments:
    """Draw when requests come that wait for each other."""
    moments: Moments = []
    for _ in range(homes):
        at = random.uniform(0, begin)
        each = []
        for _ in range(KEPT):
            each.append(at)
            at = draw(at, random)
        moments.append(each)
    return moments


def within(low: float, high: float) -> Callable[[NDArray[np.float64]], NDArray[np.bool_]]:
    """Whether as much time went by as does between two requests of one home."""
    return lambda apart: (apart >= low) & (apart <= high) & (apart != 0)


def clocks(homes: int, random: Random) -> tuple[float, float]:
    """Return what a clock's error in the proof gives: in whole seconds, and as it is signed now."""
    skews = [
        random.uniform(-300, 300) if random.random() < UNSYNCHRONISED else random.gauss(0, 0.2)
        for _ in range(homes)
    ]
    now, then = ([int(skew + random.random()) for skew in skews] for _ in range(2))
    moments = [random.uniform(0, WEEK) for _ in range(homes)]
    signed = [signing_time(at, at + skew) - at // 60 * 60 for at, skew in zip(moments, skews, strict=True)]
    return by_value(now, then, 0), by_value(signed, signed, 0)


def headers(homes: int, random: Random) -> float:
    """Return what `Accept-Encoding` gives when it says what is installed."""
    codings = random.choices(range(len(CODINGS)), list(CODINGS.values()), k=homes)
    return by_value(codings, codings, 0)


def rows(homes: int, seed: int) -> list[Row]:
    """Return each thing that the wire tells, and what it gives."""
    random, blind = Random(seed), 1 / homes
    late = (
        drawn(random, RETURNING, WEEK, lambda at, _: at + HOUR),
        drawn(random, RETURNING, WEEK, late_slot),
    )
    deleted = (
        drawn(random, DELETING, 4 * WEEK, lambda at, _: at + 0.2),
        drawn(random, DELETING, 4 * WEEK, deletion_slot),
    )
    return [
        Row("a cookie that the service set", 1.0, blind),
        Row("the connection, of a backlog and of a deletion", 1.0, blind),
        Row("`Accept-Encoding`", headers(homes, random), blind),
        Row("the clock's error, in the proof", *clocks(homes, random)),
        Row(
            f"the rhythm of a backlog of {KEPT} weeks, when {RETURNING} homes come back in a week",
            by_sequence(late[0], within(HOUR - 2, HOUR + 2)),
            by_sequence(late[1], within(6 * HOUR, 72 * HOUR)),
        ),
        Row(
            f"the rhythm of a deletion of {KEPT} weeks, when {DELETING} homes delete in four weeks",
            by_sequence(deleted[0], within(0, 1)),
            by_sequence(deleted[1], within(HOUR, 24 * HOUR)),
        ),
    ]
