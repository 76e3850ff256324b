"""Our name for one attempt at one message, as providers carry it and give it back in their reports."""

from __future__ import annotations

import re
from uuid import UUID

LONGEST = 38
"""32 hexadecimal digits, a hyphen and an attempt of at most five digits: fits every vendor's custom field."""

_REF = re.compile(r"([0-9a-f]{32})-([0-9]{1,5})\Z")


def client_ref(message_id: UUID, attempt: int) -> str:
    """`0197a1b2…-1`: lower-case hexadecimal digits, a hyphen, the number of the attempt (1 for the first)."""
    return f"{message_id.hex}-{attempt}"


def message_of(ref: str) -> UUID | None:
    """The message that a client_ref names, or None when the text is none of ours."""
    found = _REF.match(ref)
    return None if found is None else UUID(hex=found[1])
