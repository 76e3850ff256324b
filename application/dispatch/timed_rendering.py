"""Rendering that knows how long it takes: integers that somebody looks at now and then, nothing called per message."""

from __future__ import annotations

import time
from collections.abc import Mapping

from application.dispatch.rendering import Prepared, Rendering
from application.ports.channel_plugins import ChannelPlugin
from application.ports.leased_chunk import Chunk, LoadedMessage
from application.ports.sealed_variables import SealedVariables
from application.ports.templating import Templating
from domain.messaging.content import Body
from domain.shared.channels import Channel

LONGEST = 40
"""2^40 ns are 18 minutes: what takes longer is counted there."""


class TimedRendering(Rendering):
    """Times what has placeholders; content that says the same to everybody costs nothing and is not counted."""

    def __init__(
        self,
        templating: Templating,
        variables: SealedVariables,
        plugins: Mapping[Channel, ChannelPlugin],
    ) -> None:
        super().__init__(templating, variables, plugins)
        self.counts = [0] * (LONGEST + 1)
        """How many renderings took less than 2^i ns, and not less than half of that, by i."""
        self.spent_ns = 0
        self.refused = 0

    def body_of(self, chunk: Chunk, content: Prepared, message: LoadedMessage) -> Body | str:
        if content.compiled is None:
            return super().body_of(chunk, content, message)
        started = time.perf_counter_ns()
        body = super().body_of(chunk, content, message)
        spent = time.perf_counter_ns() - started
        self.spent_ns += spent
        self.counts[min(spent.bit_length(), LONGEST)] += 1
        if isinstance(body, str):
            self.refused += 1
        return body
