"""What all listeners share: the script in force, the records, and the shape of an answer."""

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import NamedTuple

from entrypoints.simulator.behaviour import Behaviour
from entrypoints.simulator.draw import Script
from entrypoints.simulator.measures import RetryAfter
from entrypoints.simulator.recorder import Recorder


class Answer(NamedTuple):
    """What a listener sends after `delay` seconds, unless `fault` says that it breaks off, and how."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    delay: float = 0.0
    fault: str | None = None
    authenticated: bool = False


class Stage:
    """The one mutable place: replace the behaviour here and every listener plays the new one from then on.

    `on_accepted(token, message_id)` is told of each accepted push with a message id (the devices' part).
    """

    def __init__(
        self, behaviour: Behaviour, recorder: Recorder, *, now: Callable[[], float] = time.time
    ) -> None:
        self.script = Script(behaviour)
        self.recorder = recorder
        self.now = now
        self.on_accepted: Callable[[str, str], None] | None = None

    @property
    def behaviour(self) -> Behaviour:
        """The behaviour in force."""
        return self.script.behaviour

    def play(self, behaviour: Behaviour) -> None:
        """Put another behaviour in force; requests already decided keep their fate."""
        self.script = Script(behaviour)


def retry_after_header(retry_after: RetryAfter, now: float) -> tuple[str, str]:
    """The header in the form the script asks for (RFC 9110 section 10.2.3)."""
    if retry_after.form == "date":
        return "retry-after", formatdate(now + retry_after.seconds, usegmt=True)
    return "retry-after", str(retry_after.seconds)
