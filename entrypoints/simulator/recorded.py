"""What the recorder holds, as the control API shows it: totals, deliveries line by line, requests without credentials."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from entrypoints.simulator.recorder import Delivery, Detail, MessageLedger

LINES_PER_CHUNK: Final = 1000


def totals_of(ledger: MessageLedger) -> dict[str, object]:
    """What `/control/stats` says of one provider."""
    return {
        "requests": ledger.requests,
        "accepted": ledger.accepted_total,
        "messages": ledger.messages,
        "duplicates": ledger.duplicates,
        "untracked": ledger.untracked,
        "outcomes": ledger.outcomes,
    }


async def delivery_lines(ledgers: list[MessageLedger], *, only_duplicates: bool) -> AsyncIterator[bytes]:
    """NDJSON in chunks, giving the listeners a turn between them."""
    encode = msgspec.json.Encoder().encode_lines
    chunk: list[dict[str, object]] = []
    for ledger in ledgers:
        for delivery in ledger.deliveries(only_duplicates=only_duplicates):
            chunk.append(_line(delivery))
            if len(chunk) == LINES_PER_CHUNK:
                yield encode(chunk)
                chunk.clear()
                await asyncio.sleep(0)
    if chunk:
        yield encode(chunk)


def _line(delivery: Delivery) -> dict[str, object]:
    return delivery._asdict()


def readable(detail: Detail) -> dict[str, object]:
    """A request with its body as text and without what would let one sign in."""
    headers = {name: _redacted(name, value) for name, value in detail.headers.items()}
    body = detail.body.decode("utf-8", "replace")
    return {**detail._asdict(), "headers": headers, "body": body}


def _redacted(name: str, value: str) -> str:
    """Credentials lose what makes them usable: a JWT keeps header and claims, others only their scheme."""
    if name == "x-secret-key":
        return "(redacted)"
    if name != "authorization":
        return value
    scheme, _, token = value.partition(" ")
    parts = token.split(".")
    looks_like_jwt = len(parts) == 3 and token.startswith("eyJ")
    return f"{scheme} {parts[0]}.{parts[1]}.(signature)" if looks_like_jwt else f"{scheme} (redacted)"
