"""docs/automations.md: every example is set up and run as it stands, every link and name is right."""

from itertools import takewhile
from pathlib import Path
import re
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.history.statistics import figures
from custom_components.printernizer_stats.history.tables import PRINT_COLUMNS

from ..helpers import OctoPrint, async_act, async_pass, async_print, async_settle, async_setup, entity_state
from .automating import BLUEPRINTS, Told, async_automate, async_notifications, device_id

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "automations.md").read_text(encoding="utf-8")


def examples(text: str) -> list[Any]:
    """Return the YAML blocks of a page."""
    return [parse_yaml(block) for block in re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)]


EXAMPLES: Final = examples(PAGE)
AUTOMATIONS: Final = {each["alias"]: each for each in EXAMPLES if "triggers" in each}
SCRIPTS: Final = {each["alias"]: each for each in EXAMPLES if "sequence" in each}
TEMPLATES: Final = [each["template"] for each in EXAMPLES if "template" in each]


@pytest.fixture
def expected_lingering_timers() -> bool:
    """An automation that waits for a time of the day does so until the end."""
    return True


@pytest.fixture
def printer(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> OctoPrint:
    """Show an idle printer."""
    freezer.move_to("2026-10-14 20:00:00-07:00")
    printer = OctoPrint(hass, "abc", "Prusa MK4")
    printer.show("operational", 0)
    return printer


@pytest.fixture
async def entry(hass: HomeAssistant, printer: OctoPrint) -> MockConfigEntry:
    """Count the printer, which is in the workshop, and want its maintenance after an hour."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"workshop": {}}})
    entry = await async_setup(hass, printers=[printer.id])
    area = ar.async_get(hass).async_create("Workshop")
    dr.async_get(hass).async_update_device(device_id(entry, printer), area_id=area.id)
    interval = entity_state(hass, entry, "maintenance_interval", "number", printer).entity_id
    data = {"entity_id": interval, "value": 1}
    await hass.services.async_call("number", "set_value", data, blocking=True)
    await async_settle(hass, entry)
    return entry


@pytest.fixture
async def told(hass: HomeAssistant) -> Told:
    """Return the notifications, as they come."""
    return await async_notifications(hass)


def workshop(hass: HomeAssistant) -> str:
    state = hass.states.get("input_boolean.workshop")
    assert state is not None
    return state.state


def rows(head: str) -> set[str]:
    """Return the names in the first column of the table with that head."""
    lines = PAGE.partition(f"\n| {head} |")[2].splitlines()[2:]
    cells = [line.split("|")[1] for line in takewhile(lambda line: line.startswith("|"), lines)]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_every_example_is_run_here() -> None:
    assert len(AUTOMATIONS) + len(SCRIPTS) + len(TEMPLATES) == len(EXAMPLES)
    tests = Path(__file__).read_text(encoding="utf-8")
    for alias in (*AUTOMATIONS, *SCRIPTS):
        assert f'"{alias}"' in tests, alias


async def test_what_is_done_is_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    told: Told,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_automate(hass, AUTOMATIONS["Tell when a print is done"])
    await async_print(hass, entry, freezer, printer)
    assert [(each["title"], each["message"]) for each in told] == [
        ("Prusa MK4: print completed", "It took 60 minutes.")
    ]


async def test_what_failed_is_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    told: Told,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_automate(hass, AUTOMATIONS["Tell what failed"])
    await async_print(hass, entry, freezer, printer, end="error")
    assert [(each["title"], each["message"]) for each in told] == [
        ("Prusa MK4: print failed", "After 60 minutes.")
    ]


async def test_maintenance_is_asked_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    told: Told,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_automate(hass, AUTOMATIONS["Ask for maintenance"])
    await async_print(hass, entry, freezer, printer)
    assert [each["message"] for each in told] == ["Prusa MK4 wants its maintenance."]


@pytest.mark.parametrize(("shown", "left"), [("operational", "off"), ("printing", "on")])
async def test_the_workshop_is_switched_off_unless_something_prints(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    freezer: FrozenDateTimeFactory,
    shown: str,
    left: str,
) -> None:
    await hass.services.async_call(
        "input_boolean", "turn_on", {"entity_id": "input_boolean.workshop"}, blocking=True
    )
    await async_automate(hass, AUTOMATIONS["Switch the workshop off at night, but never during a print"])
    printer.show(shown, 10)
    await async_pass(hass, entry, freezer, hours=3)
    assert workshop(hass) == left


async def test_a_printer_that_often_fails_is_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    told: Told,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_automate(hass, AUTOMATIONS["Look after a printer that often fails"])
    for _ in range(4):
        await async_print(hass, entry, freezer, printer)
    await async_print(hass, entry, freezer, printer, end="error")
    assert told == [], "80 % are enough"
    await async_print(hass, entry, freezer, printer, end="error")
    assert [each["message"] for each in told] == ["Only 66.7 % of the prints are completed."]


async def test_a_pause_is_seen(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    await async_automate(hass, AUTOMATIONS["Light while a print is paused"])
    printer.show("printing", 10)
    await async_pass(hass, entry, freezer, minutes=10)
    assert workshop(hass) == "off"
    printer.show("paused")
    await async_pass(hass, entry, freezer, minutes=10)
    assert workshop(hass) == "on"


async def test_errors_are_told(hass: HomeAssistant, entry: MockConfigEntry, told: Told) -> None:
    await async_automate(hass, AUTOMATIONS["Tell of errors"])
    data = {"error_type": "printer_error"}
    await async_act(hass, "record_event", {"event_type": "error_occurred", "data": data})
    await async_settle(hass, entry)
    assert [each["message"] for each in told] == ["An error of the kind printer_error."]


async def test_a_script_knows_the_week(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    told: Told,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_print(hass, entry, freezer, printer)
    script = {"week": SCRIPTS["How was the week?"]}
    assert await async_setup_component(hass, "script", {"script": script})
    await hass.services.async_call("script", "week", {}, blocking=True)
    await hass.async_block_till_done()
    assert [(each["title"], each["message"]) for each in told] == [
        ("Prints this week: 1", "Prusa MK4: 1.0 h")
    ]


async def test_a_template_knows_the_month(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    (template,) = TEMPLATES
    assert await async_setup_component(hass, "template", {"template": template})
    await hass.async_block_till_done()
    await async_print(hass, entry, freezer, printer)
    state = hass.states.get("sensor.busiest_printer")
    assert state is not None
    assert (state.state, state.attributes["hours"]) == ("Prusa MK4", 1.0)


def test_the_blueprints_can_be_imported_from_it() -> None:
    links = re.findall(r"\]\((https://my\.home-assistant\.io/redirect/blueprint_import/\?[^)]+)\)", PAGE)
    linked = [parse_qs(urlsplit(link).query)["blueprint_url"][0] for link in links]
    sources = [
        load_yaml_dict(str(file))["blueprint"]["source_url"] for file in sorted(BLUEPRINTS.glob("*.yaml"))
    ]
    assert sorted(linked) == sources


def test_the_tables_name_what_is_there() -> None:
    assert rows("field") == set(PRINT_COLUMNS)
    assert rows("figure") == set(figures({}))
    assert rows("`type`") == set(DICTIONARY.events)
    assert f"`{DOMAIN}_event`" in PAGE
