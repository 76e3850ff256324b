"""Messages rendered again for whoever reads them: a content is compiled once, however many messages and fetches share it."""

from __future__ import annotations

from uuid import UUID

from adapters.templating.engine import LiquidTemplating
from application.messaging.rendered import KEPT, Rendered
from application.ports.templating import CompiledBody
from domain.messaging.content import Body
from domain.shared.channels import Channel
from tests.accepting import new_sealed_variables

APP = UUID(int=1)


class Counting(LiquidTemplating):
    """How often something was compiled."""

    def __init__(self) -> None:
        super().__init__()
        self.compiled = 0

    def compile(self, channel: Channel, body: Body, **more: object) -> CompiledBody:  # type: ignore[override]
        self.compiled += 1
        return super().compile(channel, body, **more)  # type: ignore[arg-type]


def test_a_content_is_compiled_once_for_all_its_messages_and_says_to_each_its_own() -> None:
    """Fifty fetches of two messages of one content compile once; another content of the same words is another one; what is
    kept is bounded."""
    sealed, templating = new_sealed_variables(), Counting()
    rendered = Rendered(templating, sealed)
    source = {"content": {"title": "{{ grade }} only"}}

    def title(message: int, content: int, grade: str) -> object:
        message_id = UUID(int=message)
        kept = sealed.seal(APP, message_id, {"grade": grade})
        said = rendered.body(
            APP, message_id, Channel.IN_APP, UUID(int=content), source, {"strict": False}, kept
        )
        assert said is not None
        return said["content"]

    for _ in range(50):
        assert title(1, 7, "VIP") == {"title": "VIP only"}
        assert title(2, 7, "Gold") == {"title": "Gold only"}
    assert templating.compiled == 1
    title(3, 8, "VIP")
    assert templating.compiled == 2
    for content in range(100, 100 + KEPT):
        title(4, content, "VIP")
    title(1, 7, "VIP")
    assert templating.compiled == 2 + KEPT + 1
