"""Double opt-in on a device: the code that its owner was sent, and another one."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from application.audience.confirm_subscription import ConfirmSubscriptionCommand
from application.audience.resend_confirmation import ResendConfirmationCommand
from entrypoints.client_api.guard import install_of
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Access, Call, Reply, Route


class ConfirmationIn(In):
    """What stands in the message."""

    code: Annotated[str, Meta(min_length=1, max_length=32)]


class ConfirmationAgain(In):
    """Nothing has to be said."""


class ConfirmationOut(Out):
    """Where the subscription stands now."""

    subscription_status: int


async def confirm(use_cases: ClientUseCases, call: Call) -> Reply:
    """POST /v1/client/subscriptions/{subscription_id}/confirm"""
    body: ConfirmationIn = call.body
    done = await use_cases.confirm_subscription(
        ConfirmSubscriptionCommand(
            application_id=call.application_id,
            subscription_id=call.path["subscription_id"],
            install_id=install_of(call),
            code=body.code,
        )
    )
    return Reply(ConfirmationOut(subscription_status=done.subscription_status))


async def resend(use_cases: ClientUseCases, call: Call) -> Reply:
    """POST /v1/client/subscriptions/{subscription_id}/confirm/resend"""
    await use_cases.resend_confirmation(
        ResendConfirmationCommand(
            application_id=call.application_id,
            subscription_id=call.path["subscription_id"],
            install_id=install_of(call),
        )
    )
    return Reply(status=202)


ROUTES: tuple[Route[ClientUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/client/subscriptions/{subscription_id}/confirm",
        name="client_confirm_subscription",
        tag="client",
        summary="Confirm an address with the code that was sent to it",
        description="Five tries a code. One that waits for nothing is answered as it is.",
        access=Access.INSTALL,
        body=ConfirmationIn,
        replies={200: ConfirmationOut},
        handler=confirm,
    ),
    Route(
        method="POST",
        path="/v1/client/subscriptions/{subscription_id}/confirm/resend",
        name="client_resend_confirmation",
        tag="client",
        summary="Send another code; the one before is void",
        description="At most three messages a day go to one address, thirty seconds apart.",
        access=Access.INSTALL,
        body=ConfirmationAgain,
        replies={202: None},
        errors=frozenset({409}),
        handler=resend,
    ),
)
