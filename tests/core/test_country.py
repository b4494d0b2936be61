"""The country by what the user set: the country, else the time zone, else nothing."""

from importlib.resources import files
import re
from zoneinfo import available_timezones

from homeassistant.core import HomeAssistant
import pytest

from custom_components.printernizer_stats.core.country import country, zone_countries

from ..helpers import async_setup


def test_all_zones_of_the_table_have_their_country() -> None:
    known = zone_countries()
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    assert len(rows) > 400
    assert all(known[zone] == code for code, _, zone, *_ in rows)
    assert all(re.fullmatch("[A-Z]{2}", country(None, zone, known)) for zone in available_timezones())


@pytest.mark.parametrize(
    ("zone", "code"),
    [
        ("Europe/Amsterdam", "NL"),
        ("Europe/Oslo", "NO"),
        ("Atlantic/Reykjavik", "IS"),
        ("Asia/Calcutta", "IN"),
        ("US/Eastern", "US"),
        ("Iceland", "XX"),
        ("UTC", "XX"),
        ("Etc/GMT+5", "XX"),
        ("Nowhere/Town", "XX"),
    ],
)
def test_the_country_of_a_zone(zone: str, code: str) -> None:
    assert country(None, zone, zone_countries()) == code
    assert country("NZ", zone, zone_countries()) == "NZ"


@pytest.mark.parametrize(
    ("chosen", "zone", "code"),
    [("DE", "Europe/Amsterdam", "DE"), (None, "Europe/Amsterdam", "NL"), (None, "UTC", "XX")],
)
async def test_reports_tell_the_country_that_was_set(
    hass: HomeAssistant, chosen: str | None, zone: str, code: str
) -> None:
    hass.config.country = chosen
    await hass.config.async_set_time_zone(zone)
    entry = await async_setup(hass)
    assert entry.runtime_data.installation_info().country_code == code
