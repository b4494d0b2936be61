"""Totals: sums by row of `rollups`, in memory by "measure:value", stored as JSON by measure and value."""

# The helper of Counter that is written in C: a home adds 1 to most of its sums, in many rows.
from collections import Counter, _count_elements, defaultdict  # type: ignore[attr-defined]
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.json import decode, encode

type Amount = tuple[str, int]
"""A measure with a value of it, "measure:value", and how much."""
type Sums = dict[str, dict[str, int]]
"""The sums of a row by measure and value."""


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

    def add(
        self,
        week: int,
        scopes: Sequence[tuple[str, str]],
        homes: Sequence[str],
        amounts: Sequence[Amount] = (),
    ) -> None:
        """Add 1 to the sums of some names, and amounts to those of others, in each scope of a week."""
        for scope, scope_value in scopes:
            sums = self[RollupKey(scope, week, scope_value)]
            _count_elements(sums, homes)
            for name, amount in amounts:
                sums[name] = sums.get(name, 0) + amount

    def add_all(self, other: Totals) -> None:
        """Add all of another."""
        for key, sums in other.items():
            self[key].update(sums)

    def subtract(self, other: Totals) -> None:
        """Take all of another away."""
        for key, sums in other.items():
            self[key].subtract(sums)


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
        measure, _, value = name.partition(":")
        sums = stored.setdefault(measure, {})
        total = sums.get(value, 0) + amount
        if total:
            sums[value] = total
        else:
            sums.pop(value, None)
            if not sums:
                del stored[measure]
    return encode(stored).decode()
