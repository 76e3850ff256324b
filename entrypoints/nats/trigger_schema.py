"""The envelope of a campaign's trigger, version 1: the conventions of send requests, on a subject of its own.

    {"v": 1, "request_id": "order-7", "key": "as_live_…", "campaign_id": "…",
     "variables": {"order": 7}, "external_ids": ["anna"]}

One run per `idempotency_key`, or per `request_id` without one; whole audience without `external_ids`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from application.campaigns.commands import TriggerCampaignCommand
from domain.applications.principal import Principal
from entrypoints.nats.schema import VERSION, ExternalId, Poison, RequestId, request_id_of


class TriggerEnvelope(Struct, forbid_unknown_fields=True, kw_only=True):
    """Version 1."""

    v: Literal[1]
    request_id: RequestId
    key: Annotated[str, Meta(min_length=1, max_length=512)]
    campaign_id: UUID
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    application_id: UUID | None = None
    variables: dict[str, Any] = msgspec.field(default_factory=dict)
    external_ids: Annotated[list[ExternalId], Meta(max_length=1_000)] = msgspec.field(default_factory=list)

    def __repr__(self) -> str:
        return f"TriggerEnvelope(request_id={self.request_id!r})"


class _Head(Struct):
    v: Any = None
    request_id: Any = None


_envelope = msgspec.json.Decoder(TriggerEnvelope)
_head = msgspec.json.Decoder(_Head)


def decode_trigger(payload: bytes) -> TriggerEnvelope:
    """Raise Poison for what is not JSON, of another version, or not as the schema says."""
    try:
        head = _head.decode(payload)
    except msgspec.ValidationError as error:
        raise Poison("bad_request", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Poison("bad_json", str(error)) from None
    request_id = request_id_of(head.request_id)
    if isinstance(head.v, bool) or head.v != VERSION:
        raise Poison("unknown_version", f"v must be {VERSION}", request_id)
    try:
        return _envelope.decode(payload)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Poison("bad_request", str(error), request_id) from None


def trigger_of(
    envelope: TriggerEnvelope, principal: Principal, application_id: UUID
) -> TriggerCampaignCommand:
    return TriggerCampaignCommand(
        application_id=application_id,
        campaign_id=envelope.campaign_id,
        actor="operator" if principal.is_operator else principal.key_id,
        key=envelope.idempotency_key or envelope.request_id,
        variables=envelope.variables,
        external_ids=tuple(envelope.external_ids),
    )
