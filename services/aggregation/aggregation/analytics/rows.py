"""Rows of sums: parsed where they are asked for, and remembered as long as they stay as they are.

Most rows are of weeks long past: what was parsed of one, or worked out from it, holds until its text differs.
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
type Place = tuple[str, str, int]
"""Where a row stands: its scope, the value of that, and the week."""

MOST_CHARACTERS = 24 * 2**20
"""So many characters of rows are remembered, and up to as many that were not asked for lately."""
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


class Memory:
    """Rows as they were read last; one whose text differs is another row."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        """Take how many characters are remembered at least."""
        self._most = most
        self._size = 0
        self._lately: dict[Place, Row] = {}
        self._before: dict[Place, Row] = {}

    def row(self, place: Place, text: str) -> Row:
        """Return the row with a text that stands in a place."""
        known = self._lately.get(place)
        if known is not None and known.text == text:
            return known
        known = self._before.get(place)
        if known is None or known.text != text:
            known = Row(text)
        self._lately[place] = known
        self._size += len(text)
        if self._size > self._most:
            self._before, self._lately, self._size = self._lately, {}, 0
        return known


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
