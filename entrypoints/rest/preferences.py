"""Consent, as servers handle it: ask for a confirmation again, make the link to a recipient's preference page."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from application.audience.resend_confirmation import ResendConfirmationCommand
from domain.applications.scopes import Scope
from domain.audience.subscription_event import ChangeSource
from entrypoints.http.decoding import Out
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import Timestamp
from entrypoints.rest.use_cases import RestUseCases


class PreferenceLinkOut(Out):
    """Whoever has the link may see and change this recipient's choices: send it to nobody else."""

    path: Annotated[str, Meta(description="On this platform's public address")]
    expires_at: Timestamp


async def resend_confirmation(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/subscriptions/{subscription_id}/confirmation"""
    await use_cases.resend_confirmation(
        ResendConfirmationCommand(
            application_id=call.application_id,
            subscription_id=call.path["subscription_id"],
            install_id=None,
            source=ChangeSource.API,
        )
    )
    return Reply(status=202)


async def make_preference_link(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/subscriptions/{subscription_id}/preference-link"""
    made = await use_cases.preference_link(call.application_id, call.path["subscription_id"])
    return Reply(PreferenceLinkOut(path=f"/p/{made.token}", expires_at=made.expires_at))


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/subscriptions/{subscription_id}/confirmation",
        name="resend_confirmation",
        tag="subscriptions",
        summary="Ask the owner of an address once more to confirm it",
        description="At most three messages a day go to one address, thirty seconds apart.",
        scope=Scope.AUDIENCE_WRITE,
        replies={202: None},
        errors=frozenset({409}),
        handler=resend_confirmation,
    ),
    Route(
        method="POST",
        path="/v1/subscriptions/{subscription_id}/preference-link",
        name="make_preference_link",
        tag="subscriptions",
        summary="The signed link to a recipient's preference page",
        description="Of the subscription's user, or of the subscription alone while it is linked to nobody.",
        scope=Scope.AUDIENCE_WRITE,
        replies={200: PreferenceLinkOut},
        handler=make_preference_link,
    ),
)
