"""Fallbacks under way, as storage sees them: one row for each root message until nothing more can happen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.messaging.fallback import UnderWay
from domain.shared.channels import Channel, Lane


@attrs.frozen(slots=True)
class KeptScript:
    """A template version that the channels of a fallback say, and what its sender gave for it."""

    template_id: UUID
    version: int
    variables: bytes | None = attrs.field(repr=False)
    """Sealed for the root; None: the sender gave none that it reads."""
    topic: str | None


@attrs.frozen(slots=True)
class LaterChannel:
    """A channel that was not tried yet, and what is said on it."""

    channel: Channel
    content_id: UUID | None
    """None: a template says it, once it is known to which device."""
    advertising: bool = False
    """The content says that it is one."""


@attrs.frozen(slots=True)
class DueFallback:
    """A fallback that is looked at now."""

    root_id: UUID
    application_id: UUID
    current_id: UUID
    external_id: str | None
    """Of the person; None when they are gone."""
    lane: Lane
    later: Sequence[LaterChannel]
    state: UnderWay
    script: KeptScript | None = None


class Fallbacks(Protocol):
    async def due(self, now: datetime, limit: int) -> Sequence[DueFallback]:
        """Those whose turn it is; they are not looked at again within the next seconds unless they are stored."""
        ...

    async def wait(self, root_ids: Sequence[UUID], until: Sequence[datetime]) -> None:
        """Look again then."""
        ...

    async def hold(self, root_ids: Sequence[UUID], until: datetime) -> None:
        """Look again then, and count from then how long the current message has been under way."""
        ...

    async def go_on(
        self,
        root_id: UUID,
        after: UUID,
        current_id: UUID | None,
        later: Sequence[LaterChannel],
        now: datetime,
    ) -> None:
        """`current_id` is under way now in place of `after` (None: nobody had the channel, `after` stays); `later` is left.
        Nothing changes when somebody else went on before."""
        ...

    async def end(self, root_ids: Sequence[UUID]) -> None: ...
