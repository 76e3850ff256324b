"""Who asks Solapi: a signature over date and salt, which is good once and for a quarter of an hour."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from entrypoints.simulator.texts.call import Call
from entrypoints.simulator.texts.store import once

SKEW_SECONDS: Final = 15 * 60.0


def signed_by(
    call: Call, accounts: Mapping[str, str], salts: OrderedDict[str, float]
) -> tuple[str | None, str]:
    """What speaks against the request, if anything, and its API key; without accounts any secret will do."""
    scheme, _, rest = (call.headers.get("authorization") or "").partition(" ")
    fields = {
        name.strip().lower(): value.strip()
        for name, _, value in (part.partition("=") for part in rest.split(","))
    }
    key, date, salt = fields.get("apikey", ""), fields.get("date", ""), fields.get("salt", "")
    if scheme != "HMAC-SHA256" or not key:
        return "InvalidAPIKey", key
    secret = accounts.get(key)
    if accounts and secret is None:
        return "InvalidAPIKey", key
    try:
        at = datetime.fromisoformat(date)
    except ValueError:
        return "SignatureDoesNotMatch", key
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    if abs(aware.timestamp() - call.now) > SKEW_SECONDS:
        return "RequestTimeTooSkewed", key
    expected = hmac.new((secret or "").encode(), (date + salt).encode(), hashlib.sha256).hexdigest()
    if not 12 <= len(salt) <= 64 or (secret is not None and expected != fields.get("signature")):
        return "SignatureDoesNotMatch", key
    if not once(salts, f"{key}/{salt}", call.now, SKEW_SECONDS):
        return "DuplicatedSignature", key
    return None, key
