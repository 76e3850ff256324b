"""Ask providers that do not call back for their reports: a step of the scheduler, one account after the other."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from application.messaging.record_reports import RecordReports
from application.ports.channels import ChannelSender, Poll
from application.ports.clock import Clock
from application.ports.credentials_source import CredentialSource
from application.ports.poll_cursors import PollCursors, PollTurn
from application.ports.provider_directory import ProviderDirectory
from application.steps import each_of
from domain.shared.errors import SignalError

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=60)
AT_ONCE = 50
PAGES = 20
"""Pages of one account in one turn; the rest waits for the next."""


class PollReports:
    """`await poll()` asks whoever is due and answers how many reports were read."""

    def __init__(
        self,
        cursors: PollCursors,
        credentials: CredentialSource,
        senders: Mapping[int, ChannelSender],
        providers: ProviderDirectory,
        record: RecordReports,
        clock: Clock,
    ) -> None:
        """`senders` by channel code."""
        self._cursors = cursors
        self._credentials = credentials
        self._senders = senders
        self._record = record
        self._clock = clock
        self._accounts = [
            (name, channel)
            for channel, plugin in providers.plugins.items()
            for name, provider in plugin.providers.items()
            if provider.capabilities.polls
        ]

    async def __call__(self) -> int:
        """Raise Unavailable when storage is away; a provider that is away is asked again in its next turn."""
        if not self._accounts:
            return 0
        turns = await self._cursors.due(self._accounts, self._clock.now(), EVERY, AT_ONCE)
        named = {
            f"{turn.provider} of application {turn.application_id}, {turn.channel.wire}": turn
            for turn in turns
        }
        return await each_of(named, self._turn)

    async def _turn(self, turn: PollTurn) -> int:
        credential = await self._credentials.current(turn.application_id, turn.provider)
        sender = self._senders.get(int(turn.channel))
        if credential is None or sender is None:
            return 0
        read, cursor = 0, turn.cursor
        for _ in range(PAGES):
            try:
                page = await sender.poll(Poll(credential, cursor, self._clock.now()))
            except SignalError as error:
                log.warning("%s cannot be asked for reports: %s", turn.provider, error)
                return read
            if page.reports:
                await self._record(turn.application_id, turn.provider, page.reports)
                read += len(page.reports)
            if page.cursor != cursor:
                cursor = page.cursor
                await self._cursors.store(turn, cursor)
            if not page.more:
                break
        return read
