"""APNs: checks a push the way Apple does, lets the script decide, records it, and answers.

Source: Apple, "Sending notification requests to APNs" and "Handling notification responses from APNs".
"""

from typing import Final
from uuid import uuid4

import msgspec

from entrypoints.simulator.behaviour import Environment
from entrypoints.simulator.catalogue import APNS_BODY, APNS_STATUS, UNPROCESSED
from entrypoints.simulator.draw import Decision
from entrypoints.simulator.provider_tokens import ProviderTokens
from entrypoints.simulator.recorder import ACCEPTED, Detail, Headers
from entrypoints.simulator.stage import Answer, Stage, retry_after_header

PREFIX: Final = "/3/device/"
PAYLOAD_LIMIT: Final = 4096
VOIP_PAYLOAD_LIMIT: Final = 5120
COLLAPSE_ID_LIMIT: Final = 64
PUSH_TYPES: Final = frozenset(
    {
        "alert",
        "background",
        "complication",
        "controls",
        "fileprovider",
        "liveactivity",
        "location",
        "mdm",
        "pushtotalk",
        "voip",
        "widgets",
    }
)
PRIORITIES: Final = frozenset({"1", "5", "10"})
_JSON: Final = ("content-type", "application/json")
_THROTTLED: Final = frozenset({429, 503})
_CREDENTIAL_REFUSALS: Final = frozenset(reason for reason, status in APNS_STATUS.items() if status == 403)


class _Payload(msgspec.Struct):
    aps: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    as_mid: object = None


_decode_payload: Final = msgspec.json.Decoder(_Payload).decode


def is_message_id(value: str) -> bool:
    """Whether this is a UUID in the canonical lower-case form that `apns-id` wants."""
    if len(value) != 36 or not value[8] == value[13] == value[18] == value[23] == "-":
        return False
    return _is_hex(value.replace("-", ""), 16) and value == value.lower()


def _is_hex(value: str, size: int | None = None) -> bool:
    try:
        decoded = bytes.fromhex(value)
    except ValueError:
        return False
    return bool(decoded) and (size is None or len(decoded) == size)


class Apns:
    """Answers `POST /3/device/{token}` for both environments."""

    def __init__(self, stage: Stage, tokens: ProviderTokens) -> None:
        self._stage = stage
        self._tokens = tokens

    def answer(
        self,
        environment: Environment,
        method: str,
        path: str,
        headers: Headers,
        body: bytes,
        playable: frozenset[str],
    ) -> Answer:
        """Decide, record and answer one request; faults not `playable` by the listener are left out."""
        stage = self._stage
        now = stage.now()
        token = path[len(PREFIX) :] if path.startswith(PREFIX) else ""
        named = headers.get("apns-id")
        known_id = named if named is not None and is_message_id(named) else None
        reason, mentioned_id = self._objection(environment, method, path, token, headers, body, now)
        if reason is None and named is not None and known_id is None:
            reason = "BadMessageId"
        recorder = stage.recorder
        slot, attempt = recorder.apns.arrive(known_id, token, now)
        decision = (
            stage.script.decide("apns", environment, token, attempt)
            if reason is None
            else Decision(error=reason)
        )
        fault = decision.fault if decision.fault in playable else None
        reason = decision.error
        answer_id = known_id or str(uuid4())
        if fault == "empty_error":
            status, answer_headers, answer_body = 503, [("apns-id", answer_id)], b""
        elif reason is None:
            status, answer_headers, answer_body = 200, [("apns-id", answer_id)], b""
            if environment == "sandbox":
                answer_headers.append(("apns-unique-id", str(uuid4())))
        else:
            status = APNS_STATUS[reason]
            answer_headers = [("apns-id", answer_id), _JSON]
            answer_body = self._error_body(reason, status, decision, now)
            if decision.retry_after is not None and status in _THROTTLED:
                answer_headers.append(retry_after_header(decision.retry_after, now))
        if fault == "no_apns_id":
            del answer_headers[0]
        outcome = reason or (f"fault:{fault}" if fault in UNPROCESSED else ACCEPTED)
        recorder.apns.settle(slot, outcome)
        recorder.realms[environment] += 1
        recorder.last.append(
            Detail(now, "apns", environment, method, path, headers, body, known_id, attempt, outcome, status)
        )
        if outcome is ACCEPTED and mentioned_id is not None and stage.on_accepted is not None:
            stage.on_accepted(token, mentioned_id)
        return Answer(
            status, answer_headers, answer_body, decision.delay, fault, reason not in _CREDENTIAL_REFUSALS
        )

    def _error_body(self, reason: str, status: int, decision: Decision, now: float) -> bytes:
        if status != 410:
            return APNS_BODY[reason]
        dead_since = now - self._stage.behaviour.dead_since_seconds
        timestamp = decision.timestamp_ms if decision.timestamp_ms is not None else int(dead_since * 1000)
        return b'{"reason":"%s","timestamp":%d}' % (reason.encode(), timestamp)

    def _objection(
        self,
        environment: Environment,
        method: str,
        path: str,
        token: str,
        headers: Headers,
        body: bytes,
        now: float,
    ) -> tuple[str | None, str | None]:
        """What is wrong with the request (an APNs reason or None), and the payload's `as_mid`."""
        if not path.startswith(PREFIX):
            return "BadPath", None
        if method != "POST":
            return "MethodNotAllowed", None
        if not token:
            return "MissingDeviceToken", None
        get = headers.get
        reason = self._tokens.fault(get("authorization"), environment, now)
        if reason is not None:
            return reason, None
        topic = get("apns-topic")
        if not topic:
            return "MissingTopic", None
        if "." not in topic or " " in topic:
            return "BadTopic", None
        push_type = get("apns-push-type")
        if push_type not in PUSH_TYPES:
            return "InvalidPushType", None
        priority = get("apns-priority")
        if priority is not None and (
            priority not in PRIORITIES or (priority == "10" and push_type == "background")
        ):
            return "BadPriority", None
        expiration = get("apns-expiration")
        if expiration is not None and not (expiration.isascii() and expiration.isdigit()):
            return "BadExpirationDate", None
        collapse_id = get("apns-collapse-id")
        if collapse_id is not None and not 0 < len(collapse_id.encode()) <= COLLAPSE_ID_LIMIT:
            return "BadCollapseId", None
        if len(body) > (VOIP_PAYLOAD_LIMIT if push_type == "voip" else PAYLOAD_LIMIT):
            return "PayloadTooLarge", None
        try:
            payload = _decode_payload(body)
        except msgspec.MsgspecError:
            return "PayloadEmpty", None
        if payload.aps is msgspec.UNSET and push_type != "mdm":
            return "PayloadEmpty", None
        if not _is_hex(token):
            return "BadDeviceToken", None
        return None, payload.as_mid if isinstance(payload.as_mid, str) else None
