"""Trying a credential: a question to the provider that sends nothing to anybody, or a push to a token that nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from adapters.channels.frame.courier import Route
from adapters.channels.frame.delivery import Delivery
from application.ports.channels import Credential, Envelope, SendBatch, Tried
from domain.messaging.content import Body
from domain.messaging.outcome import Accepted, Outcome, Rejected
from domain.shared.channels import SubscriptionType


async def tried_by_sending(
    route: Route, type: SubscriptionType, credential: Credential, token: str, content: Body
) -> Tried:
    """What the route makes of one send to a token that cannot exist: that it is refused for the token is what a sound
    credential leads to."""
    nobody: UUID = uuid4()
    envelope = Envelope(nobody, nobody, token, content, 1)
    batch = SendBatch(credential.application_id, type, credential, [envelope])
    outcomes: list[Outcome] = []

    def report(index: int, outcome: Outcome) -> None:
        outcomes.append(outcome)

    await Delivery(batch, report, lambda: True, claims=False).run(route, 1)
    return Tried(sound(outcomes))


def sound(outcomes: Sequence[Outcome]) -> Outcome:
    """The one outcome; a refusal of the token counts as accepted."""
    (one,) = outcomes
    return Accepted() if isinstance(one, Rejected) and not one.bug else one
