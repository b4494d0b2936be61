"""Made-up printers and a year of their prints; each name says that it is made up. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from custom_components.printernizer_stats.core.models import UsageEvent

DAYS: Final = 365
MARK: Final = "(demo)"
_HOUR_SECONDS: Final = 3600
_OUTCOMES: Final = ("job_completed", "job_failed", "job_cancelled")
_ODDS: Final = (88, 8, 4)
_WEEKEND: Final = 5
_MOST_A_DAY: Final = 4


@dataclass(frozen=True, slots=True)
class Printer:
    """A printer that somebody described; it prints about so many times a day, for about so many hours."""

    model: str
    kind: str
    per_day: float
    hours: float

    @property
    def name(self) -> str:
        """What it is called, marked as made up."""
        return f"{self.model} {MARK}"

    @property
    def entity_id(self) -> str:
        """The sensor that shows its state."""
        return f"sensor.{self.model.lower().replace(' ', '_')}_demo"

    @property
    def key(self) -> str:
        """Our key of it."""
        return self.entity_id.encode().hex()[-16:]


PRINTERS: Final = (
    Printer("Prusa MK4", "prusa", 1.6, 2.4),
    Printer("Bambu P1S", "bambu_lab", 2.2, 1.7),
    Printer("Voron", "klipper", 0.7, 5.1),
    Printer("Ender in the garage", "octoprint", 0.4, 3.3),
)


def past(printers: Sequence[Printer], now: datetime) -> list[UsageEvent]:
    """Return what happened up to an hour ago, oldest first; the same dice in every run."""
    dice = Random(7)
    events = [event for printer in printers for event in _prints(dice, printer, now)]
    return sorted(events, key=lambda event: event.at)


def _prints(dice: Random, printer: Printer, now: datetime) -> Iterator[UsageEvent]:
    """The prints of one printer, one after the other."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    free = 0.0
    for day in range(DAYS, -1, -1):
        date = midnight - timedelta(days=day)
        busy = printer.per_day * (1.4 if date.weekday() >= _WEEKEND else 0.9)
        prints = min(_MOST_A_DAY, int(dice.expovariate(1 / busy) + 0.5))
        for hour in sorted(dice.uniform(8, 23) for _ in range(prints)):
            outcome, seconds = _outcome(dice, printer)
            ended = max(free, (date + timedelta(hours=hour)).timestamp()) + seconds
            if ended < now.timestamp() - _HOUR_SECONDS:
                yield from _events(dice, printer, ended, outcome, seconds)
                free = ended + dice.uniform(300, 3600)


def _outcome(dice: Random, printer: Printer) -> tuple[str, int]:
    outcome = dice.choices(_OUTCOMES, _ODDS)[0]
    seconds = int(_HOUR_SECONDS * printer.hours * dice.lognormvariate(-0.1, 0.6))
    return outcome, seconds if outcome == "job_completed" else seconds // 3


def _events(dice: Random, printer: Printer, ended: float, outcome: str, seconds: int) -> Iterator[UsageEvent]:
    data: dict[str, int | str] = {
        "printer_type": printer.kind,
        "duration_seconds": seconds,
        "filament_mm": seconds * 4,
        "filament_g": seconds // 84,
    }
    yield _event(outcome, ended, printer, data)
    if outcome == "job_failed":
        kind = dice.choice(("print_failed", "print_failed", "printer_error", "connection_error"))
        yield _event("error_occurred", ended, printer, {"error_type": kind, "component": "printer"})


def _event(name: str, at: float, printer: Printer, data: Mapping[str, int | str]) -> UsageEvent:
    return UsageEvent(type=name, at=at, printer=printer.key, data=data)
