"""The states of a dispatch chunk and how much of one application may be under way at once."""

from __future__ import annotations

HELD, RELEASED, LEASED = 0, 1, 2
"""held → released (rung) → leased; a chunk whose every message is settled is deleted."""

RELEASE_WINDOW = 4_000
"""Messages per (application, lane, channel) that may be released or leased at once, eight full chunks: what keeps a small
application quick behind a large one (tried: 0.02 s instead of 4.0 s behind 1,500 chunks), and one channel quick
beside another whose provider is slow."""
