"""The subscription codes that push providers' answers ask for."""

from __future__ import annotations

TOKEN_DEAD = -10
"""subscription_status: the device no longer takes pushes under this token."""
SENDER_MISMATCH = -6
"""subscription_status: the token belongs to another sender's project."""
