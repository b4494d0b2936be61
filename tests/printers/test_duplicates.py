"""The same machine under two integrations, and machines that only look alike."""

from html import unescape
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.printernizer_stats.printers.duplicates import Sign, async_find_duplicates
from custom_components.printernizer_stats.printers.entities import async_find_printers

from ..forms import async_open_options, async_start, defaults
from ..helpers import EN, async_setup
from ..house import House, async_house


def add(hass: HomeAssistant, domain: str, printer: str, state: str, **more: Any) -> House:
    house = async_house(hass, domain, printer, **more)
    house.entity(state)
    return house


def bambu(hass: HomeAssistant, **more: Any) -> House:
    return add(hass, "bambu_lab", "01P00A000000001", "01P00A000000001_print_status", **more)


def buddy(hass: HomeAssistant, **more: Any) -> House:
    return add(hass, "bambuddy", "p2", "01JBUDDY_p2_status", **more)


def doubles(hass: HomeAssistant) -> list[tuple[str, str, Sign]]:
    found = async_find_printers(hass)
    return [
        (found[each.id].profile.domain, found[each.other].profile.domain, each.sign)
        for each in async_find_duplicates(hass, found)
    ]


async def test_the_same_serial_number(hass: HomeAssistant) -> None:
    buddy(hass, serial_number="01P00A000000001")
    bambu(hass)
    assert doubles(hass) == [("bambuddy", "bambu_lab", Sign.SERIAL)]


async def test_the_same_address(hass: HomeAssistant) -> None:
    add(hass, "moonraker", "01JM", "01JM_print_state", data={"url": "http://192.0.2.7:7125"})
    add(hass, "ha_creality_ws", "192.0.2.7", "192.0.2.7-print_status", data={"host": "192.0.2.7"})
    assert doubles(hass) == [("moonraker", "ha_creality_ws", Sign.NETWORK)]


async def test_the_same_network_card(hass: HomeAssistant) -> None:
    connections = {("mac", "00:00:5e:00:53:01")}
    add(hass, "anycubic_cloud", "1", "x-job_state", connections=connections)
    add(hass, "octoprint", "abc", "Current State-abc", connections=connections)
    assert doubles(hass) == [("octoprint", "anycubic_cloud", Sign.NETWORK)]


async def test_one_device_page(hass: HomeAssistant, entity_registry: er.EntityRegistry) -> None:
    """A template sensor can be put on the page of the printer that it describes."""
    house = bambu(hass)
    entity_registry.async_get_or_create(
        "sensor", "template", "printernizer_x1_state", device_id=house.device.id
    )
    assert doubles(hass) == [("template", "bambu_lab", Sign.DEVICE)]


async def test_the_same_name_and_kind(hass: HomeAssistant) -> None:
    buddy(hass, name="Left X1")
    bambu(hass, name="left x1")
    assert doubles(hass) == [("bambuddy", "bambu_lab", Sign.NAME)]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"name": "Left X1"}, {"name": "Right X1"}),
        ({"data": {"host": "192.0.2.7"}, "name": "a"}, {"data": {"host": "192.0.2.8"}, "name": "b"}),
        ({"data": {"host": "localhost"}, "name": "a"}, {"data": {"host": "localhost"}, "name": "b"}),
        ({"serial_number": "1", "name": "a"}, {"serial_number": "1", "name": "b"}),
        ({"name": "Bambu Lab"}, {"name": "Bambu Lab"}),
    ],
)
async def test_machines_that_only_look_alike(hass: HomeAssistant, one: Any, two: Any) -> None:
    bambu(hass, **one)
    buddy(hass, **two)
    assert doubles(hass) == []


async def test_the_same_name_of_another_kind_is_another_machine(hass: HomeAssistant) -> None:
    bambu(hass, name="Workshop")
    add(hass, "prusalink", "01JP", "01JP_printer.state", name="Workshop")
    assert doubles(hass) == []


async def test_one_integration_shows_a_machine_once(hass: HomeAssistant) -> None:
    for each in ("abc", "def"):
        add(hass, "octoprint", each, f"Current State-{each}", name="Ender", data={"host": "192.0.2.7"})
    assert doubles(hass) == []


async def test_the_address_of_a_server_with_many_printers_is_no_sign(hass: HomeAssistant) -> None:
    many = buddy(hass, name="one", data={"host": "192.0.2.7"})
    many.entity("01JBUDDY_p3_status")
    bambu(hass, name="two", data={"host": "192.0.2.7"})
    assert doubles(hass) == []


async def test_three_integrations_keep_the_best_of_them(hass: HomeAssistant) -> None:
    serial = "01P00A000000001"
    buddy(hass, serial_number=serial)
    bambu(hass)
    add(hass, "octoprint", "abc", "Current State-abc", serial_number=serial)
    assert sorted(doubles(hass)) == [
        ("bambuddy", "bambu_lab", Sign.SERIAL),
        ("octoprint", "bambu_lab", Sign.SERIAL),
    ]


async def test_the_set_up_leaves_a_double_unticked_and_says_why(hass: HomeAssistant) -> None:
    weaker, better = buddy(hass, name="Left X1"), bambu(hass, name="Left X1")
    page = await async_start(hass)
    assert defaults(page) == {"printers": [better.printer.id]}
    said = page["description_placeholders"]["doubles"]
    assert EN["selector"]["double"]["options"]["note"] in said
    assert "Left X1 (BamBuddy) = Left X1 (Bambu Lab)" in unescape(said)
    assert EN["selector"]["double"]["options"]["name"] in said

    entry = await async_setup(hass, printers=[weaker.printer.id, better.printer.id])
    page = await async_open_options(hass, entry, "printers")
    assert defaults(page)["printers"] == [weaker.printer.id, better.printer.id], "the user's own choice stays"
    assert page["description_placeholders"]["doubles"] == said
