"""List suppressed addresses, newest first, or look one up."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import attrs

from application.audience.sealing import token_indexes
from application.audience.suppress_address import canonical_address
from application.ports.addresses import Addresses
from application.ports.provider_directory import ProviderDirectory
from application.ports.vault import Vault
from domain.audience.suppression import Suppression
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.page import DEFAULT_LIMIT, Page, check_limit, decode_cursor, encode_cursor


@attrs.frozen(slots=True, kw_only=True)
class ListSuppressionsCommand:
    """With `address`, which wants its channel, at most that one."""

    application_id: UUID
    channel: Channel | None = None
    address: str | None = attrs.field(default=None, repr=False)
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(kw_only=True)
class ListSuppressions:
    addresses: Addresses
    vault: Vault
    providers: ProviderDirectory

    async def __call__(self, command: ListSuppressionsCommand) -> Page[Suppression]:
        """Raise InvalidInput for a bad cursor, limit or address."""
        limit = check_limit(command.limit)
        before = None if command.cursor is None else _position(command.cursor)
        indexes = None
        if command.address is not None:
            if command.channel is None:
                raise InvalidInput("channel is missing", field="channel", fix="name the address's channel")
            text = canonical_address(self.providers, command.channel, command.address)
            indexes = token_indexes(self.vault, command.application_id, text).all
        found = await self.addresses.suppressions(
            command.application_id, channel=command.channel, indexes=indexes, before=before, limit=limit + 1
        )
        items = tuple(found[:limit])
        more = len(found) > limit
        last = items[-1] if more else None
        cursor = None if last is None else encode_cursor(last.created_at.isoformat(), last.index.hex())
        return Page(items, cursor)


def _position(cursor: str) -> tuple[datetime, bytes]:
    at, index = decode_cursor(cursor, parts=2)
    try:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError
        return moment, bytes.fromhex(index)
    except ValueError:
        raise InvalidInput(
            "cursor is not one of ours", field="cursor", fix="use next_cursor as it was given"
        ) from None
