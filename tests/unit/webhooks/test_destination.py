"""A webhook cannot lead into the network that the platform stands in."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from domain.shared.errors import InvalidInput
from domain.webhooks.destination import check_url, may_be_reached, parse_networks

FORBIDDEN = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::", "fe80::1%1",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_what_is_not_public_is_not_reached(text: str) -> None:
    """Loopback, private, link-local, shared, multicast, and the same inside of IPv6."""
    assert not may_be_reached(ip_address(text), ())


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_public_is_reached(text: str) -> None:
    """In both families, also when one is written inside of the other."""
    assert may_be_reached(ip_address(text), ())


def test_a_network_that_is_allowed_is_reached_and_no_other() -> None:
    """What an installation allows is exactly that."""
    allowed = parse_networks("10.0.0.0/8, fd00::/8")
    assert may_be_reached(ip_address("10.1.2.3"), allowed)
    assert may_be_reached(ip_address("::ffff:10.1.2.3"), allowed)
    assert may_be_reached(ip_address("fd00::1"), allowed)
    assert not may_be_reached(ip_address("192.168.1.1"), allowed)
    assert not may_be_reached(ip_address("127.0.0.1"), allowed)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x", "ftp://example.com", "https://", "https:///x", "example.com", "https://user:pw@example.com/",
        "https://example.com/#x", "https://example.com:0/", "https://example.com:99999/", "https://127.0.0.1/",
        "https://[::1]/", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/",
        "https://localhost/", "https://a.localhost/", "https://postgres/", "https://metadata.google.internal/",
        "https://exa mple.com/", "https://exämple.com/", "https://good.example\\@evil.example/", "https://exa%6dple.com/",
        "https://example.com/" + "x" * 2048, "https://[fe80::1%25eth0]/", "https://a..b/",
    ],
)  # fmt: skip
def test_urls_that_cannot_be_endpoints_are_refused_by_name(url: str) -> None:
    """Whatever tricks a parser: refused when it is entered, with the field and what to do."""
    with pytest.raises(InvalidInput) as refused:
        check_url(url, ())
    assert refused.value.field == "url"
    assert refused.value.fix


@pytest.mark.parametrize(
    "url", ["https://example.com", "https://example.com:8443/a?b=c", "https://93.184.216.34/x"]
)
def test_urls_of_public_hosts_are_taken(url: str) -> None:
    """With a port, a path, a query; an address, too."""
    check_url(url, ())


def test_without_encryption_only_where_networks_are_allowed() -> None:
    """And then only to names or to addresses of such a network."""
    allowed = parse_networks("127.0.0.0/8")
    check_url("http://127.0.0.1:9000/x", allowed)
    check_url("http://hooks/x", allowed)
    with pytest.raises(InvalidInput):
        check_url("http://10.0.0.1/x", allowed)
