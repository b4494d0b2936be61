"""Tracker: turns what sources report into usage events and hands them to the store."""

from collections.abc import Callable, Mapping
from datetime import datetime
import logging
from typing import Any

from homeassistant.core import HomeAssistant, callback

from .. import clock
from ..clock import Timer
from ..core.dictionary import DICTIONARY
from ..core.models import Observation, UsageEvent
from ..core.prints.rules import Rules
from ..core.prints.session import PrintSession
from ..core.store import UsageStore

_LOGGER = logging.getLogger(__name__)


class Tracker:
    """Holds one print session per printer, and the timer of the next thing that is due."""

    def __init__(self, hass: HomeAssistant, store: UsageStore, read: Callable[[str], Observation]) -> None:
        """Take the store, and `read` to look at a printer once more before its print is closed."""
        self.dropped = 0
        self._store = store
        self._read = read
        self._sessions: dict[str, PrintSession] = {}
        self._resting: dict[str, Any] = {}
        self._timer = Timer(hass, "print", self._async_due)

    @callback
    def async_restore(
        self, saved: Mapping[str, Any], sessions: Mapping[str, PrintSession] | None = None
    ) -> None:
        """Take over the prints that were open when Home Assistant stopped, and `sessions` that go on."""
        self._sessions = dict(sessions or {})
        self._resting = {key: each for key, each in saved.items() if key not in self._sessions}

    @property
    def sessions(self) -> Mapping[str, PrintSession]:
        """The print sessions of the printers that are followed, by our own key."""
        return self._sessions

    @callback
    def async_follow(self, printers: Mapping[str, Rules]) -> None:
        """Follow exactly these printers, going on with the prints that were open."""
        known = self._sessions
        now = clock.now()
        self._resting |= {key: each.dump(now) for key, each in known.items() if key not in printers}
        self._sessions = {}
        for key, rules in printers.items():
            session = known.get(key) or PrintSession(key, rules)
            session.rules = rules
            if key in self._resting:
                session.load(self._resting.pop(key))
            self._sessions[key] = session
        self._async_set_timer()

    @callback
    def async_is_printing(self, printer: str) -> bool:
        """Whether a print is under way, a paused one too."""
        session = self._sessions.get(printer)
        return session is not None and session.printing

    @callback
    def async_observe(self, printer: str, seen: Observation) -> None:
        """Take in one observation of a printer; never raises, never blocks."""
        if (session := self._sessions.get(printer)) is None:
            return
        before = session.dump() if seen.state is not None else None
        events = session.observe(seen)
        if events or (before is not None and before != session.dump()):
            self._store_events(events, {printer: session.dump()})
        self._async_set_timer()

    @callback
    def async_record(self, event: UsageEvent) -> None:
        """Store an event that comes from no printer's state."""
        self._store_events([event], {})

    @callback
    def async_save(
        self, amounts: Mapping[str, int] | None = None, at: float | None = None
    ) -> Mapping[str, Any]:
        """Store the open prints as they are now, and amounts that no event stands for; returns the prints."""
        now = clock.now()
        sessions = {key: session.dump(now) for key, session in self._sessions.items()}
        self._store.record((), sessions=sessions, amounts=amounts, at=at)
        return sessions

    @callback
    def async_stop(self) -> None:
        """Forget the timer."""
        self._timer.async_stop()

    def _store_events(
        self,
        events: list[UsageEvent],
        sessions: Mapping[str, Any],
    ) -> None:
        admitted: list[UsageEvent] = []
        for event in events:
            kept, dropped = DICTIONARY.admit(event)
            self.dropped += dropped
            if kept is not None:
                admitted.append(kept)
        self._store.record(tuple(admitted), sessions=sessions)

    @callback
    def _async_due(self, _now: datetime) -> None:
        now = clock.now()
        for key, session in self._sessions.items():
            if session.deadline is not None and session.deadline <= now:
                # Values that did not change fired nothing, and still belong to this print.
                events = session.observe(self._read(key))
                self._store_events(events, {key: session.dump()})
        self._async_set_timer()

    def _async_set_timer(self) -> None:
        due = [each.deadline for each in self._sessions.values() if each.deadline is not None]
        if due:
            self._timer.async_set(min(due))
        else:
            self._timer.async_stop()
