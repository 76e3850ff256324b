"""Signatures are those of Standard Webhooks, with any number of secrets."""

from __future__ import annotations

import base64

from domain.webhooks.signature import secret_text, sign

SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl"
BODY = b'{"event_type":"ping","data":{"success":true}}'


def test_a_signature_is_the_specifications() -> None:
    """The example of the specification: HMAC-SHA-256 of id, timestamp and body under the decoded secret."""
    signed = sign([SECRET], "msg_loFOjxBNrRLzqYUf", 1731705121, BODY)
    assert signed == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_during_a_rotation_both_secrets_sign() -> None:
    """Receivers accept if any of the signatures is theirs."""
    other = secret_text("A" * 43)
    both = sign([other, SECRET], "msg_loFOjxBNrRLzqYUf", 1731705121, BODY).split()
    assert len(both) == 2
    assert both[1] == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
    assert both[0] != both[1]


def test_a_secret_has_256_bits() -> None:
    """And the form that receivers' libraries expect."""
    secret = secret_text("-_" * 21 + "A")
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
