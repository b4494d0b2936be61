"""What the alarms are compared with: the first service's rule, and a plain z-score."""

from collections.abc import Iterable, Sequence
from statistics import fmean, stdev
from typing import Final

FALL: Final = -0.2
RISE: Final = 0.5
WEEKS: Final = 8
FAR: Final = 3.0
ENDS_AFTER: Final = 2
"""Weeks without a finding that end an alarm."""


def first_service(series: Sequence[int]) -> bool:
    """Whether the latest week is a fifth below the one before, or half above."""
    change = (series[-1] - series[-2]) / max(1, series[-2])
    return change < FALL or change > RISE


def z_score(series: Sequence[int]) -> bool:
    """Whether the latest week is three standard deviations off the eight weeks before."""
    before = series[-WEEKS - 1 : -1]
    return abs(series[-1] - fmean(before)) > FAR * max(stdev(before), 1e-9)


def opened(found: Iterable[bool]) -> int:
    """Return how many alarms open, when quiet weeks end one."""
    number, quiet = 0, ENDS_AFTER
    for each in found:
        number += each and quiet >= ENDS_AFTER
        quiet = 0 if each else quiet + 1
    return number
