"""The fingerprint of a dry run: the exact audience and everything it is told, in one short text."""

from __future__ import annotations

import hashlib


def fingerprint(audience_digest: str, content_digest: str) -> str:
    """64 hexadecimal digits. Equal fingerprints mean the same recipients, each with the same content."""
    return hashlib.sha256(f"{audience_digest}:{content_digest}".encode()).hexdigest()
