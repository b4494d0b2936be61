"""Endpoints: the addresses that reports may go to."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from yarl import URL

from ...const import DEFAULT_ENDPOINT

# Home Assistant's own list, which is not to be had here; a test holds both equal.
_PRIVATE: Final = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8")))


def endpoint_error(endpoint: str) -> str | None:
    """Return why an endpoint cannot be used, as a translation key; None when it can."""
    try:
        url = URL(endpoint)
    except ValueError:
        return "invalid_endpoint"
    if url.scheme not in ("http", "https") or not url.host or url.user or url.fragment:
        return "invalid_endpoint"
    if url.scheme == "http" and not _is_near(url.host):
        return "insecure_endpoint"
    return None


def _is_near(host: str) -> bool:
    """Whether a host is this machine or in a private network."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_link_local or any(address in each for each in _PRIVATE)


def is_default(endpoint: str) -> bool:
    """Whether this is the project's own service: it speaks protocol 2, or nothing is sent there."""
    return (URL(endpoint).host or "").rstrip(".") == URL(DEFAULT_ENDPOINT).host


def installation_url(endpoint: str, installation_id: str) -> str:
    """Where the service deletes an installation: beside the address that reports go to."""
    return str(URL(endpoint).join(URL("installation/")) / installation_id)


def root_url(endpoint: str) -> str:
    """Where the service says what it speaks: the folder of the address that reports go to."""
    return str(URL(endpoint).join(URL(".")))
