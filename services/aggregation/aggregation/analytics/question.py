"""Questions: a measure, the weeks, whose homes, and what to split them by."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

from aggregation.errors import InvalidError
from aggregation.rollups.measures import Kind, Measure, Values
from aggregation.rollups.scopes import Scope

VALUE: Literal["value"] = "value"
"""Splits a measure by its own values."""
MOST_WEEKS = 520
ONLY_OF_ALL = {Measure.DELAY, *(measure for measure in Measure if measure.declared.kind is Kind.DAY)}
"""What no kind of home has sums of."""
LONGEST_ONCE = 13
"""Over so many weeks at most each home can be counted once."""

type Split = Scope | Literal["value"]


@dataclass(frozen=True, slots=True)
class Weeks:
    """Weeks from one to another, both included, as numbers (see `aggregation.weeks`)."""

    first: int
    last: int

    @classmethod
    def up_to(cls, last: int, count: int) -> Self:
        """Return so many weeks, of which one is the last."""
        return cls(last - count + 1, last)

    def __iter__(self) -> Iterator[int]:
        """Yield each week."""
        return iter(range(self.first, self.last + 1))

    def __len__(self) -> int:
        """Return how many there are."""
        return max(0, self.last - self.first + 1)


@dataclass(frozen=True, slots=True)
class Filter:
    """Only homes with one property."""

    scope: Scope
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody wants to know; raises InvalidError where it has no answer.

    `value` takes one value of the measure, `split` makes a line of each value or of each kind of home. `once`
    counts each home of all the weeks once in the figure; without it the figure is an average week.
    """

    measure: Measure
    weeks: Weeks
    value: str | None = None
    filter: Filter | None = None
    split: Split | None = None
    once: bool = False

    def __post_init__(self) -> None:
        """Refuse what the sums cannot tell."""
        if refusal := self._refusal():
            raise InvalidError(refusal)

    @property
    def is_of_some(self) -> bool:
        """Tell whether a line is about homes with one property."""
        return self.filter is not None or isinstance(self.split, Scope)

    def _refusal(self) -> str | None:
        """Return why there is no answer."""
        if not 0 < len(self.weeks) <= MOST_WEEKS:
            return f"Ask for 1 to {MOST_WEEKS} weeks"
        if self.filter and isinstance(self.split, Scope):
            return "The sums know one property of a home at a time: filter or split"
        if self.measure in ONLY_OF_ALL and (self.is_of_some or self.once):
            return f"{self.measure} is known of all homes only, week by week"
        return self._refusal_of_value() or (self._refusal_of_once() if self.once else None)

    def _refusal_of_value(self) -> str | None:
        """Return why the values cannot be taken like this."""
        measure = self.measure
        if measure.declared.values is Values.NONE and (self.value is not None or self.split == VALUE):
            return f"{measure} has no values"
        if self.value is not None and self.split == VALUE:
            return "Ask for one value, or split by it"
        if self.value is None and self.split != VALUE and not measure.has_total:
            return f"The values of {measure} do not add up: ask for one, or split by value"
        return None

    def _refusal_of_once(self) -> str | None:
        """Return why homes cannot be counted once."""
        if self.measure.declared.kind is not Kind.HOMES:
            return "Only homes can be counted once"
        if len(self.weeks) > LONGEST_ONCE:
            return f"Homes can be counted once over {LONGEST_ONCE} weeks at most"
        if self.is_of_some and self.measure is not Measure.ACTIVE:
            return f"With a filter only {Measure.ACTIVE} can be counted once"
        return None
