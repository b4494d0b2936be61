"""A printer that an integration of Home Assistant and Printernizer both know: one print each time."""

from typing import Any

from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.printernizer_stats.printers.duplicates import Sign, async_find_duplicates
from custom_components.printernizer_stats.printers.entities import async_find_printers
from custom_components.printernizer_stats.printers.printernizer.ids import printer_id

from ...forms import async_open_options, defaults
from ...helpers import async_settle
from ...house import House, async_house
from .at_home import INSTANCE, Home
from .captures import capture

APP = printer_id(INSTANCE, "a")
STATE = "PL_printer.state"
PROGRESS = "PL_job.progress"
WORDS = {"printing": ("printing", "printing"), "finished": ("unknown", "finished")}


def prusalink(home: Home, **more: Any) -> House:
    """Put the same machine into the house as Home Assistant's own integration shows it."""
    house = async_house(home.hass, "prusalink", "PL", **{"data": {"host": "192.0.2.11"}, **more})
    house.show(STATE, "idle")
    house.show(PROGRESS, "0")
    return house


async def async_show(home: Home, house: House, what: str, progress: int) -> None:
    """Let the machine be so, under both."""
    in_app, at_home = WORDS[what]
    home.app.show("a", in_app, progress)
    house.show(PROGRESS, str(progress))
    house.show(STATE, at_home)
    await home.async_poll()


async def async_choose(home: Home, *printers: str) -> Any:
    """Tick exactly these."""
    page = await async_open_options(home.hass, home.entry, "printers")
    answer = {**defaults(page), "printers": list(printers)}
    done = await home.hass.config_entries.options.async_configure(page["flow_id"], answer)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await async_settle(home.hass, home.entry)
    return page


@pytest.mark.parametrize(
    ("more", "in_app", "sign"),
    [
        ({"data": {"host": "192.0.2.11"}}, {}, Sign.NETWORK),
        ({"data": {}, "serial_number": "SN-0815-4711"}, {"serial": "sn-0815-4711"}, Sign.SERIAL),
        ({"data": {}, "name": "Left one"}, {"name": "left one"}, Sign.NAME),
    ],
)
async def test_it_is_offered_once_with_the_reason(
    home: Home, more: dict[str, Any], in_app: dict[str, Any], sign: Sign
) -> None:
    house = prusalink(home, **more)
    config = {**capture("printers")[0]["response"]["printers"][0]["connection_config"]}
    config["serial_number"] = in_app.pop("serial", None)
    home.app.show("a", "online", connection_config=config, **in_app)
    await home.async_setup()
    found = async_find_printers(home.hass)
    (double,) = async_find_duplicates(home.hass, found)
    assert (double.id, double.other, double.sign) == (APP, house.printer.id, sign)


async def test_other_machines_are_not_taken_for_one(home: Home) -> None:
    prusalink(home, data={"host": "192.0.2.99"}, name="Other")
    home.app.show("a", "online")
    await home.async_setup()
    assert async_find_duplicates(home.hass, async_find_printers(home.hass)) == []


@pytest.mark.parametrize("to_app", [True, False], ids=["to Printernizer", "to the integration"])
async def test_another_source_in_the_middle_of_a_print_counts_one(home: Home, to_app: bool) -> None:
    house = prusalink(home)
    home.app.show("a", "online")
    await home.async_setup()
    own = house.printer.id
    before, after = (own, APP) if to_app else (APP, own)
    await async_choose(home, before)
    (key,) = home.entry.runtime_data.printers
    for progress in range(0, 50, 5):
        await async_show(home, house, "printing", progress)
    page = await async_choose(home, after)
    assert "PrusaLink" in page["description_placeholders"]["doubles"]
    assert list(home.entry.runtime_data.printers) == [key], "the counters go on"
    await home.async_poll()
    for progress in range(50, 100, 5):
        await async_show(home, house, "printing", progress)
    await async_show(home, house, "finished", 100)
    await home.async_poll(4)
    ended = {name for name in ("job_cancelled", "job_failed") if home.counts.get(name)}
    assert (home.counts["job_created"], home.counts["job_completed"], ended) == (1, 1, set())
    assert abs(home.counts["print_seconds"] - 630) <= 60

    await async_choose(home, before)
    assert list(home.entry.runtime_data.printers) == [key]
    assert home.counts["job_completed"] == 1


async def test_with_both_known_each_print_counts_once(home: Home) -> None:
    house = prusalink(home)
    home.app.show("a", "online")
    await home.async_setup("a")
    for _ in range(3):
        for progress in (0, 30, 60, 90):
            await async_show(home, house, "printing", progress)
        await async_show(home, house, "finished", 100)
    await home.async_poll(3)
    assert home.counts["job_created"] == home.counts["job_completed"] == 3
