"""A new application, made through REST with the operator's key: application, application key, credentials."""

from __future__ import annotations

import attrs

from bootstrap.demo.json_client import JsonClient
from bootstrap.demo.provider_credentials import ProviderCredentials


@attrs.frozen
class NewApplication:
    """What a back-end developer would be given."""

    application_id: str
    api_key: str = attrs.field(repr=False)
    credentials: ProviderCredentials | None = None


def bearer(key: str) -> dict[str, str]:
    """The header that authenticates with an API key."""
    return {"authorization": f"Bearer {key}"}


async def create_application(api: JsonClient, name: str, *, with_credentials: bool = True) -> NewApplication:
    """`api` carries the operator's key. Raise CallFailed with the API's own words."""
    made = await api.call("POST", "/v1/applications", {"name": name})
    application_id = str(made.body["id"])
    path = f"/v1/applications/{application_id}"
    issued = await api.call("POST", f"{path}/keys", {"label": "demo"})
    credentials = None
    if with_credentials:
        credentials = ProviderCredentials.generate()
        for provider, fields in (("apns", credentials.apns_fields()), ("fcm", credentials.fcm_fields())):
            await api.call("PUT", f"{path}/credentials/{provider}", {"fields": fields})
    return NewApplication(application_id, str(issued.body["api_key"]), credentials)
