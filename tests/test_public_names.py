"""Public names: what automations, dashboards, scripts and files of users may hold stays as it is named.

PRINTERNIZER_WRITE_NAMES=1 adds names that are new to public_names.json; none is ever taken out.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
import json
import os
from pathlib import Path
import sqlite3
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yaml import safe_load  # type: ignore[import-untyped]

from custom_components.printernizer_stats import const

from .helpers import EN, INTEGRATION, OctoPrint, async_act, async_add_app, async_enable_all, async_settle
from .maintained import SERVICE, MaintainedService, async_setup_maintainer

NAMES: Final = Path(__file__).with_name("public_names.json")

type Names = dict[str, list[str]]


def test_actions_triggers_and_conditions() -> None:
    declared = {kind: safe_load((INTEGRATION / f"{kind}.yaml").read_text("utf-8")) for kind in _DECLARED}
    _check({kind: sorted(_fields(names)) for kind, names in declared.items()})


def test_settings() -> None:
    """What the entry's options hold, and the pages with their fields."""
    keys = [value for name, value in vars(const).items() if name.startswith("CONF_")]
    pages = {
        f"{flow}.{step}.{field}"
        for flow in ("config", "options")
        for step, page in EN[flow]["step"].items()
        for field in ("", *page.get("data", {}), *page.get("sections", {}))
    }
    _check({"options": sorted(keys), "pages": sorted(page.rstrip(".") for page in pages)})


@pytest.mark.usefixtures("socket_enabled")
async def test_entities_events_endpoints_and_tables(
    hass: HomeAssistant, database: Path, maintained: MaintainedService
) -> None:
    for component in ("http", "websocket_api"):
        assert await async_setup_component(hass, component, {})
    heard: list[str] = []
    hass.bus.async_listen("*", lambda event: heard.append(str(event.event_type)))
    printer = OctoPrint(hass, "a", "Prusa")
    energy = {printer.id: {"meter": "sensor.meter", "price": 0.3}}
    options = {"printers": [printer.id], "energy": energy, "community": True}
    entry = await async_setup_maintainer(hass, maintained, **options)
    await async_add_app(hass, entry)
    await async_enable_all(hass, entry)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_settle(hass, entry)
    urls = {resource.canonical for resource in hass.http.app.router.resources()}
    commands = set(hass.data["websocket_api"])
    _check(
        {
            "entities": sorted(_unique_ids(hass, entry)),
            "event_types": sorted(_event_types(hass, entry)),
            "bus_events": sorted({each for each in heard if each.startswith(const.DOMAIN)}),
            "endpoints": sorted(url for url in urls if const.DOMAIN in url),
            "commands": sorted(each for each in commands if each.startswith(f"{const.DOMAIN}/")),
            "columns": sorted(_columns(database)),
        }
    )
    assert await hass.config_entries.async_unload(entry.entry_id)


_DECLARED: Final = ("services", "triggers", "conditions")


def _fields(names: Mapping[str, Any]) -> Iterator[str]:
    for name, declared in names.items():
        yield name
        for field in (declared or {}).get("fields") or {}:
            yield f"{name}.{field}"


def _unique_ids(hass: HomeAssistant, entry: MockConfigEntry) -> Iterator[str]:
    owners = {
        **dict.fromkeys(entry.subentries, "app"),
        **dict.fromkeys(entry.runtime_data.printers, "printer"),
        entry.entry_id: "entry",
        SERVICE: "maintainer",
    }
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        owner, _, key = entity.unique_id.partition("_")
        yield f"{entity.domain}.{owners[owner]}_{key}"


def _event_types(hass: HomeAssistant, entry: MockConfigEntry) -> Iterable[str]:
    (entity_id,) = (
        entity.entity_id
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if entity.unique_id == f"{entry.entry_id}_prints"
    )
    state = hass.states.get(entity_id)
    assert state is not None
    types: list[str] = state.attributes["event_types"]
    return types


def _columns(database: Path) -> Iterator[str]:
    with closing(sqlite3.connect(database)) as conn:
        for (table,) in conn.execute("SELECT name FROM sqlite_master WHERE name LIKE 'usage_%'").fetchall():
            yield from (f"{table}.{row[1]}" for row in conn.execute(f"PRAGMA table_info({table})"))


def _check(now: Names) -> None:
    """Hold the names against those that are written down."""
    known: Names = json.loads(NAMES.read_text("utf-8")) if NAMES.exists() else {}
    if os.environ.get("PRINTERNIZER_WRITE_NAMES"):
        known |= {kind: sorted({*known.get(kind, []), *names}) for kind, names in now.items()}
        NAMES.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", "utf-8")
    assert now == {kind: known[kind] for kind in now}
