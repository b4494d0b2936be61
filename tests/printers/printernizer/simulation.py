"""Made-up prints behind a made-up Printernizer: what truly happened, and what it shows every 30 seconds.

The app looks at its printers every 30 s and tells the last look; Home Assistant asks every 30 s and hears the
socket. Between come outages and restarts of either side, and clocks that are set. Instants in seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Final

from custom_components.printernizer_stats.core.models import UsageEvent

from .captures import Line, ends

BEGIN: Final = 1_800_000_000.0
LOOK: Final = 30.0
_QUIET: Final = 1200.0
_FIRST: Final = 150.0


class Dialect(StrEnum):
    """How the app tells of a printer, by what is behind it."""

    PRUSA = "prusa"
    OCTOPRINT = "octoprint"
    BAMBU = "bambu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """One print as it was; `held` is until when its end was on the display, `share` how far it came."""

    begin: float
    end: float
    held: float
    outcome: str
    share: float
    pause: tuple[float, float]
    file: str

    def progress(self, at: float) -> int:
        """What is shown of it while it runs, in percent."""
        paused = max(0.0, min(at, self.pause[1]) - self.pause[0]) if at > self.pause[0] else 0.0
        whole = self.end - self.begin - (self.pause[1] - self.pause[0])
        return int(100 * self.share * min(1.0, (at - self.begin - paused) / whole))


@dataclass(slots=True, kw_only=True)
class Course:
    """A printer's day: its prints, and what comes between the app and us."""

    dialect: Dialect
    prints: list[Print]
    away: list[tuple[float, float]] = field(default_factory=list)
    """When the app could not be reached; it connects to its printers for a look after each."""
    asleep: list[tuple[float, float]] = field(default_factory=list)
    """When Home Assistant was off."""
    leaps: list[tuple[float, float]] = field(default_factory=list)
    """When our clock was set, and by how much."""
    hears: bool = True
    offset: float = 0.0

    @property
    def until(self) -> float:
        """Its end."""
        return self.prints[-1].held + _QUIET

    def shown(self, at: float) -> tuple[str, int | None, str | None, str]:
        """Return status, progress, file and the printer's word at an instant."""
        past = [each for each in self.prints if each.begin <= at]
        if not past:
            return "online", None, None, "Operational"
        last = past[-1]
        if at < last.end:
            paused = last.pause[0] <= at < last.pause[1]
            word = "Paused" if paused else "Printing"
            return word.casefold(), last.progress(at), last.file, word
        return self._after(last, held=at < last.held)

    def _after(self, last: Print, *, held: bool) -> tuple[str, int | None, str | None, str]:
        progress = 100 if last.outcome == "completed" else last.progress(last.end)
        if last.outcome == "failed" and held:
            return "error", progress, last.file, "Error"
        if self.dialect is Dialect.PRUSA:
            if held:
                word = "Finished" if last.outcome == "completed" else "Stopped"
                return "unknown", progress, last.file, word
            return "online", None, None, "Operational"
        if self.dialect is Dialect.OCTOPRINT and last.outcome == "cancelled":
            progress = 0
        return "online", progress, last.file, "Operational"

    def is_seen(self, at: float) -> bool:
        """Whether a look at that time reaches us."""
        return not any(begin <= at < end + 2 * LOOK for begin, end in (*self.away, *self.asleep))

    def looks(self, begin: float, end: float) -> bool:
        """Whether any look between two instants reaches us."""
        return any(begin + LOOK <= at < end and self.is_seen(at) for at in self._instants(begin, end))

    def _instants(self, begin: float, end: float) -> Iterator[float]:
        at = begin
        while at < end:
            yield at
            at += LOOK / 2


def course(rng: Random, number: int) -> Course:
    """Return a course of three prints with a few disturbances."""
    at = BEGIN + rng.uniform(100, 400)
    prints = []
    for index in range(3):
        active = rng.uniform(240, 2400)
        rest = rng.uniform(60, 900) if rng.random() < 0.3 else 0.0
        cut = at + rng.uniform(0.2, 0.8) * active
        outcome = rng.choices(("completed", "cancelled", "failed"), (6, 3, 1))[0]
        end = at + active + rest
        prints.append(
            Print(
                begin=at,
                end=end,
                held=end + rng.uniform(65, 600),
                outcome=outcome,
                share=1.0 if outcome == "completed" else rng.uniform(0.08, 0.9),
                pause=(cut, cut + rest),
                file="same.gcode" if rng.random() < 0.5 else f"{number}-{index}.gcode",
            )
        )
        at = prints[-1].held + rng.uniform(95, 900)
    made = Course(dialect=rng.choice(tuple(Dialect)), prints=prints, hears=rng.random() < 0.6)
    made.offset = rng.uniform(0, LOOK)
    for _ in range(rng.choice((0, 1, 1, 2))):
        _disturb(made, rng)
    return made


