"""Duplicates: the same machine under two integrations or apps, so that it is counted once.

What they say is compared by fingerprints. Only signs that hardly ever agree by chance are taken, and the
user has the last word.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final
from urllib.parse import urlsplit

from homeassistant.const import CONF_HOST, CONF_IP_ADDRESS, CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .entities import FoundPrinter
from .printernizer.fingerprint import fingerprint

# Short ids agree by chance.
_SERIAL_LENGTH: Final = 8
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Sign(StrEnum):
    """Why two printers seem to be one machine."""

    DEVICE = "device"
    SERIAL = "serial"
    NETWORK = "network"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A printer that seems to be listed already, as which other one, and why."""

    id: str
    other: str
    sign: Sign


@dataclass(frozen=True, slots=True, kw_only=True)
class _Traits:
    """Fingerprints of what is known of the machine behind a printer."""

    printer: FoundPrinter
    serials: frozenset[str]
    hosts: frozenset[str]
    name: str | None


@callback
def async_find_duplicates(hass: HomeAssistant, found: Mapping[str, FoundPrinter]) -> list[Duplicate]:
    """Return the printers that seem to be others of another integration; the better source is kept."""
    crowd = Counter(printer.config_entry_id for printer in found.values())
    traits = [_traits(hass, printer, alone=crowd[printer.config_entry_id] == 1) for printer in found.values()]
    traits.sort(key=lambda each: (-each.printer.profile.trust, each.printer.profile.domain))
    doubles: dict[str, Duplicate] = {}
    for one, two in combinations(traits, 2):
        if one.printer.id in doubles or two.printer.id in doubles:
            continue
        if (sign := _sign(one, two)) is not None:
            doubles[two.printer.id] = Duplicate(id=two.printer.id, other=one.printer.id, sign=sign)
    return list(doubles.values())


@callback
def async_changed_sources(
    hass: HomeAssistant, found: Mapping[str, FoundPrinter], before: Collection[str], now: Collection[str]
) -> dict[str, str]:
    """Return which printers the user chose another source for: the one before, and the same machine's now."""
    pairs = [(each.id, each.other) for each in async_find_duplicates(hass, found)]
    return {
        old: new
        for one, two in pairs
        for old, new in ((one, two), (two, one))
        if old in before and new not in before and new in now and old not in now
    }


def _sign(one: _Traits, two: _Traits) -> Sign | None:
    """The strongest sign that both are one machine; integrations list a machine once, so never within one."""
    if _source(one.printer) == _source(two.printer):
        return None
    if one.printer.device_id and one.printer.device_id == two.printer.device_id:
        return Sign.DEVICE
    if one.serials & two.serials:
        return Sign.SERIAL
    if one.hosts & two.hosts:
        return Sign.NETWORK
    same_kind = one.printer.profile.rules.printer_type == two.printer.profile.rules.printer_type
    return Sign.NAME if same_kind and one.name and one.name == two.name else None


def _traits(hass: HomeAssistant, printer: FoundPrinter, *, alone: bool) -> _Traits:
    """Collect the traits; the address of an entry with many printers is a server's and not a machine's."""
    if printer.instance is not None:
        said = printer.traits
        hosts_of_others = said.hosts - frozenset(map(fingerprint, _LOCAL))
        return _Traits(printer=printer, serials=said.serials, hosts=hosts_of_others, name=said.name)
    device = dr.async_get(hass).async_get(printer.device_id or "")
    entry = hass.config_entries.async_get_entry(printer.config_entry_id or "")
    serials = [printer.stem]
    hosts: set[str] = set()
    name = None
    if device is not None:
        name = (device.name_by_user or device.name or "").casefold() or None
        serials += [str(each[1]) for each in device.identifiers]
    if isinstance(device, dr.DeviceEntry):
        serials.append(device.serial_number or "")
        hosts = {value.casefold() for _, value in device.connections}
    if entry is not None and alone:
        hosts |= _hosts(entry.data.get(key) for key in (CONF_HOST, CONF_IP_ADDRESS, CONF_URL))
    return _Traits(
        printer=printer,
        serials=frozenset(fingerprint(each) for each in serials if len(each) >= _SERIAL_LENGTH),
        hosts=frozenset(map(fingerprint, hosts - _LOCAL)),
        # A name that only repeats the integration's is no sign.
        name=fingerprint(name) if name and name != printer.profile.name.casefold() else None,
    )


def _source(printer: FoundPrinter) -> tuple[str, str | None]:
    """What lists the printer: an integration, or one instance of an app."""
    return printer.profile.domain, printer.instance


def _hosts(addresses: Iterable[object]) -> set[str]:
    """The host names in what config entries call host, address or URL."""
    hosts = set()
    for address in addresses:
        if isinstance(address, str):
            text = address if "//" in address else f"//{address}"
            hosts.add((urlsplit(text).hostname or "").casefold())
    return hosts - {""}
