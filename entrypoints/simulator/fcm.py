"""FCM HTTP v1: checks a message the way Google does, lets the script decide, records it, and answers.

Source: Google, "REST Resource: projects.messages" and "FCM error codes".
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

import msgspec

from entrypoints.simulator.catalogue import (
    FCM_FAILURES,
    INVALID_REGISTRATION_TEXT,
    UNPROCESSED,
    FcmFailure,
    fcm_error_body,
)
from entrypoints.simulator.draw import Decision
from entrypoints.simulator.oauth import AccessTokens
from entrypoints.simulator.recorder import ACCEPTED, Detail, Headers, device_hash
from entrypoints.simulator.stage import Answer, Stage, retry_after_header

PREFIX: Final = "/v1/projects/"
SUFFIX: Final = "/messages:send"
SIZE_LIMIT: Final = 4096
TOPIC_SIZE_LIMIT: Final = 2048
LONGEST_TTL_SECONDS: Final = 2_419_200
TARGETS: Final = ("token", "fid", "topic", "condition")
RESERVED_KEYS: Final = frozenset({"from", "message_type"})
RESERVED_PREFIXES: Final = ("google", "gcm")
_MESSAGE_FIELDS: Final = frozenset(
    {"name", "data", "notification", "android", "webpush", "apns", "fcm_options", "fcmOptions", *TARGETS}
)
_NOTIFICATION_FIELDS: Final = frozenset({"title", "body", "image"})
_PRIORITIES: Final = frozenset({"NORMAL", "HIGH", "normal", "high"})
_JSON: Final = ("content-type", "application/json; charset=UTF-8")
_THROTTLED: Final = frozenset({429, 503})
_INVALID_JSON: Final = FcmFailure(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")

Violation = tuple[str, str]
JsonObject = dict[str, object]


class Fcm:
    """Answers `POST /v1/projects/{project}/messages:send`."""

    def __init__(self, stage: Stage, tokens: AccessTokens) -> None:
        self._stage = stage
        self._tokens = tokens

    def answer(
        self, method: str, path: str, headers: Headers, body: bytes, playable: frozenset[str]
    ) -> Answer:
        """Decide, record and answer one request; faults not `playable` by the listener are left out."""
        stage = self._stage
        now = stage.now()
        project = unquote(path[len(PREFIX) : -len(SUFFIX)])
        document = _document(body)
        message = document.get("message") if document is not None else None
        message = message if isinstance(message, dict) else {}
        token = _text(message.get("token")) or _text(message.get("fid")) or ""
        message_id = _message_id(message)
        refusal = self._refusal(method, project, headers, document, message, now)
        recorder = stage.recorder
        slot, attempt = recorder.fcm.arrive(message_id, token, now)
        decision = Decision()
        if refusal is None:
            decision = stage.script.decide("fcm", "production", token, attempt)
            if decision.error is not None:
                failure = FCM_FAILURES[decision.error]
                refusal = decision.error, failure, fcm_error_body(failure)
        fault = decision.fault if decision.fault in playable else None
        answer_headers = [_JSON]
        if fault == "empty_error":
            status, answer_body = 503, b""
        elif refusal is None:
            status = 200
            name = f"projects/{project}/messages/0:{int(now * 1e6)}%{device_hash(token):016x}"
            answer_body = msgspec.json.encode({"name": name})
        else:
            _, failure, answer_body = refusal
            status = failure.http
            if failure.html:
                answer_headers = [("content-type", "text/html; charset=UTF-8")]
            if decision.retry_after is not None and status in _THROTTLED:
                answer_headers.append(retry_after_header(decision.retry_after, now))
        outcome = refusal[0] if refusal is not None else ACCEPTED
        if refusal is None and fault in UNPROCESSED:
            outcome = f"fault:{fault}"
        if outcome is ACCEPTED and document is not None and _dry_run(document):
            outcome = "validated"
        recorder.fcm.settle(slot, outcome)
        recorder.realms[project] += 1
        recorder.last.append(
            Detail(now, "fcm", project, method, path, headers, body, message_id, attempt, outcome, status)
        )
        if outcome is ACCEPTED and message_id is not None and stage.on_accepted is not None:
            stage.on_accepted(token, message_id)
        return Answer(status, answer_headers, answer_body, decision.delay, fault, status not in (401, 403))

    def _refusal(
        self,
        method: str,
        project: str,
        headers: Headers,
        document: JsonObject | None,
        message: JsonObject,
        now: float,
    ) -> tuple[str, FcmFailure, bytes] | None:
        """Outcome name, failure and body, or None when the request is sound."""
        name: str | None = "NOT_FOUND" if method != "POST" or not project else None
        name = name or self._tokens.fault(headers.get("authorization"), project, now)
        if name is not None:
            return name, FCM_FAILURES[name], fcm_error_body(FCM_FAILURES[name])
        if document is None:
            return "INVALID_ARGUMENT", _INVALID_JSON, fcm_error_body(_INVALID_JSON)
        found = next(violations(document, message), None)
        if found is None:
            return None
        field, text = found
        failure = FcmFailure(400, "INVALID_ARGUMENT", text, error_code="INVALID_ARGUMENT")
        return "INVALID_ARGUMENT", failure, fcm_error_body(failure, [(field, text)])


def violations(document: JsonObject, message: JsonObject) -> Iterator[Violation]:
    """What Google would object to: pairs of field path and text, most important first."""
    for unknown in document.keys() - {"message", "validate_only", "validateOnly"}:
        yield "", f'Invalid JSON payload received. Unknown name "{unknown}": Cannot find field.'
    if not message:
        yield "message", "Message is empty or missing."
        return
    for unknown in message.keys() - _MESSAGE_FIELDS:
        yield (
            "message",
            f"Invalid JSON payload received. Unknown name \"{unknown}\" at 'message': Cannot find field.",
        )
    targets = [field for field in TARGETS if message.get(field)]
    if len(targets) != 1:
        yield "message", "Exactly one of token, fid, topic and condition must be set."
    for field in targets:
        value = message[field]
        if not isinstance(value, str) or (field != "condition" and (" " in value or not value.isascii())):
            yield f"message.{field}", INVALID_REGISTRATION_TEXT
    yield from _data_violations(message.get("data"))
    notification = message.get("notification")
    if notification is not None:
        if not isinstance(notification, dict):
            yield "message.notification", "Invalid value at 'message.notification'"
        else:
            for unknown in notification.keys() - _NOTIFICATION_FIELDS:
                yield "message.notification", f"Unknown name \"{unknown}\" at 'message.notification'"
    yield from _android_violations(message.get("android"))
    if _size(message) > (TOPIC_SIZE_LIMIT if "topic" in targets else SIZE_LIMIT):
        yield "message", "Android message is too big"


def _data_violations(values: object) -> Iterator[Violation]:
    if values is None:
        return
    if not isinstance(values, dict):
        yield "message.data", "Invalid value at 'message.data'"
        return
    for key, value in values.items():
        if not isinstance(value, str):
            yield (
                "message.data[0].value",
                f"Invalid value at 'message.data[0].value' (TYPE_STRING), {value!r}",
            )
        elif key in RESERVED_KEYS or key.startswith(RESERVED_PREFIXES):
            yield "message.data", f"Invalid data payload key: {key}"


def _android_violations(android: object) -> Iterator[Violation]:
    if android is None:
        return
    if not isinstance(android, dict):
        yield "message.android", "Invalid value at 'message.android'"
        return
    if "ttl" in android and not _is_ttl(android["ttl"]):
        yield "message.android.ttl", "Invalid value at 'message.android.ttl' (TYPE_DURATION): 0s to 2419200s"
    if android.get("priority", "HIGH") not in _PRIORITIES:
        yield "message.android.priority", "Invalid value at 'message.android.priority'"


def _is_ttl(value: object) -> bool:
    """A protobuf duration in JSON form, `"3600s"` or `"3.5s"`, of at most four weeks."""
    if not isinstance(value, str) or not value.endswith("s") or not value.isascii():
        return False
    whole, dot, fraction = value[:-1].partition(".")
    if not whole.isdigit() or (dot and not (fraction.isdigit() and len(fraction) <= 9)):
        return False
    return int(whole) <= LONGEST_TTL_SECONDS


def _size(message: JsonObject) -> int:
    """Bytes of notification and data, keys and values, in UTF-8."""
    total = 0
    for part in (message.get("notification"), message.get("data")):
        if isinstance(part, dict):
            total += sum(len(key.encode()) + len(str(value).encode()) for key, value in part.items())
    return total


def _document(body: bytes) -> JsonObject | None:
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _message_id(message: JsonObject) -> str | None:
    """`data.as_mid`, else the notification's tag: the ids our own messages carry."""
    values, android = message.get("data"), message.get("android")
    named = _text(values.get("as_mid")) if isinstance(values, dict) else None
    if named is None and isinstance(android, dict):
        notification = android.get("notification")
        named = _text(notification.get("tag")) if isinstance(notification, dict) else None
    return named


def _dry_run(document: JsonObject) -> bool:
    return document.get("validate_only") is True or document.get("validateOnly") is True
