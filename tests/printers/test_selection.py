"""The rules of a printer with the user's constants."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest

from custom_components.printernizer_stats.printers.selection import async_count_new, tuned_rules

from ..forms import async_open_options, defaults
from ..helpers import async_setup
from ..house import House, async_house

ADVANCED = {"grace_seconds": 300, "merge_seconds": 90, "lost_hours": 48}


def bambu(hass: HomeAssistant) -> House:
    house = async_house(hass, "bambu_lab", "01P00A")
    house.entity("01P00A_print_status")
    return house


def octoprint(hass: HomeAssistant) -> House:
    house = async_house(hass, "octoprint", "abc")
    house.entity("Current State-abc")
    return house


async def test_without_options_the_defaults_are_used(hass: HomeAssistant) -> None:
    printer = bambu(hass).printer
    assert tuned_rules(printer, {}) == printer.profile.rules


async def test_every_constant_is_used(hass: HomeAssistant) -> None:
    rules = tuned_rules(bambu(hass).printer, {**ADVANCED, "min_print_seconds": 5})
    assert (rules.grace_seconds, rules.merge_seconds) == (300, 90)
    assert (rules.lost_seconds, rules.min_print_seconds) == (48 * 3600, 5)


async def test_a_source_that_cannot_contradict_itself_is_not_waited_for(hass: HomeAssistant) -> None:
    assert tuned_rules(octoprint(hass).printer, ADVANCED).merge_seconds == 5


async def test_described_and_declined_printers_are_not_new(hass: HomeAssistant) -> None:
    one, two = bambu(hass).printer.id, octoprint(hass).printer.id
    assert async_count_new(hass, {}) == 2
    assert async_count_new(hass, {"declined": [one], "manual": [{"entity": two}]}) == 0


async def test_the_page_stores_whole_numbers(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    page = await async_open_options(hass, entry, "advanced")
    shown = defaults(page)
    assert {"grace_seconds": 180, "merge_seconds": 60, "lost_hours": 24}.items() <= shown.items()
    result = await hass.config_entries.options.async_configure(
        page["flow_id"], {**shown, **{key: float(ADVANCED[key]) for key in ADVANCED}}
    )
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert ADVANCED.items() <= entry.options.items()
    assert all(type(entry.options[key]) is int for key in ADVANCED)
    page = await async_open_options(hass, entry, "advanced")
    assert ADVANCED.items() <= defaults(page).items()


@pytest.mark.parametrize(
    "wrong",
    [
        {"grace_seconds": 9}, {"grace_seconds": 3601}, {"merge_seconds": 4}, {"merge_seconds": 601},
        {"lost_hours": 0}, {"lost_hours": 169},
    ],
)  # fmt: skip
async def test_the_constants_have_bounds(hass: HomeAssistant, wrong: dict[str, int]) -> None:
    page = await async_open_options(hass, await async_setup(hass), "advanced")
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(page["flow_id"], {**defaults(page), **wrong})
