"""An answer, and the two ways of not getting one: certainly not processed, or nobody knows."""

from __future__ import annotations

from adapters.channels.push.http2.header_block import read_headers, read_status


class Answer:
    """A complete response. Its headers are decoded when somebody asks: most answers are a plain 200."""

    __slots__ = ("_block", "body", "status")

    def __init__(self, block: bytes, body: bytes) -> None:
        """Raise ValueError when the header block has no status."""
        self.status = read_status(block)
        self.body = body
        self._block = block

    def header(self, name: str) -> str | None:
        """The first value of a header by its lower-case name; None also for a block that cannot be read."""
        try:
            return next((value for key, value in read_headers(self._block) if key == name), None)
        except ValueError:
            return None


class NotProcessed(Exception):
    """The provider certainly did not act on this request: it may be sent again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AnswerLost(Exception):
    """The request left, and its answer will not come: the provider may have acted on it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


CONNECT_FAILED = "connect_failed"
CONNECT_TIMEOUT = "connect_timeout"
CONNECTION_LOST = "connection_lost"
GOING_AWAY = "going_away"
STREAM_REFUSED = "stream_refused"
TIMEOUT = "timeout"
