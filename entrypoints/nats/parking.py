"""What is put away: the request as it came, the reason, and no key."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

VERSION = 1
REDACTED = b"redacted"
SHORTEST_KEY = 12
"""A shorter value is no key: it is replaced where it stands under `key`, not wherever else it occurs."""
_KEY = re.compile(rb"as_(?:live|operator)_[A-Za-z0-9_\-]+")
_FIELD = re.compile(rb'("key"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|$)')
_SECRET_HEADERS = frozenset({"authorization", "x-api-key", "key"})


def parked_document(
    *,
    reason: str,
    detail: str,
    subject: str,
    payload: bytes,
    headers: Mapping[str, str],
    deliveries: int,
    parked_at: datetime,
    largest: int,
) -> bytes:
    """JSON with the payload in base64, its keys replaced; cut so that the document stays below `largest` bytes.

    A payload in which a key could hide behind another encoding is withheld.
    """
    redacted = redact(payload)
    cleaned = redacted if _is_clean(redacted) else None
    room = max(0, (largest - 8_192) * 3 // 4)
    return json.dumps(
        {
            "v": VERSION,
            "reason": reason,
            "detail": redact(detail.encode())[:1_024].decode(errors="replace"),
            "subject": subject[:256],
            "deliveries": deliveries,
            "parked_at": parked_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "headers": _headers(headers),
            "size": len(payload),
            "truncated": cleaned is not None and len(cleaned) > room,
            "withheld": cleaned is None,
            "payload": None if cleaned is None else base64.b64encode(cleaned[:room]).decode(),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def redact(payload: bytes) -> bytes:
    """The payload without API keys: neither what looks like one, nor whatever stands under a `key`."""
    cleaned = _FIELD.sub(rb'\1"' + REDACTED + b'"', payload)
    for value in _named_keys(payload):
        cleaned = cleaned.replace(value, REDACTED)
    return _KEY.sub(REDACTED, cleaned)


def _named_keys(payload: bytes) -> list[bytes]:
    """The value of the envelope's `key`, as it may be written, when the payload is JSON enough to tell."""
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        return []
    key = document.get("key") if isinstance(document, dict) else None
    if not isinstance(key, str) or len(key) < SHORTEST_KEY:
        return []
    written = {json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1]}
    return [one.encode(errors="replace") for one in written]


def _is_clean(redacted: bytes) -> bool:
    """False when a key could still be read from it: written with escapes, or in UTF-16."""
    if _KEY.search(redacted.replace(b"\x00", b"")):
        return False
    try:
        document = json.loads(redacted)
    except (ValueError, RecursionError):
        return b"\\u" not in redacted
    return not isinstance(document, dict) or document.get("key", "redacted") == "redacted"


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    shown: dict[str, str] = {}
    for name, value in list(headers.items())[:32]:
        secret = name.lower() in _SECRET_HEADERS
        clean = REDACTED if secret else redact(str(value).encode(errors="replace"))[:256]
        shown[name[:128]] = clean.decode(errors="replace")
    return shown
