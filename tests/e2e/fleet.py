"""A fleet of printers with a past of some months, so that a dashboard has something to show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from custom_components.printernizer_stats.const import DATABASE_FILE
from custom_components.printernizer_stats.counters import deltas
from custom_components.printernizer_stats.models import FLEET, UsageEvent
from custom_components.printernizer_stats.store import UsageStore
from stack.home_assistant import HomeAssistant
from stack.integration import DOMAIN
from stack.process import wait_until

from .homes import Homes, wait_saved
from .websocket import command

ALONE: Final = {"share": False, "server": {"url": "http://127.0.0.1:9/submit", "client_key": "none"}}
_DAYS: Final = 100
_ZONE: Final = ZoneInfo("Europe/Amsterdam")
_HOUR: Final = timedelta(hours=1)
_OUTCOMES: Final = ("job_completed", "job_failed", "job_cancelled")
_ODDS: Final = (88, 8, 4)
_STATISTICS: Final = {
    "prints_completed": ("job_completed", 1, "prints", None),
    "prints_failed": ("job_failed", 1, "prints", None),
    "prints_cancelled": ("job_cancelled", 1, "prints", None),
    "print_time": ("print_seconds", 3600, "h", "duration"),
    "filament": ("filament_mm", 1_000_000, "km", "distance"),
    "filament_weight": ("filament_g", 1000, "kg", "mass"),
}


@dataclass(frozen=True)
class Printer:
    """A printer that somebody described; it prints about so many times a day, for about so many hours."""

    name: str
    kind: str
    per_day: float
    hours: float

    @property
    def entity_id(self) -> str:
        """The sensor that shows its state."""
        return f"sensor.{self.name.lower().replace(' ', '_')}"

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


def start_fleet(homes: Homes, printers: Sequence[Printer] = PRINTERS) -> HomeAssistant:
    """Start a Home Assistant with these printers, and with what they have printed so far."""
    home = homes.start(extra=_configuration(printers))
    home.add_entry(DOMAIN, [{}, ALONE])
    wait_saved(home)
    home.stop()
    _choose(home, printers)
    events = list(_past(printers))
    _store(home, events)
    home.start()
    wait_until("the entry is loaded", lambda: home.entries(DOMAIN)[0]["state"] == "loaded", timeout=90)
    _import_statistics(home, events)
    return home


def _configuration(printers: Sequence[Printer]) -> str:
    sensors = [{"name": printer.name, "state": "idle"} for printer in printers]
    return f"template: {json.dumps([{'sensor': sensors}])}\n"


def _choose(home: HomeAssistant, printers: Sequence[Printer]) -> None:
    """Let the entry, which does not run now, count the printers."""
    storage = home.config / ".storage"
    described = [
        {
            "entity": each.entity_id,
            "printer_type": each.kind,
            "states": {"printing": "printing", "idle": "idle"},
        }
        for each in printers
    ]
    entries = json.loads((storage / "core.config_entries").read_text(encoding="utf-8"))
    for entry in entries["data"]["entries"]:
        if entry["domain"] == DOMAIN:
            entry["options"] |= {"manual": described}
    (storage / "core.config_entries").write_text(json.dumps(entries), encoding="utf-8")
    name = f"{DOMAIN}.printers"
    keys = {each.entity_id: each.key for each in printers}
    kept = {"version": 1, "minor_version": 1, "key": name, "data": keys}
    (storage / name).write_text(json.dumps(kept), encoding="utf-8")


def _past(printers: Sequence[Printer]) -> Iterator[UsageEvent]:
    """What happened in the last months, the same in every run but for the day of today."""
    dice = Random(7)
    now = datetime.now(_ZONE)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(_DAYS, -1, -1):
        for printer in printers:
            busy = printer.per_day * (1.4 if (midnight - timedelta(days=day)).weekday() > 4 else 0.9)
            for _ in range(min(4, int(dice.expovariate(1 / busy) + 0.5))):
                at = midnight - timedelta(days=day) + timedelta(hours=dice.uniform(8, 23))
                print_ = _print(dice, printer, at)
                if at < now - _HOUR:
                    yield from print_


def _print(dice: Random, printer: Printer, at: datetime) -> list[UsageEvent]:
    outcome = dice.choices(_OUTCOMES, _ODDS)[0]
    seconds = int(3600 * printer.hours * dice.lognormvariate(-0.1, 0.6))
    seconds = seconds if outcome == "job_completed" else seconds // 3
    data: dict[str, int | str] = {
        "printer_type": printer.kind,
        "duration_seconds": seconds,
        "filament_mm": seconds * 4,
        "filament_g": seconds // 84,
    }
    events = [_event(outcome, at, printer, data)]
    if outcome == "job_failed":
        kind = dice.choice(("print_failed", "print_failed", "printer_error", "connection_error"))
        events.append(_event("error_occurred", at, printer, {"error_type": kind, "component": "printer"}))
    return events


def _event(name: str, at: datetime, printer: Printer, data: Mapping[str, int | str]) -> UsageEvent:
    return UsageEvent(type=name, at=at.timestamp(), printer=printer.key, data=data)


def _store(home: HomeAssistant, events: Sequence[UsageEvent]) -> None:
    """Write the past into the statistics file as the integration itself does."""
    now = datetime.now(UTC).timestamp()
    store = UsageStore(home.config / DATABASE_FILE, _ZONE, lambda _commit: None, lambda: now)
    store.open(now)
    store.record(tuple(sorted(events, key=lambda event: event.at)))
    store.flush().result(60)
    store.close()


def _import_statistics(home: HomeAssistant, events: Sequence[UsageEvent]) -> None:
    """Give the recorder the hours that it would have if it had been there."""
    listed: Any = command(home, "config/entity_registry/list")
    entities = {each["unique_id"]: each for each in listed}
    entry_id = home.entries(DOMAIN)[0]["entry_id"]
    for owner in {FLEET, *(event.printer or FLEET for event in events)}:
        seen = [event for event in events if owner in (FLEET, event.printer)]
        for key, (metric, per_unit, unit, unit_class) in _STATISTICS.items():
            found = entities.get(f"{owner or entry_id}_{key}")
            if found is None or found["disabled_by"]:
                continue
            metadata = {
                "statistic_id": found["entity_id"],
                "source": "recorder",
                "name": None,
                "has_sum": True,
                "mean_type": 0,
                "unit_class": unit_class,
                "unit_of_measurement": unit,
            }
            stats = _hours(seen, metric, per_unit)
            command(home, "recorder/import_statistics", metadata=metadata, stats=stats)
    wait_until("the hours are stored", lambda: command(home, "recorder/info")["backlog"] == 0, timeout=60)


def _hours(events: Sequence[UsageEvent], metric: str, per_unit: int) -> list[dict[str, Any]]:
    """The sums at the end of each hour in which something was counted."""
    sums: dict[datetime, float] = {}
    total = 0.0
    for event in sorted(events, key=lambda each: each.at):
        hour = datetime.fromtimestamp(event.at, UTC).replace(minute=0, second=0, microsecond=0)
        sums.setdefault(hour - _HOUR, total)
        total += deltas(event).get(metric, 0) / per_unit
        sums[hour] = total
    return [{"start": hour.isoformat(), "state": value, "sum": value} for hour, value in sorted(sums.items())]
