"""Which addresses reports may go to."""

import ipaddress

from homeassistant.util.network import is_local
from yarl import URL

from ..const import DEFAULT_ENDPOINT


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
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return is_local(address)


def is_default(endpoint: str) -> bool:
    """Whether this is the project's own service: it speaks protocol 2, or nothing is sent there."""
    return (URL(endpoint).host or "").rstrip(".") == URL(DEFAULT_ENDPOINT).host


def installation_url(endpoint: str, installation_id: str) -> str:
    """Where the service deletes an installation: beside the address that reports go to."""
    return str(URL(endpoint).join(URL("installation/")) / installation_id)


def root_url(endpoint: str) -> str:
    """Where the service says what it speaks: the folder of the address that reports go to."""
    return str(URL(endpoint).join(URL(".")))
