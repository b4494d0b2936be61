"""What a real Printernizer 2.42.0 answered, and one of its printers fed with it as production does."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
import json
from pathlib import Path
from typing import Any, Final

from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.models import Observation, UsageEvent
from custom_components.printernizer_stats.core.prints.session import PrintSession
from custom_components.printernizer_stats.printers.printernizer import decoding
from custom_components.printernizer_stats.printers.printernizer.followed import Printers
from custom_components.printernizer_stats.printers.printernizer.ids import printer_id
from custom_components.printernizer_stats.printers.printernizer.sighting import Heard

CAPTURES: Final = Path(__file__).parents[2] / "captures" / "printernizer"
PRUSA: Final = "prusa-1"
OCTO: Final = "7d6b2c07-c9cf-48a6-8b3a-4835b0e0366b"
INSTANCE: Final = "01JAPP"

type Step = tuple[float, Any]
"""When (seconds), and what came: a list of printers, or a message of the socket."""


def capture(name: str) -> Any:
    """Return a file of captures."""
    return json.loads((CAPTURES / f"{name}.json").read_text(encoding="utf-8"))


def captures() -> dict[str, Any]:
    """Return all files of captures, by name."""
    return {file.stem: capture(file.stem) for file in sorted(CAPTURES.glob("*.json"))}


def lists(name: str) -> list[Step]:
    """Return the polls of a time line at which something had changed."""
    return [(row["t"], row["response"]) for row in capture(name) if "printers" in row["response"]]


def said(name: str, client: str) -> list[Step]:
    """Return what one client of the socket heard."""
    rows = (row for row in capture(name) if row["client"] == client)
    return [(row["t"], row["message"]) for row in rows]


def all_polls(steps: Iterable[Step], every: float) -> list[Step]:
    """Return the polls with those between that were not captured: only the app's last look had changed."""
    polls: list[Step] = []
    listed = list(steps)
    ends = [t for t, _ in listed[1:]] + [listed[-1][0] + 10 * every]
    for (t, answer), end in zip(listed, ends, strict=True):
        between = round((end - t) / every)
        polls.append((t, answer))
        polls += [(t + number * every, _looked_again(answer, number)) for number in range(1, between)]
    return polls


def _looked_again(answer: Any, number: int) -> Any:
    """Return a list of printers with another look of the app at those that it asks."""
    again = json.loads(json.dumps(answer))
    for row in again["printers"]:
        if row["last_seen"] is not None:
            row["last_seen"] += f" {number}"
    return again


class Line:
    """One printer behind the app, from its answers to usage events, by the same parts as in production."""

    def __init__(
        self, printer: str, *, minimum: float = 60.0, session: Mapping[str, Any] | None = None
    ) -> None:
        """Follow a printer by the app's id, going on with a session that was stored."""
        self.key = printer_id(INSTANCE, printer)
        self.recorded: list[UsageEvent] = []
        self._events: list[UsageEvent] = []
        self._minimum = minimum
        self._stored = session
        self.session: PrintSession | None = None
        self.printers = Printers(INSTANCE, {}, self._see, self.recorded.append, self._changed, lambda: None)
        self._at = 0.0
        self._is_new = False

    def run(self, steps: Iterable[Step], until: float | None = None) -> list[UsageEvent]:
        """Return the events of the steps and of the time after them."""
        for at, answer in steps:
            self._events += self._pass_time(at)
            self.take(at, answer)
        self._events += self._pass_time(until)
        events, self._events = self._events, []
        for event in events:
            DICTIONARY.check_event(event.type, event.data)
        return events

    def take(self, at: float, answer: Any) -> None:
        """Take in a list of printers, a message of the socket, or None: nobody answers."""
        self._at = at
        if answer is None:
            self.printers.lost(at)
        elif "printers" in answer:
            self.printers.listed(at, decoding.printers(answer))
        elif isinstance(heard := decoding.message(answer), Heard):
            self.printers.heard(at, heard.id, heard.sighting)
        elif heard is not None:
            self.printers.transferred(at, heard)
        if self._is_new:
            self._is_new = False
            self.printers.follow(at, frozenset({self.key}))

    def dump(self, at: float) -> dict[str, Any]:
        """Return what is stored of the open print."""
        assert self.session is not None
        stored: dict[str, Any] = json.loads(json.dumps(self.session.dump(at)))
        return stored

    def _changed(self) -> None:
        if self.session is None and self.key in self.printers.found:
            rules = self.printers.found[self.key].profile.rules
            self.session = PrintSession("printer", replace(rules, min_print_seconds=self._minimum))
            if self._stored is not None:
                self.session.load(self._stored)
            self._is_new = True

    def _see(self, _printer: str, seen: Observation) -> None:
        assert self.session is not None
        self._events += self.session.observe(seen)

    def _pass_time(self, until: float | None) -> Iterator[UsageEvent]:
        while (session := self.session) is not None and (due := session.deadline) is not None:
            if until is not None and due > until:
                return
            yield from session.observe(self.printers.read(due, self.key))


def ends(events: Iterable[UsageEvent]) -> list[tuple[str, int | None]]:
    """Return how prints ended and how long they took."""
    return [
        (
            event.type.removeprefix("job_"),
            int(event.data["duration_seconds"]) if "duration_seconds" in event.data else None,
        )
        for event in events
        if event.type in ("job_completed", "job_failed", "job_cancelled")
    ]
