"""NHN Cloud: SMS v3.0 and KakaoTalk Bizmessage v2.3; checks what they check.

Source: NHN Cloud, "SMS > API v3.0 Guide" and "KakaoTalk Bizmessage > AlimTalk > API v2.3 Guide".
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from entrypoints.simulator.recorder import ACCEPTED
from entrypoints.simulator.stage import Stage
from entrypoints.simulator.text_script import TextProvider, worst
from entrypoints.simulator.texts.call import Call, JsonObject, Reply
from entrypoints.simulator.texts.fates import fate_of
from entrypoints.simulator.texts.nhn_queries import NhnQueries
from entrypoints.simulator.texts.nhn_shapes import (
    alimtalk_taken,
    fail,
    header,
    page_of,
    result_of,
    sms_taken,
)
from entrypoints.simulator.texts.reporting import Reporting
from entrypoints.simulator.texts.store import TakenText, TextStore, once
from entrypoints.simulator.texts.templates import Template, Templates, nhn_shape
from entrypoints.simulator.texts.text_rules import korean_size, sayable

MOST_RECIPIENTS: Final = 1_000
IDEMPOTENT_SECONDS: Final = 600.0
_NUMBER: Final = re.compile(r"\d{8,15}")
_KINDS: Final = {"sms": "SMS", "mms": "LMS", "ad-sms": "SMS", "ad-mms": "LMS"}
_WHOLE: Final = frozenset({"-1000", "-1001", "-1002", "-1003", "-1004", "-2312", "-2313"})


class Nhn:
    """Answers both services; with no app key registered every secret key is taken."""

    def __init__(self, stage: Stage, store: TextStore, reporting: Reporting, templates: Templates) -> None:
        self._stage = stage
        self._store = store
        self._reporting = reporting
        self._templates = templates
        self._queries = NhnQueries(stage, store)
        self.accounts: dict[str, str] = {}

    def sms(self, call: Call) -> Reply:
        """`/sms/v3.0/appKeys/{appKey}/…`."""
        if len(call.parts) < 5 or (refusal := self._authorize(call, call.parts[3])) is not None:
            return fail(-1000) if len(call.parts) < 5 else refusal or fail(-1000)
        app_key = call.parts[3]
        match (call.method, call.parts[4:]):
            case "POST", ("sender", kind) if kind in _KINDS:
                return self._send_sms(call, app_key, kind)
            case "GET", ("sender", ("sms" | "mms") as kind):
                return self._queries.list_sms(call, app_key, _KINDS[kind])
            case "GET", ("sender", ("sms" | "mms"), request_id):
                return self._queries.one_sms(call, app_key, request_id)
            case "GET", ("message-results",):
                return self._queries.sms_results(call, app_key)
        return fail(-9998)

    def alimtalk(self, call: Call) -> Reply:
        """`/alimtalk/v2.3/appkeys/{appkey}/…`."""
        if len(call.parts) < 5 or (refusal := self._authorize(call, call.parts[3])) is not None:
            return fail(-1000) if len(call.parts) < 5 else refusal or fail(-1000)
        app_key = call.parts[3]
        match (call.method, call.parts[4:]):
            case "POST", ("messages",):
                return self._send_alimtalk(call, app_key)
            case "GET", ("messages",):
                return self._queries.list_alimtalk(call, app_key)
            case "GET", ("message-results",):
                return self._queries.alimtalk_results(call, app_key)
            case _, ("senders", _, "templates", *rest):
                return self._template(call, rest)
        return fail(-9998)

    def _authorize(self, call: Call, app_key: str) -> Reply | None:
        secret = call.headers.get("x-secret-key")
        if not secret or (self.accounts and self.accounts.get(app_key) != secret):
            return fail(-1000)
        return None

    def _send_sms(self, call: Call, app_key: str, path: str) -> Reply:
        document = call.document()
        if document is None:
            return fail(-9997)
        kind, body = _KINDS[path], str(document.get("body") or "")
        title = str(document.get("title") or "")
        listed = document.get("recipientList")
        recipients = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        if not recipients:
            return fail(-2001)
        if len(recipients) > MOST_RECIPIENTS:
            return fail(-2016)
        if not body or (kind == "LMS" and not title):
            return fail(-2014)
        if not document.get("sendNo"):
            return fail(-2312)
        if path.startswith("ad-") and "(광고)" not in body:
            return fail(-6003)

        def made(recipient: JsonObject, seq: int) -> tuple[TakenText, int | None]:
            number = _number(recipient)
            text = self._text(call, "nhn", app_key, recipient, number, seq)
            text.kind, text.text, text.sender = kind, body, str(document["sendNo"])
            return text, _sms_objection(kind, body, title, number)

        return self._take(call, "nhn", recipients, made, sms_taken)

    def _send_alimtalk(self, call: Call, app_key: str) -> Reply:
        document = call.document()
        if document is None:
            return fail(-9997)
        key = call.headers.get("x-nc-api-idempotency-key")
        if key and not once(self._store.idempotency, f"{app_key}/{key}", call.now, IDEMPOTENT_SECONDS):
            return fail(-1005)
        listed = document.get("recipientList")
        recipients = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        if not recipients or len(recipients) > MOST_RECIPIENTS:
            return fail(-2001)
        if len(str(document.get("senderKey") or "")) != 40:
            return fail(-1006)
        template = self._templates.get("nhn_alimtalk", str(document.get("templateCode") or ""))
        if template is None:
            return fail(-3003)
        if template.status != "APPROVED":
            return fail(-3005)
        chosen = template

        def made(recipient: JsonObject, seq: int) -> tuple[TakenText, int | None]:
            text = self._text(call, "nhn_alimtalk", app_key, recipient, _number(recipient), seq)
            text.kind, text.text = "ATA", chosen.content
            return text, _alimtalk_objection(chosen, recipient, text.to)

        reply = self._take(call, "nhn_alimtalk", recipients, made, alimtalk_taken)
        if reply.outcome == "none accepted":
            assert isinstance(reply.content, dict)
            return reply._replace(content={**header(-1031), "message": reply.content["message"]})
        return reply

    def _take(
        self,
        call: Call,
        provider: TextProvider,
        recipients: list[JsonObject],
        made: Callable[[JsonObject, int], tuple[TakenText, int | None]],
        shape: Callable[[str, list[JsonObject]], JsonObject],
    ) -> Reply:
        request_id = datetime.fromtimestamp(call.now, UTC).strftime("%Y%m%d%H%M%S") + secrets.token_hex(5)
        recorder = self._stage.recorder.texts[provider]
        texts = [made(recipient, seq) for seq, recipient in enumerate(recipients, 1)]
        for text, _ in texts:
            text.slot, text.attempt = recorder.arrive(text.message_id, text.to, call.now)
        fates = [fate_of(self._stage, "submit", text) for text, _ in texts]
        whole = worst(fates)
        codes = {fate.code for fate in fates if fate.code in _WHOLE}
        if whole.whole or codes:
            refusal = whole.code or codes.pop() or "500"
            for text, _ in texts:
                recorder.settle(text.slot, refusal)
            return fail(int(refusal), whole)
        if whole.fault == "hang":
            return Reply(200, {}, fate=whole)
        results: list[JsonObject] = []
        accepted = 0
        for (text, objection), fate in zip(texts, fates, strict=True):
            code = objection if objection is not None else int(fate.code or 0)
            text.group = request_id
            results.append(result_of(text, code))
            recorder.settle(text.slot, str(code) if code else ACCEPTED)
            if not code:
                accepted += 1
                text.id = f"{request_id}:{text.seq}"
                self._store.add(text)
                self._reporting.owe(text)
        outcome = ACCEPTED if accepted else "none accepted"
        return Reply(200, {**header(0), **shape(request_id, results)}, outcome, whole)

    def _text(
        self, call: Call, provider: TextProvider, app_key: str, recipient: JsonObject, number: str, seq: int
    ) -> TakenText:
        ref = str(recipient.get("recipientGroupingKey") or "")
        return TakenText(provider, "", number, ref, "", "", app_key, call.now, call.now, seq=seq)

    def _template(self, call: Call, rest: list[str]) -> Reply:
        match (call.method, rest):
            case "POST", []:
                document = call.document() or {}
                code, content = document.get("templateCode"), document.get("templateContent")
                if not isinstance(code, str) or not code or len(code) > 20 or not isinstance(content, str):
                    return fail(4)
                if self._templates.get("nhn_alimtalk", code) is not None:
                    return fail(-3001)
                name = str(document.get("templateName") or "")
                self._templates.add(Template("nhn_alimtalk", code, name, content, "INSPECTING", document))
                return Reply(200, header(0))
            case "GET", []:
                shown = [nhn_shape(one) for one in self._templates.listed("nhn_alimtalk")]
                listed = {"templates": page_of(call, shown), "totalCount": len(shown)}
                return Reply(200, {**header(0), "templateListResponse": listed})
            case "GET", [code]:
                found = self._templates.get("nhn_alimtalk", code)
                return (
                    fail(-3003) if found is None else Reply(200, {**header(0), "templates": nhn_shape(found)})
                )
        return fail(-9998)


def _sms_objection(kind: str, body: str, title: str, number: str) -> int | None:
    if not _NUMBER.fullmatch(number[1:]):
        return -2019
    if not number.startswith("+82"):
        return -2024 if kind == "LMS" else None
    if not sayable(body + title):
        return -2023
    if korean_size(body) > (90 if kind == "SMS" else 2_000) or korean_size(title) > 40:
        return -2015
    return None


def _alimtalk_objection(template: Template, recipient: JsonObject, number: str) -> int | None:
    if not _NUMBER.fullmatch(number[1:]):
        return -5000
    given = recipient.get("templateParameter")
    names = {str(name) for name in given} if isinstance(given, dict) else set()
    return -3004 if template.variables() - names else None


def _number(recipient: JsonObject) -> str:
    national = str(recipient.get("recipientNo") or "")
    if national:
        return f"+82{national[1:]}" if national.startswith("0") else f"+{national}"
    return f"+{recipient.get('internationalRecipientNo') or ''}"
