"""How the HTTP entry points defend themselves; every default is safe for production."""

from __future__ import annotations

import attrs

KIB = 1024
MIB = 1024 * 1024


@attrs.frozen(slots=True)
class HttpSettings:
    """Caps and rates, per process. Rates are token buckets: `…_per_second` refill, `…_burst` capacity."""

    body_limit: int = 64 * KIB
    """Bytes of an ordinary request body."""
    batch_body_limit: int = 8 * MIB
    """Bytes of a batch request body."""
    key_rate_per_second: float = 1_000.0
    key_burst: float = 2_000.0
    """Requests of one API key."""
    install_rate_per_second: float = 10.0
    install_burst: float = 60.0
    """Requests of one install of one application."""
    registration_rate_per_second: float = 50.0
    registration_burst: float = 500.0
    """First registrations of installs from one peer address."""
    failed_rate_per_second: float = 1.0
    failed_burst: float = 30.0
    """Requests of one peer address that did not authenticate."""
    rate_limit_entries: int = 20_000
    """Buckets remembered; the least recently used is forgotten first."""
    access_log: bool = True
    document_title: str = "Automata-Signal"
    document_version: str = "0.1.0"
