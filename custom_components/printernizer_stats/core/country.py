"""Country of a home, by what the user set: the country, or else the time zone; never an address."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

UNKNOWN: Final = "XX"


@cache
def zone_countries() -> Mapping[str, str]:
    """Return the country of each time zone (ISO 3166), of the tzdata that Home Assistant brings; blocking.

    An old name of a zone has its country as long as nobody else shares that zone.
    """
    alone = {zone: codes for codes, zone in _rows("zone1970.tab") if "," not in codes}
    links = (line.split() for line in _lines("tzdata.zi") if line.startswith("L "))
    return {
        **{link: alone[zone] for _, zone, link in links if zone in alone},
        **{zone: code for code, zone in _rows("zone.tab")},
    }


def country(chosen: str | None, time_zone: str, known: Mapping[str, str]) -> str:
    """Return the country that the user chose, else that of the time zone, else XX."""
    return chosen or known.get(time_zone, UNKNOWN)


def _rows(name: str) -> Iterator[tuple[str, str]]:
    """Yield the countries and the zone of each row."""
    for line in _lines(name):
        if not line.startswith("#"):
            codes, _, zone, *_ = line.split("\t")
            yield codes, zone


def _lines(name: str) -> list[str]:
    return files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8").splitlines()
