"""Clients that trust the same share what was loaded for it, and nobody else does."""

from __future__ import annotations

import pytest
import trustme

from adapters.channels.frame.trust import trust


def authority() -> bytes:
    return trustme.CA().cert_pem.bytes()


def test_the_same_authority_and_protocols_share_a_context() -> None:
    """It is loaded once a process."""
    pem = authority()
    assert trust(pem, "h2") is trust(bytes(pem), "h2")


def test_another_authority_or_protocol_has_a_context_of_its_own() -> None:
    """What is trusted for one installation's double is trusted nowhere else, and HTTP/2 is offered only where it is spoken."""
    ours, theirs = authority(), authority()
    contexts = [trust(None), trust(ours), trust(theirs), trust(ours, "h2")]
    assert len({id(one) for one in contexts}) == 4
    plain, *extended = (len(one.get_ca_certs()) for one in contexts)
    assert extended == [plain + 1] * 3


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="ascii"):
        trust("-----BEGIN CERTIFICATE-----\nÄ".encode())
