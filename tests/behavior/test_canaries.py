"""Unmistakable strings in whatever may name somebody, and a search for them in all that we keep and tell."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import json
import logging
from pathlib import Path
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    entity_registry as er,
    issue_registry as ir,
)
import pytest

from custom_components.printernizer_stats.const import DOMAIN, EVENT_USAGE
from custom_components.printernizer_stats.diagnostics import async_get_config_entry_diagnostics
from custom_components.printernizer_stats.printers.entities import async_find_printers
from custom_components.printernizer_stats.printers.profiles import PROFILES, Role

from ..clock import async_fire_due
from ..helpers import StatisticsService, async_act, async_settle, async_setup
from ..house import House, async_house
from ..proofs import tries
from ..replaying import Scenario, scenarios

CANARY: Final = "Zyx7Canary"
LONG_ENOUGH: Final = 9  # shorter ones are found in any random number
EVERY: Final = tries(1, fast=6)
"""Of the scenarios of each profile, so manieth are played."""
HOST: Final = "canary-host.invalid"
START: Final = datetime(2026, 11, 16, 8, tzinfo=UTC)
TEXTS: Final = (Role.ERROR, Role.REASON, Role.OUTCOME)
ATTRIBUTES: Final = {
    "friendly_name": f"{CANARY} printer",
    "file_name": f"/home/{CANARY}/benchy.gcode",
    "serial": f"SN-{CANARY}",
    "ip_address": HOST,
    "entity_picture": f"http://{HOST}/{CANARY}.png",
    "user": CANARY,
}


def _printer(scenario: Scenario) -> str:
    """Name the printer of a scenario: a profile may have several in the corpus."""
    return f"{scenario.integration} {scenario.printer}"


class Canaries:
    """Printers of every profile, all of whose names and texts are canaries."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Put one printer of each profile into the house, and name all that can be named."""
        self._hass = hass
        self.scenarios: dict[str, list[Scenario]] = {}
        for scenario in scenarios():
            self.scenarios.setdefault(_printer(scenario), []).append(scenario)
        self.houses = {name: self._house(each[0]) for name, each in self.scenarios.items()}
        printers = {each[0].printer.casefold() for each in self.scenarios.values()}
        self.secrets = {CANARY.casefold(), HOST, *(each for each in printers if len(each) >= LONG_ENOUGH)}

    def _house(self, scenario: Scenario) -> House:
        house = async_house(
            self._hass,
            PROFILES[scenario.integration].domain,
            scenario.printer,
            data={"host": HOST, "username": CANARY, "api_key": CANARY},
            name=f"{CANARY} {scenario.integration}",
            manufacturer=CANARY,
            model=f"Model {CANARY}",
            serial_number=f"SN-{CANARY}",
            configuration_url=f"http://{HOST}/",
        )
        for each in self.scenarios[_printer(scenario)]:
            for row in each.rows:
                if row[1] not in ("event", "restart"):
                    self._name(house, row[1])
        return house

    def _name(self, house: House, unique_id: str) -> None:
        registry = er.async_get(self._hass)
        entity_id = house.entity(unique_id)
        if CANARY.casefold() not in entity_id:
            platform, _, name = entity_id.partition(".")
            new = f"{platform}.{CANARY.casefold()}_{name}"
            registry.async_update_entity(entity_id, new_entity_id=new, name=f"{CANARY} {name}")

    def show(self, house: House, unique_id: str, state: str, unit: str | None = None) -> None:
        """Show a state as its integration would, with attributes that name things."""
        more = {"unit_of_measurement": unit} if unit else {}
        self._hass.states.async_set(house.entity(unique_id), state, {**ATTRIBUTES, **more})

    def shout(self, house: House, scenario: Scenario) -> None:
        """Show free text on all entities that may have some, and a state that nobody knows."""
        for row in scenario.rows:
            if row[1] in ("event", "restart"):
                continue
            role = PROFILES[scenario.integration].role_of(row[1], scenario.printer)
            if role is None or role in TEXTS:
                self.show(house, row[1], f"{CANARY}: nozzle of {CANARY} clogged")