def _disturb(made: Course, rng: Random) -> None:
    """Let something come between, anywhere in the course."""
    begin = rng.uniform(made.prints[0].begin + 90, made.prints[-1].held)
    kind = rng.choice(("away", "asleep", "restart", "clock"))
    if kind == "away":
        made.away.append((begin, begin + rng.choice((20.0, 90.0, 300.0, 900.0))))
    elif kind == "asleep":
        made.asleep.append((begin, begin + rng.choice((60.0, 300.0, 900.0))))
    elif kind == "restart":
        made.asleep.append((begin, begin + 5.0))
    elif not any(each.begin <= begin < each.begin + _FIRST for each in made.prints):
        # A print whose first minute is set back has not lasted a minute yet.
        made.leaps.append((begin, rng.choice((-3600.0, -120.0, -5.0, 5.0, 120.0, 3600.0))))


def answer(made: Course, at: float, *, offline: bool = False) -> dict[str, Any]:
    """Return the app's list at an instant."""
    looked = at - (at - made.offset) % LOOK
    status, progress, file, _ = made.shown(looked)
    job = None if progress is None else {"name": file, "status": "idle", "progress": progress}
    kind = "bambu_lab" if made.dialect is Dialect.BAMBU else "prusa_core"
    row: dict[str, Any] = {"id": "p", "name": "P", "printer_type": kind, "status": status, "current_job": job}
    row |= {"temperatures": {"bed": 20.0, "nozzle": 20.0}, "last_seen": f"look {looked}"}
    if offline:
        row |= {"status": "offline", "current_job": None, "temperatures": None, "last_seen": None}
    return {"printers": [row]}


def said(made: Course, at: float) -> dict[str, Any]:
    """Return what the socket says of a look."""
    status, progress, file, word = made.shown(at)
    data = {"status": status, "progress": progress, "current_job": file, "timestamp": f"look {at}"}
    if made.dialect is not Dialect.BAMBU:
        data["message"] = f"Prusa status: {word}"
    return {"type": "printer_status", "printer_id": "p", "data": data}


def drive(made: Course) -> list[UsageEvent]:
    """Return what is counted of a course."""
    line = Line("p")
    events: list[UsageEvent] = []
    down = False
    for at, kind in _moments(made):
        clock = at + sum(by for when, by in made.leaps if when <= at)
        off = any(begin <= at < end for begin, end in made.asleep)
        if off and not down and line.session is not None:
            events += line.run((), clock)
            line = Line("p", session=line.dump(clock))
        down = off
        if off:
            continue
        away = [end for begin, end in made.away if begin <= at < end + LOOK]
        if away:
            gone = at < max(away)
            step = None if gone else answer(made, at, offline=True) if kind == "poll" else None
            if kind == "poll":
                events += line.run([(clock, step)], clock)
        elif kind == "poll":
            events += line.run([(clock, answer(made, at))], clock)
        elif made.hears:
            events += line.run([(clock, said(made, at))], clock)
    return events + line.run(())


def _moments(made: Course) -> list[tuple[float, str]]:
    """When the socket speaks and when we poll."""
    first = BEGIN - BEGIN % LOOK + made.offset
    count = int((made.until - first) / LOOK)
    looks = [(first + number * LOOK, "said") for number in range(1, count)]
    polls = [(first + number * LOOK + 11.0, "poll") for number in range(1, count)]
    return sorted(looks + polls)


def faults(made: Course) -> list[str]:
    """Return what is wrong with what is counted: prints in their order, outcomes wherever they were shown."""
    counted = [outcome for outcome, _ in ends(drive(made))]
    apart = all(
        made.looks(before.end, after.begin)
        for before, after in zip(made.prints, made.prints[1:], strict=False)
    )
    seen = [each for each in made.prints if _is_long_enough(made, each)]
    if len(counted) > len(made.prints):
        return ["a print was counted twice, or never was"]
    if not apart or len(seen) < len(made.prints):
        return []
    if len(counted) < len(made.prints):
        return ["a print was not counted"]
    return [
        f"{each.outcome} counted as {told}"
        for index, (each, told) in enumerate(zip(made.prints, counted, strict=True))
        if told != each.outcome and _is_outcome_shown(made, index)
    ]


def _is_outcome_shown(made: Course, index: int) -> bool:
    """Whether a list or the socket told how a print ended.

    For a stop there is no word but the one of the socket, of a Prusa: without it, that the printer goes idle
    tells, if it was in sight meanwhile.
    """
    each = made.prints[index]
    worded = (made.hears and made.dialect is Dialect.PRUSA) or made.dialect is Dialect.OCTOPRINT
    if each.outcome == "cancelled" and not worded:
        until = made.prints[index + 1].begin if index + 1 < len(made.prints) else made.until
        gaps = (*made.away, *made.asleep)
        return not any(begin < until and end + 2 * LOOK > each.end - LOOK for begin, end in gaps)
    return made.looks(each.end, each.held)


def _is_long_enough(made: Course, each: Print) -> bool:
    """Whether enough of a print was seen for it to be one: two minutes from its begin or to its end."""
    return made.looks(each.begin, each.begin + 120) and made.looks(each.begin + 60, each.end)
