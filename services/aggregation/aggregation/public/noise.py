"""Noise of public numbers: OpenDP's discrete Laplace mechanism.

OpenDP is an optional library (`pip install aggregation[insight]`): only what publishes needs it.
"""

from collections.abc import Callable, Sequence
from typing import Final

type Noise = Callable[[Sequence[int], float], list[int]]
"""Adds noise of a scale to each count."""

UNIT: Final = "one home in one week: whether it reports, and what"
CHANGED_BUCKETS: Final = 2
"""A home that reports something else leaves one bucket of a table and comes into another."""
HOMES_EPSILON: Final = 0.07
PRINTS_EPSILON: Final = 0.06
TABLE_EPSILON: Final = 0.29
MOST_TABLES: Final = 3
"""In one week: 0.07 + 0.06 + 3 x 0.29 = 1.0."""
MOST_PRINTS: Final = 24
"""A home counts for no more of the prints."""
HOMES_SCALE: Final = 1 / HOMES_EPSILON
PRINTS_SCALE: Final = MOST_PRINTS / PRINTS_EPSILON
TABLE_SCALE: Final = CHANGED_BUCKETS / TABLE_EPSILON


class MissingLibraryError(RuntimeError):
    """OpenDP is not installed."""

    def __init__(self) -> None:
        super().__init__("Publishing needs OpenDP: pip install 'printernizer-stats-aggregation[insight]'")


def discrete_laplace() -> Noise:
    """Return the mechanism; raises MissingLibraryError."""
    try:
        import opendp.prelude as dp  # noqa: PLC0415  (heavy, and only the process that publishes has it)
    except ImportError:
        raise MissingLibraryError from None
    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)

    def noisy(counts: Sequence[int], scale: float) -> list[int]:
        mechanism = space >> dp.m.then_laplace(scale=scale)
        return list(mechanism(list(counts)))

    return noisy
