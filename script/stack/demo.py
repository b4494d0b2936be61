"""A Home Assistant with a year of made-up prints behind it, to look at the dashboard; it shares nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
import json
from pathlib import Path
import sqlite3
import threading
from typing import Any, Final
from zoneinfo import ZoneInfo

from custom_components.printernizer_stats.const import DATABASE_FILE
from custom_components.printernizer_stats.core.counters import deltas
from custom_components.printernizer_stats.core.models import FLEET, UsageEvent
from custom_components.printernizer_stats.core.store import UsageStore

from .home_assistant import PASSWORD, USERNAME, HomeAssistant
from .integration import DOMAIN, Integration
from .made_up import PRINTERS, Printer, past
from .parts import interpreter, settled
from .process import PATIENCE, wait_until
from .websocket import command

ALONE: Final = {"share": False, "server": {"url": "http://127.0.0.1:9/submit", "client_key": "none"}}
NOTICE: Final = {
    "notification_id": "printernizer_demo",
    "title": "This is a demo",
    "message": "The four printers and all of their prints are made up. Nothing is shared.",
}
SERVICE: Final = "Made-up prints (demo)"
_INSERT: Final = (
    "INSERT INTO statistics (metadata_id, created_ts, start_ts, state, sum) VALUES (?, ?, ?, ?, ?)"
)
_ZONE: Final = ZoneInfo("Europe/Amsterdam")
_HOUR: Final = timedelta(hours=1)
_STATISTICS: Final = {
    "prints_completed": ("job_completed", 1, "prints", None),
    "prints_failed": ("job_failed", 1, "prints", None),
    "prints_cancelled": ("job_cancelled", 1, "prints", None),
    "print_time": ("print_seconds", 3600, "h", "duration"),
    "filament": ("filament_mm", 1_000_000, "km", "distance"),
    "filament_weight": ("filament_g", 1000, "kg", "mass"),
}

type Hour = tuple[datetime, float]
"""When it began, and the sum at its end."""


def run_demo(directory: Path, port: int) -> None:
    """Start it, print where to look, and wait until it is interrupted; raises StackError."""
    print("Starting Home Assistant and making up a year of prints ...", flush=True)
    with running_demo(directory, port) as home:
        print(f"\nHome Assistant: {home.url}   user {USERNAME}   password {PASSWORD}")
        print("It opens on the dashboard. All printers and prints in it are made up; nothing is shared.")
        print("Ctrl-C stops it.", flush=True)
        threading.Event().wait()


@contextmanager
def running_demo(directory: Path, port: int) -> Iterator[HomeAssistant]:
    """Run it on a folder; what a kept folder holds stays."""
    ports, _ = settled(directory, {"ha": port})
    folder = directory.resolve() / "home_assistant"
    home = HomeAssistant(folder, ports["ha"], interpreter("hass"), configuration(PRINTERS))
    try:
        home.start()
        if not home.has_entry(DOMAIN):
            give_past(home, PRINTERS)
        home.call_action("persistent_notification", "create", NOTICE)
        Integration(home).show_dashboard()
        yield home
    finally:
        home.stop()


def configuration(printers: Sequence[Printer]) -> str:
    """Return the YAML with the sensors of the printers."""
    sensors = [{"name": printer.name, "state": "idle"} for printer in printers]
    return f"template: {json.dumps([{'sensor': sensors}])}\n"


def give_past(home: HomeAssistant, printers: Sequence[Printer]) -> None:
    """Add the integration to a running Home Assistant, with what the printers have printed so far."""
    home.add_entry(DOMAIN, [{}, ALONE])
    wait_saved(home)
    home.stop()
    _choose(home, printers)
    events = past(printers, datetime.now(_ZONE))
    _store(home, events)
    home.start()
    wait_until("the entry is loaded", lambda: home.entries(DOMAIN)[0]["state"] == "loaded")
    _import_statistics(home, events)
    _name_device(home)


def wait_saved(home: HomeAssistant) -> None:
    """Wait until Home Assistant has written our entry and entities, which it does some seconds later."""
    storage = home.config / ".storage"
    wait_until("the entry is saved", partial(_holds, storage / "core.config_entries"))
    wait_until("the entities are saved", partial(_holds, storage / "core.entity_registry"))


def _holds(file: Path) -> bool:
    return file.exists() and DOMAIN in file.read_text(encoding="utf-8")


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


def _store(home: HomeAssistant, events: Sequence[UsageEvent]) -> None:
    """Write the past into the statistics file as the integration itself does."""
    now = datetime.now(UTC).timestamp()
    store = UsageStore(home.config / DATABASE_FILE, _ZONE, lambda _commit: None, lambda: now)
    store.open(now)
    store.record(tuple(events))
    store.flush().result(60)
    store.close()


def _name_device(home: HomeAssistant) -> None:
    """Mark the device of all printers together as made up too."""
    entry_id = home.entries(DOMAIN)[0]["entry_id"]
    devices: Any = command(home, "config/device_registry/list")
    for device in devices:
        if [DOMAIN, entry_id] in device["identifiers"]:
            command(home, "config/device_registry/update", device_id=device["id"], name_by_user=SERVICE)


def _import_statistics(home: HomeAssistant, events: Sequence[UsageEvent]) -> None:
    """Give the recorder the hours that it would have if it had been there."""
    hours: dict[str, list[Hour]] = {}
    listed: Any = command(home, "config/entity_registry/list")
    entities = {each["unique_id"]: each for each in listed}
    entry_id = home.entries(DOMAIN)[0]["entry_id"]
    for owner in sorted({FLEET, *(event.printer or FLEET for event in events)}):
        seen = [event for event in events if owner in (FLEET, event.printer)]
        for key, (metric, per_unit, unit, unit_class) in _STATISTICS.items():
            found = entities.get(f"{owner or entry_id}_{key}")
            if found is None or found["disabled_by"]:
                continue
            statistic = found["entity_id"]
            metadata = {
                "statistic_id": statistic,
                "source": "recorder",
                "name": None,
                "has_sum": True,
                "mean_type": 0,
                "unit_class": unit_class,
                "unit_of_measurement": unit,
            }
            hours[statistic] = _hours(seen, metric, per_unit)
            newest = [
                {"start": start.isoformat(), "state": total, "sum": total}
                for start, total in hours[statistic][-1:]
            ]
            command(home, "recorder/import_statistics", metadata=metadata, stats=newest)
    _insert_hours(home, {statistic: known[:-1] for statistic, known in hours.items() if known})


def _insert_hours(home: HomeAssistant, hours: Mapping[str, Sequence[Hour]]) -> None:
    """Write hours once the recorder knows the newest of each: it takes a millisecond to import one."""
    with closing(sqlite3.connect(home.config / "home-assistant_v2.db", timeout=PATIENCE)) as connection:

        def known() -> dict[str, int]:
            found = dict(connection.execute("SELECT statistic_id, id FROM statistics_meta"))
            return found if found.keys() >= hours.keys() else {}

        ids = wait_until("the newest hours are stored", known)
        for statistic, stats in hours.items():
            moments = [(start.timestamp(), total) for start, total in stats]
            with connection:  # each quickly, so that the recorder need not wait
                connection.executemany(
                    _INSERT, [(ids[statistic], start, start, total, total) for start, total in moments]
                )


def _hours(events: Sequence[UsageEvent], metric: str, per_unit: int) -> list[Hour]:
    """The sums at the end of each hour in which something was counted."""
    sums: dict[datetime, float] = {}
    total = 0.0
    for event in events:
        hour = datetime.fromtimestamp(event.at, UTC).replace(minute=0, second=0, microsecond=0)
        sums.setdefault(hour - _HOUR, total)
        total += deltas(event).get(metric, 0) / per_unit
        sums[hour] = total
    return sorted(sums.items())
