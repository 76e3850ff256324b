"""One page of a list, and the opaque cursor that leads to the next."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

import attrs

from domain.shared.errors import InvalidInput

Item = TypeVar("Item")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


@attrs.frozen(slots=True)
class Page(Generic[Item]):
    """Items in the list's order; `next_cursor` is None on the last page."""

    items: tuple[Item, ...]
    next_cursor: str | None = None

    @classmethod
    def cut(cls, found: Sequence[Item], limit: int, key: Callable[[Item], UUID]) -> Page[Item]:
        """A page of what was read with `limit` + 1, so that the last page is known to be the last."""
        items = tuple(found[:limit])
        return cls(items, encode_cursor(str(key(items[-1]))) if len(found) > limit else None)


def encode_cursor(*parts: str) -> str:
    """The last key of a page as base64url text without padding."""
    return base64.urlsafe_b64encode("\x1f".join(parts).encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str, parts: int = 1) -> tuple[str, ...]:
    """Raise InvalidInput for a cursor that this list cannot have made."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = tuple(base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("\x1f"))
    except (UnicodeError, binascii.Error):
        found = ()
    if len(found) != parts or "\x00" in cursor:
        raise InvalidInput("cursor is not one of ours", field="cursor", fix="use next_cursor as it was given")
    return found


def decode_id_cursor(cursor: str | None) -> UUID | None:
    """The id that a page ended with; None for the first page."""
    if cursor is None:
        return None
    (text,) = decode_cursor(cursor)
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput(
            "cursor is not one of ours", field="cursor", fix="use next_cursor as it was given"
        ) from None


def check_limit(limit: int) -> int:
    """Raise InvalidInput outside 1..200."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"limit is {limit}", field="limit", fix=f"use 1 to {MAX_LIMIT}")
    return limit
