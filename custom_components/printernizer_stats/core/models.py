"""Value types that travel between the rooms: plain, frozen, without Home Assistant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

FLEET: Final = ""
"""Stands for all printers together where a printer's key is asked for."""

type Value = int | bool | str
"""What one metadata key of an event may hold; a string is always a word of the dictionary."""


class PrinterState(StrEnum):
    """What a printer does, in the words that all integrations are normalized to."""

    IDLE = "idle"
    PREPARING = "preparing"
    """Busy with what comes before a print, or with itself: a print only if it goes on to print."""
    PRINTING = "printing"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    OFFLINE = "offline"


class Outcome(StrEnum):
    """How a print ended, weakest evidence first."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def event_type(self) -> str:
        """The usage event that reports this outcome."""
        return f"job_{self}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing seen of one printer; whatever is None was not part of what was seen.

    `at`, `started_at` and `ended_at` are UTC epoch seconds, `progress` is in percent, `elapsed` the source's
    own print time in seconds, `job` a number that differs from job to job. Filament was used up to now,
    `planned_*` is what the whole print will take.
    `energy_wh` is what a meter shows that also ran before the print, `energy_price` the price of a kWh now.
    `calibration` tells a run of the machine for itself from a print, `error` that the print would fail
    if it ended now, `fault` that the machine reported an error.
    """

    at: float
    state: PrinterState | None = None
    progress: float | None = None
    elapsed: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    job: int | None = None
    filament_mm: float | None = None
    filament_g: float | None = None
    planned_mm: float | None = None
    planned_g: float | None = None
    energy_wh: float | None = None
    energy_price: float | None = None
    calibration: bool | None = None
    error: bool | None = None
    fault: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """One countable fact in words of the dictionary; `at` in UTC epoch seconds, `printer` our own key."""

    type: str
    at: float
    printer: str | None = None
    data: Mapping[str, Value] = field(default_factory=dict)
    historic: bool = False
    """Found in the past, not seen as it happened: counted at home and never reported."""


class Period(StrEnum):
    """The running periods that counters are shown for; all but `ever` are of the user's calendar."""

    EVER = "ever"
    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPrint:
    """The latest print that ended; seconds, mm and g, None where no source knew it."""

    result: Outcome
    at: float
    printer: str | None = None
    duration: int | None = None
    filament_mm: int | None = None
    filament_g: int | None = None


type Counts = Mapping[str, int]
"""Metric to number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The counters as they were right after a commit; printers by our key, FLEET for all together."""

    counts: Mapping[Period, Mapping[str, Counts]] = field(default_factory=dict)
    interval: Counts = field(default_factory=dict)
    last_prints: Mapping[str, LastPrint] = field(default_factory=dict)
    events_stored: int = 0
    erased: float | None = None
    """When everything was deleted and counting began anew, in epoch seconds."""
    clock_wrong: bool = False
    """Whether the clock was seen to be wrong in the running week."""

    def of(self, period: Period = Period.EVER, printer: str = FLEET) -> Counts:
        """The counters of a period, of one printer or of all."""
        return self.counts.get(period, {}).get(printer, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """How often a printer wants maintenance, in hours of printing (0: never), and when it last had it.

    `done_seconds` is how long it had printed then, ever.
    """

    interval_hours: int = 0
    done_seconds: int = 0

    def due(self, print_seconds: int) -> bool:
        """Whether it is time, after printing for so long, ever."""
        return 0 < self.interval_hours * 3600 <= self.since(print_seconds)

    def since(self, print_seconds: int) -> int:
        """Seconds of printing since the last maintenance."""
        return max(0, print_seconds - self.done_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterFleet:
    """How many printers of which type are counted."""

    types: Mapping[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """All printers."""
        return sum(self.types.values())
