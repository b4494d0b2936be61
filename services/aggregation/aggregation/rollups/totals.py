"""Totals: sums by row of `rollups`, in memory by "measure:value", stored as JSON by measure and value."""

# The helper of Counter that is written in C: a home adds 1 to most of its sums, in many rows.
from collections import Counter, _count_elements, defaultdict  # type: ignore[attr-defined]
from collections.abc import Mapping, Sequence
from functools import lru_cache
import sys
from typing import NamedTuple

from msgspec.json import decode, encode

type Amount = tuple[str, int]
"""A measure with a value of it, "measure:value", and how much."""
type Sums = dict[str, dict[str, int]]
"""The sums of a row by measure and value."""


PLACE_BYTES, PLACE_BITS = 8, 64
"""Room for the sum of what any number of homes can tell of one name."""


class RollupKey(NamedTuple):
    """The key of a row of `rollups`."""

    scope: str
    week: int
    scope_value: str


class Totals(defaultdict[RollupKey, Counter[str]]):
    """Sums by row, and in each by "measure:value"."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__(Counter)

    def add_all(self, other: Totals) -> None:
        """Add all of another."""
        for key, sums in other.items():
            self[key].update(sums)

    def subtract(self, other: Totals) -> None:
        """Take all of another away."""
        for key, sums in other.items():
            self[key].subtract(sums)


class Tally:
    """Adds up what homes add to sums.

    All amounts of a home are one number, 64 bits for each name: in each scope they are one addition.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts: defaultdict[tuple[str, int, str], Counter[str]] = defaultdict(Counter)
        self._packed: defaultdict[tuple[str, int, str], int] = defaultdict(int)
        self._places: dict[str, int] = {}

    def add(
        self,
        week: int,
        scopes: Sequence[tuple[str, str]],
        homes: Sequence[str],
        amounts: Sequence[Amount] = (),
    ) -> None:
        """Add 1 to the sums of some names, and amounts to those of others, in each scope of a week."""
        packed = self._pack(amounts)
        for scope, scope_value in scopes:
            key = (scope, week, scope_value)
            _count_elements(self._counts[key], homes)
            if packed:
                self._packed[key] += packed

    def totals(self) -> Totals:
        """Return the sums of all that was added."""
        totals = Totals()
        for key, counts in self._counts.items():
            totals[RollupKey(*key)] = counts
        size = PLACE_BYTES * len(self._places)
        for key, packed in self._packed.items():
            counts = self._counts[key]
            amounts = memoryview(packed.to_bytes(size, sys.byteorder)).cast("Q")
            for name, amount in zip(self._places, amounts, strict=True):
                if amount:
                    counts[name] = counts.get(name, 0) + amount
        return totals

    def _pack(self, amounts: Sequence[Amount]) -> int:
        """Return amounts as one number; raises ValueError for one below nothing, which there is none of."""
        packed = 0
        for name, amount in amounts:
            if amount < 0:
                raise ValueError
            packed += amount << PLACE_BITS * self._places.setdefault(name, len(self._places))
        return packed


def unpack(text: str) -> dict[str, int]:
    """Return the sums of a stored row by "measure:value"."""
    stored = decode(text, type=Sums)
    return {f"{measure}:{value}": total for measure, sums in stored.items() for value, total in sums.items()}


def with_changes(text: str | None, changes: Mapping[str, int]) -> str:
    """Return a stored row with changes; sums of nothing are left out."""
    stored: Sums = decode(text, type=Sums) if text else {}
    for name, amount in changes.items():
        if not amount:
            continue
        measure, value = _parts(name)
        sums = stored.get(measure)
        if sums is None:
            stored[measure] = {value: amount}
        elif total := sums.get(value, 0) + amount:
            sums[value] = total
        else:
            del sums[value]
            if not sums:
                del stored[measure]
    return encode(stored).decode()


@lru_cache(maxsize=100_000)
def _parts(name: str) -> tuple[str, str]:
    """Return the measure and the value of a name."""
    measure, _, value = name.partition(":")
    return measure, value
