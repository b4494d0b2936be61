"""Rows of sums: parsed where they are asked for, and remembered as long as those of their week are the same.

Most are of weeks long past: what was read, parsed, or worked out of them holds until their state differs.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, override

from msgspec import DecodeError
from msgspec.json import Decoder

type Values = Mapping[str, int]
"""Sums of one measure by its value."""
type Week = Mapping[str, Values]
"""The measures of one week."""
type Place = tuple[str, str, int] | tuple[str, int]
"""Where rows stand: one by its scope, the value of that, and the week; all values of a scope without it."""

_LEAST = 100
"""As how many characters a place counts where there is nothing."""
_EMPTY = "{}"
_NOTHING: Values = {}
_VALUES = Decoder(dict[str, int])
_WEEK = Decoder(dict[str, dict[str, int]])


class Row(Mapping[str, Values]):
    """A stored row, of which only what is asked for is parsed: of a page there are hundreds."""

    __slots__ = ("_known", "_told", "text")

    def __init__(self, text: str) -> None:
        """Take a row as it is stored."""
        self.text = text
        self._known: dict[str, Values] = {}
        self._told: dict[tuple[object, str], Any] = {}

    @override
    def __getitem__(self, measure: str) -> Values:
        """Return the sums of a measure, none where there are none."""
        found = self._known.get(measure)
        if found is None:
            found = self._known[measure] = _cut_out(self.text, measure)
        return found

    @override
    def get(self, measure: str, _: object = None) -> Values:
        """Return the sums of a measure, none where there are none."""
        found = self._known.get(measure)
        return self[measure] if found is None else found

    @override
    def __iter__(self) -> Iterator[str]:
        """Yield the measures."""
        return iter(_parsed(self.text))

    @override
    def __len__(self) -> int:
        """Return how many measures there are."""
        return len(_parsed(self.text))

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return len(self.text) > len(_EMPTY)

    def told[T](self, work: Callable[[Week, str], T], measure: str) -> T:
        """Return what a function tells of a measure, worked out once."""
        key = work, measure
        if key not in self._told:
            self._told[key] = work(self, measure)
        told: T = self._told[key]
        return told


class Memory[T]:
    """What was read of weeks under the state of their sums: a number that no other state has."""

    def __init__(self, most: int) -> None:
        """Take how many characters are remembered, and up to as many that were not asked for lately."""
        self._most = most
        self._size = 0
        self._lately: dict[Place, tuple[int, T, int]] = {}
        self._before: dict[Place, tuple[int, T, int]] = {}

    def find(self, place: Place, state: int | None) -> T | None:
        """Return what was read in a place under a state, if that is remembered."""
        known = self._lately.get(place)
        if known is not None:
            return known[1] if known[0] == state else None
        known = self._before.get(place)
        if known is None or known[0] != state:
            return None
        self._keep(place, known)
        return known[1]

    def keep(self, place: Place, state: int | None, found: T, size: int) -> None:
        """Remember what was read, of so many characters; nothing without a state."""
        if state is not None:
            self._keep(place, (state, found, size + _LEAST))

    def _keep(self, place: Place, known: tuple[int, T, int]) -> None:
        """Remember, and forget what was not asked for lately where that is too much."""
        former = self._lately.get(place)
        self._lately[place] = known
        self._size += known[2] - (former[2] if former else 0)
        if self._size > self._most:
            self._before, self._lately, self._size = self._lately, {}, 0


def values_of(week: Week, measure: str) -> Values:
    """Return the sums of a measure in a week."""
    return week.get(measure, _NOTHING)


def told_of[T](week: Week, work: Callable[[Week, str], T], measure: str) -> T:
    """Return what a function tells of a measure in a week; of a row it is worked out once."""
    return week.told(work, measure) if isinstance(week, Row) else work(week, measure)


def _parsed(text: str) -> Week:
    """Return all of a row."""
    return _WEEK.decode(text)


def _cut_out(text: str, measure: str) -> Values:
    """Return the sums of a measure in a stored row, found by its name: to parse all takes five times as long.

    A name between quotes with a brace after it stands before its sums only: quotes within values are escaped.
    Where a value has a brace in it the cut is too short, and all is parsed.
    """
    mark = _mark(measure)
    found = text.find(mark)
    if found < 0:
        return _NOTHING
    begin = found + len(mark) - 1
    try:
        return _VALUES.decode(text[begin : text.index("}", begin) + 1])
    except DecodeError:
        return _parsed(text)[measure]


@cache
def _mark(measure: str) -> str:
    """Return what stands before the sums of a measure."""
    return f'"{measure}":{{'
