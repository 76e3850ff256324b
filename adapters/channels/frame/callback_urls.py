"""Where a provider reports to us: an address that only it and the application's operators know."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from application.ports.channels import ChannelSettings, Credential
from application.ports.delivery_reports import CALLBACK_TOKEN, callback_path


def callback_url(settings: ChannelSettings, credential: Credential, **query: str) -> str | None:
    """The whole URL, with a query of our own if need be; None when this platform has no public address."""
    token = credential.fields.get(CALLBACK_TOKEN)
    if not settings.public_url or token is None:
        return None
    path = callback_path(quote(credential.provider, safe=""), credential.application_id, token)
    return f"{settings.public_url}{path}" + (f"?{urlencode(query)}" if query else "")
