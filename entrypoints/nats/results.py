"""The answer to a request, version 1, as it is published on `signal.results.<request id>`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from application.campaigns.trigger_campaign import Triggered
from application.messaging.accept_command import AcceptResult
from domain.shared.errors import SignalError

VERSION = 1
MAX_ERRORS = 1_000
"""Per-recipient errors listed in one result; `rejected` counts all of them."""


def accepted(request_id: str, result: AcceptResult, largest: int) -> bytes:
    """status accepted, partial (some recipients got no message) or refused (none did).

    `message_ids[i]` belongs to the recipient `indexes[i]`. A result larger than `largest` bytes lists fewer errors,
    then no ids: they can be read again with the same idempotency key over REST.
    """
    status = "refused" if not result.accepted else "partial" if result.rejected else "accepted"
    listed: dict[str, object] = {
        "accepted": result.accepted,
        "rejected": result.rejected,
        "replayed": result.replayed,
        "message_ids": [str(one) for one in result.message_ids],
        "indexes": list(result.indexes),
        "errors": [
            {"index": error.index, "code": error.code, "detail": error.detail, "field": error.field}
            for error in result.errors[:MAX_ERRORS]
        ],
    }
    error = None
    if status == "refused":
        error = {"code": "nothing_accepted", "detail": "none of the recipients can be sent to"}
    for dropped in ((), ("errors",), ("errors", "indexes", "message_ids")):
        for name in dropped:
            listed[name] = []
        if dropped:
            listed["truncated"] = True
        document = _document(request_id, status, listed, error)
        if len(document) <= largest:
            break
    return document


def triggered(request_id: str, done: Triggered) -> bytes:
    """The run is stored and will be launched; `run_id` is the campaign to watch."""
    run = done.run
    result = {
        "campaign_id": str(run.run_of),
        "run_id": str(run.id),
        "run_number": run.run_number,
        "replayed": done.replayed,
    }
    return _document(request_id, "accepted", result, None)


def refused(request_id: str, error: SignalError) -> bytes:
    """Nothing was stored, and `error` says why and what to do."""
    problem: dict[str, object] = {"code": error.code, "detail": error.message}
    if error.field is not None:
        problem["field"] = error.field
    if error.fix is not None:
        problem["fix"] = error.fix
    return _document(request_id, "refused", None, {**problem, **error.extra})


def _document(
    request_id: str, status: str, result: Mapping[str, object] | None, error: Mapping[str, object] | None
) -> bytes:
    document = {"v": VERSION, "request_id": request_id, "status": status, "result": result, "error": error}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
