"""Whether a printer is in sight: in contact, and looked at since Home Assistant started.

Instants are in epoch seconds. What is shown shortly before the state comes back is kept, since sources tell
their readings in any order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from ..models import Observation
from .job import PLANS, READINGS

# So long a source takes to show everything when it comes back.
_COMING: Final = 60.0
# So long after it came into sight a source has settled.
_SETTLED: Final = 300.0
# Nobody starts a print in the first minute after a printer was switched on.
_SWITCHING_ON: Final = 60.0
# Shown before the state, they tell even so which print it is.
_SIGNS: Final = ("job", "started_at", *PLANS)


class Stretch(NamedTuple):
    """A time out of sight: `long` beyond the grace, `out_of_contact` for so long, by a restart of ours."""

    since: float
    long: bool
    out_of_contact: bool
    restarted: bool


class Sight:
    """What is known of a printer's presence, and what it showed last."""

    def __init__(self) -> None:
        """Begin without knowing whether the printer is there."""
        self.connected: bool | None = None
        self.offline_since: float | None = None
        self.seen_at: float | None = None
        self.watched = False
        self.shown: dict[str, float] = {}
        self.before: dict[str, float] = {}
        self._restored = False
        self._since = 0.0
        self._switched_on_at: float | None = None
        self._returned_at: float | None = None
        self._signs: dict[str, Any] = {}
        self._waiting: dict[str, float] = {}
        self._waiting_since = 0.0

    def __bool__(self) -> bool:
        """Whether the printer is in sight now."""
        return self.offline_since is None and not self._restored

    def dump(self, at: float | None) -> dict[str, Any]:
        """Return what must survive a restart; in sight until `at`, if it was."""
        seen_at = at if self and at is not None else self.seen_at
        return {"connected": self.connected, "seen_at": seen_at, "shown": {**self.before, **self.shown}}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up where `dump` left off."""
        self.connected, self.seen_at = saved.get("connected"), saved.get("seen_at")
        self.before = dict(saved.get("shown") or {})
        self._restored = True

    def lose(self, at: float) -> None:
        """Note that the printer went out of contact."""
        if self.offline_since is None:
            if not self._restored:
                self.seen_at = at
            self.offline_since = at

    def regain(self, at: float, grace: float) -> Stretch | None:
        """Note that the printer shows its state; returns the stretch in which it was out of sight."""
        if self:
            return None
        away = self.offline_since
        since = at if away is None else away
        if self._restored:
            since = at if self.seen_at is None else min(at, self.seen_at)
        out_of_contact = away is not None and at >= away + grace
        stretch = Stretch(since, at >= since + grace, out_of_contact, self._restored)
        if stretch.long or stretch.restarted:
            self._take_up(at, stretch)
        if self.connected is False:
            self._switched_on_at = at
        self._since, self.offline_since, self._restored = at, None, False
        return stretch

    @property
    def lost_at(self) -> float | None:
        """Since when the printer is out of sight; None while it is not."""
        if self._restored and self.offline_since is not None and self.seen_at is not None:
            return min(self.offline_since, self.seen_at)
        return self.offline_since

    def was_just_switched_on(self, at: float) -> bool:
        """Whether the printer came into contact a moment ago, after a time without."""
        return self._switched_on_at is not None and at - self._switched_on_at < _SWITCHING_ON

    def is_returning(self, at: float) -> bool:
        """Whether it came back a moment ago after a long time: it may look idle before it tells."""
        return self._returned_at is not None and at - self._returned_at < _COMING

    def has_settled(self, at: float) -> bool:
        """Whether it is in sight for so long that its source shows nothing made up."""
        return at - self._since > _SETTLED

    def read(self, seen: Observation) -> Observation | None:
        """Return what is shown, with what was shown just before the state; None while out of sight."""
        if not self:
            self._wait(seen)
            return None
        if self._signs:
            seen, self._signs = replace(seen, **self._signs), {}
        self.seen_at = seen.at
        self.shown |= _given(seen, READINGS)
        return seen

    def _take_up(self, at: float, stretch: Stretch) -> None:
        if at > self._waiting_since + _COMING:
            self._signs, self._waiting = {}, {}
        self.before |= self.shown
        self.shown, self._waiting = self._waiting, {}
        if stretch.long:
            self.watched = False
            self._returned_at = at

    def _wait(self, seen: Observation) -> None:
        """Keep what may come shortly before the state; what is older is from before."""
        if seen.at > self._waiting_since + _COMING:
            self._signs, self._waiting, self._waiting_since = {}, {}, seen.at
        self._signs |= _given(seen, _SIGNS)
        self._waiting |= _given(seen, READINGS)


def _given(seen: Observation, names: Iterable[str]) -> dict[str, Any]:
    """The readings of those names that are part of what was seen."""
    return {name: value for name in names if (value := getattr(seen, name)) is not None}
