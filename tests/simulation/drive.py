"""Feeds a course to the code that counts: the view and the session of production, and its timers."""

from collections.abc import Iterator
from typing import Any

from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.printers.printer_view import PrinterView, Shown
from custom_components.printernizer_stats.printers.profiles import Role

from ..replaying import Replay
from .course import HEARTBEAT


class Drive(Replay):
    """A replay that also knows how Home Assistant looks anew, and stops without saying so."""

    def __init__(self, key: str) -> None:
        """Follow a printer of that integration."""
        super().__init__(key)
        self._stored: dict[str, Any] = self.session.dump()
        self._stored_at = 0.0

    def _step(self, at: float, role: str, value: Any) -> list[UsageEvent]:
        beat = at // HEARTBEAT * HEARTBEAT
        if beat > self._stored_at:
            self._stored, self._stored_at = self.session.dump(beat), beat
        match role:
            case "down":
                return super()._step(at, "restart", None)
            case "crash":
                return self._crash()
            case "look":
                return self._look(at, value)
        events = super()._step(at, role, value)
        if events or role in ("event", Role.STATE):
            self._store(at)
        return events

    def _pass_time(self, until: float | None) -> Iterator[UsageEvent]:
        for event in super()._pass_time(until):
            yield event
            self._stored = self.session.dump()

    def _store(self, at: float) -> None:
        self._stored, self._stored_at = self.session.dump(at), at

    def _crash(self) -> list[UsageEvent]:
        """Go on with what was stored last: every state that said something, every event."""
        self.session = type(self.session)("printer", self._rules)
        self.session.load(self._stored)
        self._view = PrinterView(self.profile)
        return []

    def _look(self, at: float, shown: dict[Role, tuple[str, str | None]]) -> list[UsageEvent]:
        """Report what is shown now, as EntitySource does."""
        seen = self._view.look(at, {role: Shown(at, *each) for role, each in shown.items()})
        events = [event for each in seen for event in self.session.observe(each)]
        self._store(at)
        return events
