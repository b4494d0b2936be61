"""Which addresses reports may go to."""

from ipaddress import IPv4Address, IPv6Address, ip_network

from homeassistant.util.network import LINK_LOCAL_NETWORKS, LOOPBACK_NETWORKS, PRIVATE_NETWORKS, is_local
from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.sharing.endpoint import (
    endpoint_error,
    installation_url,
    root_url,
)


@pytest.mark.parametrize(
    ("endpoint", "error"),
    [
        ("https://stats.printernizer.com/submit", None),
        ("http://127.0.0.1:8080/submit", None),
        ("http://[::1]/submit", None),
        ("http://localhost/submit", None),
        ("http://192.168.1.5/submit", None),
        ("http://stats.printernizer.com/submit", "insecure_endpoint"),
        ("http://[fd00::5]/submit", None),
        ("http://[fe80::5]/submit", None),
        ("http://[::ffff:192.168.1.5]/submit", None),
        ("http://[::ffff:8.8.8.8]/submit", "insecure_endpoint"),
        ("http://8.8.8.8/submit", "insecure_endpoint"),
        ("http://203.0.113.5/submit", "insecure_endpoint"),
        ("http://localhost.evil.example/submit", "insecure_endpoint"),
        ("ftp://stats.printernizer.com/submit", "invalid_endpoint"),
        ("stats.printernizer.com", "invalid_endpoint"),
        ("https://", "invalid_endpoint"),
        ("https://user:pass@stats.printernizer.com/", "invalid_endpoint"),
        ("http://[::1", "invalid_endpoint"),
        ("", "invalid_endpoint"),
    ],
)
def test_endpoints(endpoint: str, error: str | None) -> None:
    assert endpoint_error(endpoint) == error


NEAR = [*LINK_LOCAL_NETWORKS, *LOOPBACK_NETWORKS, *PRIVATE_NETWORKS, ip_network("fc00::/7")]


@given(st.ip_addresses() | st.sampled_from(NEAR).flatmap(lambda near: st.ip_addresses(network=str(near))))
def test_near_is_what_home_assistant_calls_local(address: IPv4Address | IPv6Address) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    assert (endpoint_error(f"http://{host}/submit") is None) == is_local(address)


def test_the_service_lies_around_the_address_that_reports_go_to() -> None:
    assert root_url("https://stats.example.com/submit") == "https://stats.example.com/"
    assert root_url("http://127.0.0.1:8080/stats/submit") == "http://127.0.0.1:8080/stats/"
    deleted = installation_url("https://stats.example.com/submit", "abc")
    assert deleted == "https://stats.example.com/installation/abc"
