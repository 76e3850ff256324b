"""Twilio's signature of a callback: whoever does not know the Auth Token cannot make one.

Source: Twilio, "Webhooks security". Signed is the URL as Twilio was told it (with or without the usual port), followed by
each POST parameter's name and value in order of name. For a JSON body the URL carries its SHA-256 instead.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

HEADER: Final = "x-twilio-signature"
SETTINGS_HEADER: Final = "x-twilio-webhooks-signature-settings"
_USUAL_PORT: Final = {"https": 443, "http": 80}
_HASHES: Final = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}


def algorithm_of(settings_header: str) -> str:
    """The algorithm that `key=…,algorithm=…` names; without it the Auth Token's HMAC-SHA1."""
    for part in settings_header.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return "HMAC_SHA1"


def is_signed(
    secret: str,
    url: str,
    parameters: Mapping[str, Sequence[str]],
    body: bytes,
    signature: str,
    *,
    algorithm: str = "HMAC_SHA1",
) -> bool:
    """Whether this signature belongs to this request. `parameters` are the form's, empty for a JSON body."""
    hash_ = _HASHES.get(algorithm)
    if hash_ is None or not signature:
        return False
    parts = urlsplit(url)
    claimed = parse_qs(parts.query).get("bodySHA256")
    if claimed and not parameters:
        actual = hashlib.sha256(body).hexdigest()
        if not hmac.compare_digest(actual.encode(), claimed[0].encode()):
            return False
    text = "".join(name + value for name in sorted(parameters) for value in sorted(set(parameters[name])))
    matches = False
    for variant in _with_and_without_port(parts):
        made = base64.b64encode(hmac.new(secret.encode(), (variant + text).encode(), hash_).digest())
        matches |= hmac.compare_digest(made, signature.encode())
    return matches


def _with_and_without_port(parts: SplitResult) -> tuple[str, str]:
    host = parts.netloc.rpartition("@")[2]
    name = host[: host.rindex("]") + 1] if host.startswith("[") else host.partition(":")[0]
    port = parts.port or _USUAL_PORT.get(parts.scheme, 443)
    return parts._replace(netloc=name).geturl(), parts._replace(netloc=f"{name}:{port}").geturl()
