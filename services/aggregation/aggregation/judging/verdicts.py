"""Verdict: what a test says of one figure of one week."""

from enum import StrEnum

import msgspec


class Change(StrEnum):
    """Whether a figure has changed."""

    USUAL = "usual"
    FALLEN = "fallen"
    RISEN = "risen"
    UNKNOWN = "unknown"
    """Nothing is seen, but a change worth knowing could have been missed."""


class Side(StrEnum):
    """Which change is looked for."""

    LOW = "low"
    HIGH = "high"
    BOTH = "both"


class Wider(StrEnum):
    """Why bounds are wider than the weeks before ask for."""

    SEASON = "season"
    """What the time of the year does is not known before 104 weeks."""
    HOLIDAYS = "holidays"
    """A week around the turn of the year."""


class Rule(msgspec.Struct, frozen=True):
    """What counts as a change."""

    side: Side
    worth: float
    """The relative change that must not be missed."""
    level: float = 0.01
    """How often it may be found in a week in which there is none."""

    @property
    def tail(self) -> float:
        """Return the level of each side that is looked at."""
        return self.level / 2 if self.side is Side.BOTH else self.level


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a test says, and on what it rests."""

    change: Change
    value: float
    expected: float
    low: float | None
    high: float | None
    """Below and above which it is a change; None where that is not looked for."""
    chance: float
    """How probable a figure as far off is when nothing has changed."""
    deviate: float = 0.0
    """How far it is off, in standard deviations."""
    needed: int | None = None
    """How many homes or events a week would be enough, where they are too few."""
    weeks_needed: int = 0
    """How many more weeks of history are needed."""
    wider: tuple[Wider, ...] = ()

    @property
    def is_alarm(self) -> bool:
        """Whether the figure has changed."""
        return self.change in {Change.FALLEN, Change.RISEN}


class Score(msgspec.Struct, frozen=True):
    """How far a figure is off."""

    deviate: float
    """In standard deviations, as if they were known."""
    expected: float
    fallen: float
    """The probability of so little by chance."""
    risen: float
    """The probability of so much by chance."""

    def chance(self, side: Side) -> float:
        """Return the probability of a deviation like this one by chance."""
        match side:
            case Side.LOW:
                return self.fallen
            case Side.HIGH:
                return self.risen
            case Side.BOTH:
                return min(1.0, 2.0 * min(self.fallen, self.risen))

    def change(self, rule: Rule, is_enough: bool) -> Change:
        """Return which change it is, given whether one would have been found."""
        if self.chance(rule.side) <= rule.level:
            return Change.FALLEN if self.fallen < self.risen else Change.RISEN
        return Change.USUAL if is_enough else Change.UNKNOWN


def unknown(value: float, weeks_needed: int) -> Verdict:
    """Return the verdict of too little history."""
    return Verdict(
        change=Change.UNKNOWN,
        value=value,
        expected=value,
        low=None,
        high=None,
        chance=1.0,
        weeks_needed=max(0, weeks_needed),
    )
