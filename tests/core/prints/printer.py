"""A printer for the tests of sessions: told states and readings, it tells what became of its prints."""

from typing import Any

from custom_components.printernizer_stats.core.models import Observation, PrinterState, UsageEvent
from custom_components.printernizer_stats.core.prints.rules import Rules
from custom_components.printernizer_stats.core.prints.session import PrintSession

IDLE, PREPARING, PRINTING, PAUSED, OFFLINE, COMPLETED, FAILED = (
    PrinterState(word)
    for word in ("idle", "preparing", "printing", "paused", "offline", "completed", "failed")
)


class Printer:
    """A session, told states and readings at times, and what came of it."""

    def __init__(self, **rules: Any) -> None:
        self.session = PrintSession("printer", Rules(printer_type="other", **rules))
        self.events: list[UsageEvent] = []

    def see(self, at: float, state: PrinterState | None = None, **readings: Any) -> None:
        while (due := self.session.deadline) is not None and due <= at:
            self.events += self.session.tick(due)
        self.events += self.session.observe(Observation(at=at, state=state, **readings))

    def restart(self, at: float) -> None:
        saved = self.session.dump(at)
        self.session = PrintSession("printer", self.session.rules)
        self.session.load(saved)

    def told(self) -> list[tuple[str, float]]:
        """What was told of prints until nothing is due, with the times."""
        while (due := self.session.deadline) is not None:
            self.events += self.session.tick(due)
        return [(event.type, event.at) for event in self.events if event.type.startswith("job_")]

    def durations(self) -> list[object]:
        return [event.data.get("duration_seconds") for event in self.ends()]

    def ends(self) -> list[UsageEvent]:
        """The ends of prints that were told up to now."""
        words = {f"job_{word}" for word in ("completed", "failed", "cancelled")}
        return [event for event in self.events if event.type in words]


def run(*steps: tuple[Any, ...], **rules: Any) -> Printer:
    printer = Printer(**rules)
    printer.see(0, IDLE)
    for at, state, *readings in steps:
        printer.see(at, state, **(readings[0] if readings else {}))
    return printer