async def _play(canaries: Canaries, freezer: FrozenDateTimeFactory, hass: HomeAssistant, number: int) -> None:
    """Play the scenario of that number of every profile that has so many, all at the same time."""
    begun = START + timedelta(days=number)
    rows = [
        (float(at), name, what, rest)
        for name, listed in canaries.scenarios.items()
        for at, what, *rest in (listed[number].rows if number < len(listed) else ())
        if what != "restart"
    ]
    for at, name, what, rest in sorted(rows, key=lambda row: row[0]):
        freezer.move_to(begun + timedelta(seconds=at))
        async_fire_due(hass)
        house = canaries.houses[name]
        if what == "event":
            house.fire({**ATTRIBUTES, **rest[0]})
        else:
            canaries.show(house, what, *rest)
        await hass.async_block_till_done()
    for name, house in canaries.houses.items():
        canaries.shout(house, canaries.scenarios[name][0])
    freezer.move_to(begun + timedelta(hours=23))
    async_fire_due(hass)
    await hass.async_block_till_done()


def _found(secrets: set[str], text: str) -> list[str]:
    folded = text.casefold()
    return [secret for secret in secrets if secret in folded]


def _file_bytes(database: Path) -> str:
    """Return the raw bytes of the file and its log, as text that can be searched."""
    files = [database.with_name(f"{database.name}{suffix}") for suffix in ("", "-wal", "-shm")]
    raw = b"".join(each.read_bytes() for each in files if each.exists())
    return raw.decode("latin-1") + raw.decode("utf-16-le", errors="ignore")


@pytest.mark.allowed_logs
@pytest.mark.timeout(1200)
async def test_no_canary_is_kept_or_told(
    hass: HomeAssistant,
    service: StatisticsService,
    freezer: FrozenDateTimeFactory,
    database: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger=f"custom_components.{DOMAIN}")
    freezer.move_to(START)
    hass.config.location_name = CANARY
    ar.async_get(hass).async_create(CANARY)
    user = await hass.auth.async_create_user(CANARY)
    fired: list[Mapping[str, Any]] = []

    @callback
    def keep(event: Event[Any]) -> None:
        fired.append(event.data)

    hass.bus.async_listen(EVENT_USAGE, keep)
    canaries = Canaries(hass)
    found = async_find_printers(hass)
    assert len(found) == len(canaries.houses)
    entry = await async_setup(hass, **service.options(tuple(found)))
    for number in range(0, max(len(each) for each in canaries.scenarios.values()), EVERY):
        await _play(canaries, freezer, hass, number)
    context = Context(user_id=user.id)
    await hass.services.async_call(
        DOMAIN, "record_event", {"event_type": "file_uploaded"}, blocking=True, context=context
    )
    freezer.tick(timedelta(days=1))
    async_fire_due(hass)
    await async_settle(hass, entry)

    preview = await async_act(hass, "preview_report")
    answer = await async_act(hass, "submit_now")
    export = await async_act(hass, "export_data")
    types = [event["type"] for event in export["events"]]
    assert {"job_completed", "job_failed", "job_cancelled", "error_occurred", "printer_connected"} <= set(
        types
    )
    told = {
        "the report": preview["body"],
        "what was sent": b"".join(service.received).decode(),
        "the answer": json.dumps(answer, default=str),
        "the export": json.dumps(export, default=str),
        "the bus": json.dumps(fired, default=str),
        "diagnostics": json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str),
        "issues": str([each for (domain, _), each in ir.async_get(hass).issues.items() if domain == DOMAIN]),
        "the log": "".join(
            record.getMessage() for record in caplog.records if f"custom_components.{DOMAIN}" in record.name
        ),
        "the file": await hass.async_add_executor_job(_file_bytes, database),
        "the states": str(
            [
                state.as_dict()
                for each in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
                if each.device_id
                and each.unique_id.startswith(entry.entry_id)
                and (state := hass.states.get(each.entity_id))
            ]
        ),
    }
    assert len(fired) == len(types)
    assert service.received
    assert {name: _found(canaries.secrets, text) for name, text in told.items()} == {
        name: [] for name in told
    }
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert _found(canaries.secrets, await hass.async_add_executor_job(_file_bytes, database)) == []


def test_the_search_finds_canaries(tmp_path: Path) -> None:
    file = tmp_path / "file.db"
    file.write_bytes(b"\x00" + f"a {CANARY} b".encode())
    assert _found({CANARY.casefold()}, _file_bytes(file)) == [CANARY.casefold()]
