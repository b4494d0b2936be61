"""Changing the options, as a user does it."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest

from ..forms import (
    UNREACHABLE,
    async_agree,
    async_open_options,
    defaults,
    error_of,
    server_defaults,
    sharing,
)
from ..helpers import CLIENT_KEY, EN, OctoPrint, StatisticsService, async_setup


async def test_the_menu_is_in_the_order_of_people_s_questions(hass: HomeAssistant) -> None:
    """What is counted, what leaves the house and where to, how to get and delete it, and the rest."""
    entry = await async_setup(hass, printers=[OctoPrint(hass).id])
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["menu_options"] == [
        *("printers", "manual", "energy", "maintenance", "dashboard", "community"),
        *("sharing", "collected", "preview", "reports"),
        *("export", "import_file", "delete", "advanced"),
    ]
    assert list(EN["options"]["step"]["init"]["menu_option_descriptions"]) == menu["menu_options"]


async def test_pages_of_statistics_that_do_not_run_say_so(hass: HomeAssistant) -> None:
    entry = await async_setup(hass, printers=[OctoPrint(hass).id])
    assert await hass.config_entries.async_unload(entry.entry_id)
    opened = {}
    for page in ("maintenance", "preview", "reports", "export", "import_file", "delete"):
        result = await async_open_options(hass, entry, page)
        opened[page] = (result["type"], result["reason"])
    assert set(opened.values()) == {(FlowResultType.ABORT, "not_loaded")}
    for page in (
        "printers",
        "manual",
        "energy",
        "dashboard",
        "community",
        "sharing",
        "collected",
        "advanced",
    ):
        assert (await async_open_options(hass, entry, page))["type"] is not FlowResultType.ABORT


async def test_a_page_that_was_left_open_notices_that_the_statistics_stopped(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    preview = await async_open_options(hass, entry, "preview")
    assert await hass.config_entries.async_unload(entry.entry_id)
    result = await hass.config_entries.options.async_configure(preview["flow_id"], {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")


@pytest.mark.parametrize("page", ["collected", "preview", "reports", "export"])
async def test_pages_to_look_at_lead_back_to_the_menu(hass: HomeAssistant, page: str) -> None:
    shown = await async_open_options(hass, await async_setup(hass), page)
    result = await hass.config_entries.options.async_configure(shown["flow_id"], {})
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "init")


async def test_options_choose_printers_and_the_shortest_print(hass: HomeAssistant) -> None:
    counted, other = OctoPrint(hass, "abc"), OctoPrint(hass, "def")
    entry = await async_setup(hass, printers=[counted.id, "gone since"], declined=[other.id])
    before = entry.runtime_data
    page = await async_open_options(hass, entry, "printers")
    assert (page["type"], page["step_id"]) == (FlowResultType.FORM, "printers")
    assert defaults(page) == {"printers": [counted.id], "min_print_seconds": 60}

    result = await hass.config_entries.options.async_configure(
        page["flow_id"], {"printers": [other.id], "min_print_seconds": 0}
    )
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {
        "share": False,
        "printers": [other.id],
        "declined": [counted.id],
        "min_print_seconds": 0,
    }
    assert type(entry.options["min_print_seconds"]) is int
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data is not before

    page = await async_open_options(hass, entry, "printers")
    assert defaults(page) == {"printers": [other.id], "min_print_seconds": 0}


@pytest.mark.parametrize("seconds", [-1, 3601, "long"])
async def test_the_shortest_print_has_bounds(hass: HomeAssistant, seconds: object) -> None:
    entry = await async_setup(hass)
    page = await async_open_options(hass, entry, "printers")
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(
            page["flow_id"], {"printers": [], "min_print_seconds": seconds}
        )


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(
    ("url", "key", "error"),
    [
        ("not an address", CLIENT_KEY, "invalid_endpoint"),
        ("http://stats.example.com/submit", CLIENT_KEY, "insecure_endpoint"),
        (UNREACHABLE, CLIENT_KEY, "cannot_connect"),
        (None, "another key", "key_refused"),
    ],
)
async def test_options_recover_from_each_error(
    hass: HomeAssistant, service: StatisticsService, url: str | None, key: str, error: str
) -> None:
    entry = await async_setup(hass)
    page = await async_open_options(hass, entry, "sharing")
    typed = sharing(url or service.url, key)
    result = await hass.config_entries.options.async_configure(page["flow_id"], typed)
    assert error_of(result, "options") == error
    assert server_defaults(result) == typed["server"]
    assert entry.options == {"share": False}

    result = await async_agree(hass.config_entries.options, page, sharing(service.url))
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["share"] is True
