"""Where a webhook may lead: a URL is checked when it is entered, every address it resolves to when it is used."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from domain.shared.errors import InvalidInput

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

MAX_URL: Final = 2_048
_NAT64: Final = ip_network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are an IPv4 address that a gateway would reach."""


def parse_networks(text: str) -> tuple[Network, ...]:
    """Networks separated by commas. Raise ValueError for what is none."""
    return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())


def may_be_reached(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether this is a public address, or one of a network that the installation allows.

    What embeds an IPv4 address (mapped, 6to4, Teredo, NAT64) is judged by that one.
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        embedded = _embedded(address)
        if embedded is not None:
            return may_be_reached(embedded, allowed)
    if any(address.version == network.version and address in network for network in allowed):
        return True
    return address.is_global and not address.is_multicast


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def check_url(url: str, allowed: Sequence[Network]) -> None:
    """Raise InvalidInput for a URL that cannot be an endpoint.

    Without encryption only where the installation allows networks of its own; an address instead of a name is judged here.
    """

    def refuse(what: str, fix: str) -> InvalidInput:
        return InvalidInput(what, field="url", fix=fix)

    if len(url) > MAX_URL or any(ord(one) <= 32 or ord(one) >= 127 or one == "\\" for one in url):
        raise refuse("url is too long or holds characters that must be encoded", "send an encoded https URL")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise refuse("url cannot be read", "send a URL such as https://example.com/hooks") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and allowed):
        raise refuse("url is not encrypted", "use https")
    if not host or port == 0:
        raise refuse("url names no host", "send a URL such as https://example.com/hooks")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise refuse("url holds credentials or a fragment", "leave them out; requests are signed")
    literal = _literal(host)
    if literal is not None:
        if not may_be_reached(literal, allowed):
            raise refuse(
                "url leads to an address that is not public", "use a public host, or have its network allowed"
            )
    elif not _is_name(host) or (_is_local(host) and not allowed):
        raise refuse("url does not name a public host", "use a full host name such as hooks.example.com")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    """A host name in letters, digits and hyphens whose last label is no number: 0x7f.1 and 2130706433 are addresses."""
    labels = host.rstrip(".").split(".")
    shaped = all(0 < len(one) <= 63 and one.replace("-", "").replace("_", "").isalnum() for one in labels)
    last = labels[-1].lower()
    return shaped and not last.isdigit() and not last.startswith("0x")


def _is_local(host: str) -> bool:
    name = host.rstrip(".").lower()
    return "." not in name or name.endswith((".localhost", ".local", ".internal"))
