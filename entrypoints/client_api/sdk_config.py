"""How the SDK should behave for an application."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from entrypoints.client_api.guard import Known
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.decoding import Out
from entrypoints.http.route import Access, Call, Reply, Route


class DoubleOptIn(Out):
    """Which addresses wait for a confirmation."""

    email: bool
    sms: bool


class ClientConfig(Out):
    """How the SDK should behave for this application."""

    receipts_enabled: bool
    iam_min_interval: Annotated[int, Meta(description="Seconds between two fetches of in-app messages")]
    double_opt_in: DoubleOptIn
    identity_required: bool
    metrics_sample: Annotated[float, Meta(description="Share of installs that report metrics")]
    min_sdk_version: str | None
    default_language: str


async def read_config(use_cases: ClientUseCases, call: Call) -> Reply:
    """GET /v1/client/config"""
    known: Known = call.caller.identity
    settings = known.authenticated.application.settings
    return Reply(
        ClientConfig(
            receipts_enabled=settings.receipts_enabled,
            iam_min_interval=60,
            double_opt_in=DoubleOptIn(
                email="email" in settings.double_opt_in, sms="sms" in settings.double_opt_in
            ),
            identity_required=settings.identity_token_required,
            metrics_sample=settings.metrics_sample,
            min_sdk_version=settings.min_sdk_version,
            default_language=settings.default_language,
        )
    )


ROUTES: tuple[Route[ClientUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/client/config",
        name="client_read_config",
        tag="client",
        summary="How the SDK should behave",
        access=Access.INSTALL,
        replies={200: ClientConfig},
        handler=read_config,
    ),
)
