"""Replay of one printer's past: the same views and sessions, fed with what was seen and when."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..core.models import UsageEvent
from ..core.prints.rules import Rules
from ..core.prints.session import PrintSession
from .printer_view import PrinterView
from .profiles import Profile, Role


class Moment(NamedTuple):
    """What an entity showed at `at` (epoch seconds); without a role, Home Assistant started."""

    at: float
    role: Role | None = None
    word: str = ""
    unit: str | None = None


def replay(
    printer: str, profile: Profile, rules: Rules, moments: Iterable[Moment], until: float
) -> list[UsageEvent]:
    """Return the events of the moments, oldest first.

    A print that is open at `until` (epoch seconds) is left out: whoever follows the printer from then on
    counts all of it.
    """
    session = PrintSession(printer, rules)
    view = PrinterView(profile)
    events: list[UsageEvent] = []
    for moment in moments:
        events += _pass_time(session, view, moment.at)
        if moment.role is None:
            saved = session.dump(moment.at)
            session = PrintSession(printer, rules)
            session.load(saved)
            view = PrinterView(profile)
        elif (seen := view.take(moment.at, moment.role, moment.word, moment.unit)) is not None:
            events += session.observe(seen)
    events += _pass_time(session, view, until)
    while session.job is not None and session.job.ending_at is not None:
        assert session.deadline is not None
        events += session.observe(view.readings(session.deadline))
    return events if session.job is None else _without_open_print(events)


def _pass_time(session: PrintSession, view: PrinterView, until: float) -> Iterator[UsageEvent]:
    """Do what is due up to an instant, looking at the readings once more as at the time."""
    while (due := session.deadline) is not None and due <= until:
        yield from session.observe(view.readings(due))


def _without_open_print(events: list[UsageEvent]) -> list[UsageEvent]:
    """Drop what was told of the last print, which has not ended."""
    begun = [index for index, event in enumerate(events) if event.type == "job_created"]
    ended = [
        index
        for index, event in enumerate(events)
        if event.type in ("job_completed", "job_failed", "job_cancelled")
    ]
    if not begun or (ended and ended[-1] > begun[-1]):
        return events
    later = (event for event in events[begun[-1] :] if not event.type.startswith("job_"))
    return [*events[: begun[-1]], *later]
