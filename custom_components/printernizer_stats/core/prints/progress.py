"""Progress of one print in percent: the last value shown, and the highest that can be believed.

Instants here are seconds of the print's own clock, which stands still while the print is paused or out of
sight, so that what is shown then (some printers show 0) proves nothing.
"""

from dataclasses import dataclass
from typing import Final

STEP: Final = 5.0
"""A fall of this many points is no rounding."""
STANDS: Final = 60.0
"""A value that is surprising is believed once it has stood for so long, in seconds."""
_LEAP: Final = 20.0
_LEAP_SECONDS: Final = 300.0


@dataclass(slots=True, kw_only=True)
class Progress:
    """What was shown of one print's progress; `since` is when `shown` was first shown.

    `stale` is what was shown before the print began: it is the last print's until it changes. `fell_from` is
    what was believed before `shown`, if that took it back.
    """

    shown: float | None = None
    since: float = 0.0
    peak: float = 0.0
    stale: float | None = None
    fell_from: float = 0.0

    def note(self, value: float, at: float, *, running: bool) -> None:
        """Take in a value; a lower one says something only while the printer runs."""
        if value == self.stale:
            return
        self.stale = None
        believed, leap = self.believed(at), self._is_leap(value, at)
        if value == self.shown or (value < believed and not running):
            return
        self.fell_from = 0.0
        if self.shown is not None and self.shown > believed and value >= self.shown - STEP:
            believed = self.shown
        if value > believed and not leap:
            believed = value
        elif 0 < value < believed - STEP:
            # It was taken back: the higher one was never true, or progress is reckoned in another way now.
            self.fell_from, believed = believed, value
        self.shown, self.since, self.peak = value, at, believed

    def undo_fall(self, at: float, moment: float = STANDS) -> None:
        """Go back to what was believed until a moment ago: what was shown since is another print's."""
        if self.shown is None or at - self.since >= moment:
            return
        if self.fell_from or not self.shown:
            self.shown = self.peak = self.fell_from or self.peak

    def lose_sight(self, at: float) -> None:
        """Note that from here on any progress may come next."""
        if self.shown is not None:
            self.peak = self.shown = self.believed(at)
            self.since = 0.0

    def believed(self, at: float) -> float:
        """The highest progress that was not taken back."""
        if self.shown is None or at - self.since < STANDS:
            return self.peak
        return self.shown if self.shown > self.peak or not self.shown else self.peak

    def pace(self, at: float) -> float | None:
        """Seconds that a point takes, the slowest that fits; None before there is anything to go by."""
        believed = self.believed(at)
        return at / believed if believed >= 1 and at > 0 else None

    def projected(self, at: float, limit: float) -> float:
        """The progress that the pace leads to, at most `limit` points above what was shown."""
        believed = self.believed(at)
        if not self.shown or self.shown < believed or self.since <= 0:
            return believed
        gained = (at - self.since) * self.shown / self.since
        return believed + min(gained, limit)

    def _is_leap(self, value: float, at: float) -> bool:
        """Whether the value is higher than the print can have come in the moment since the last one."""
        waited = at - self.since
        if not self.shown or self.since <= 0 or waited > _LEAP_SECONDS:
            return False
        expected = waited * self.shown / self.since
        return value - self.shown > _LEAP + 2 * expected
