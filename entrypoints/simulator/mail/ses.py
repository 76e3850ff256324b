"""SES v2: SendEmail, SendBulkEmail and GetAccount, checked as the service does, signature included.

Source: Amazon SES API v2 reference. Requests are checked against the access keys that were registered; without any, whatever
is signed at all is taken.
"""

import base64
import binascii
import hashlib
import hmac
import re
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Final
from uuid import uuid4

import msgspec
from msgspec import Struct, field

from entrypoints.simulator.mail.mailbox import Mailbox, TakenMail
from entrypoints.simulator.mail.reporting import Reporting
from entrypoints.simulator.mail.verdicts import SesVerdict, ses_verdict
from entrypoints.simulator.mail_behaviour import SES_ERRORS
from entrypoints.simulator.recorder import ACCEPTED, Detail, Headers
from entrypoints.simulator.stage import Answer, Stage

PREFIX: Final = "/v2/email/"
SEND: Final = f"{PREFIX}outbound-emails"
SEND_BULK: Final = f"{PREFIX}outbound-bulk-emails"
ACCOUNT: Final = f"{PREFIX}account"
MOST_ENTRIES: Final = 50
_ADDRESS: Final = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,253}")
_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,"
    r" ?SignedHeaders=(?P<names>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
_REF: Final = re.compile(r"([0-9a-f]{32})-\d+")


class _Tag(Struct):
    name: str = field(name="Name")
    value: str = field(name="Value")


class _Destination(Struct):
    to: list[str] = field(default_factory=list, name="ToAddresses")


class _Raw(Struct):
    data: str = field(name="Data")


class _Content(Struct):
    raw: _Raw | None = field(default=None, name="Raw")
    simple: dict[str, object] | None = field(default=None, name="Simple")


class _SendEmail(Struct):
    content: _Content = field(name="Content")
    destination: _Destination | None = field(default=None, name="Destination")
    sender: str | None = field(default=None, name="FromEmailAddress")
    tags: list[_Tag] = field(default_factory=list, name="EmailTags")


class _Entry(Struct):
    destination: _Destination = field(name="Destination")
    tags: list[_Tag] = field(default_factory=list, name="ReplacementTags")


class _SendBulkEmail(Struct):
    content: dict[str, object] = field(name="DefaultContent")
    entries: list[_Entry] = field(name="BulkEmailEntries")
    sender: str | None = field(default=None, name="FromEmailAddress")


class Ses:
    """Answers the API's paths."""

    def __init__(self, stage: Stage, mailbox: Mailbox, reporting: Reporting) -> None:
        self._stage = stage
        self._mailbox = mailbox
        self._reporting = reporting
        self.access_keys: dict[str, str] = {}

    def answer(
        self, method: str, path: str, headers: Headers, body: bytes, playable: frozenset[str]
    ) -> Answer:
        """Decide, record and answer one request."""
        objection = self._objection(method, path, headers, body)
        if objection is not None:
            return _refusal(*objection)
        if path == ACCOUNT and method == "GET":
            rate = self._stage.behaviour.mail.ses_rate
            quota = {"Max24HourSend": 50_000.0, "MaxSendRate": rate, "SentLast24Hours": 0.0}
            return _json(200, {"SendQuota": quota, "SendingEnabled": True, "ProductionAccessEnabled": True})
        try:
            if path == SEND and method == "POST":
                request = msgspec.json.decode(body, type=_SendEmail)
                return self._send(request, path, headers, body, playable)
            if path == SEND_BULK and method == "POST":
                return self._send_bulk(msgspec.json.decode(body, type=_SendBulkEmail), body, playable)
        except msgspec.MsgspecError as error:
            return _refusal("BadRequestException", str(error))
        return _refusal("NotFoundException", f"{method} {path} is not played")

    def _send(
        self, request: _SendEmail, path: str, headers: Headers, body: bytes, playable: frozenset[str]
    ) -> Answer:
        try:
            content = (
                base64.b64decode(request.content.raw.data, validate=True) if request.content.raw else b""
            )
        except binascii.Error:
            return _refusal("BadRequestException", "Raw message is not base64")
        if not content and request.content.simple is None:
            return _refusal("BadRequestException", "Content is missing")
        recipients = request.destination.to if request.destination else []
        if len(recipients) != 1 or not _ADDRESS.fullmatch(parseaddr(recipients[0])[1]):
            return _refusal("BadRequestException", "Illegal address")
        sender = request.sender or str(BytesHeaderParser().parsebytes(content).get("from", ""))
        verdict = ses_verdict(self._stage, self._mailbox, recipients[0], bulk=False)
        outcome = self._settle(verdict, sender, recipients[0], request.tags, content, body)
        now = self._stage.now()
        status = SES_ERRORS.get(verdict.error or "", 200)
        detail = Detail(
            now, "ses", "ses", "POST", path, headers, body, _message_id(request.tags), 1, outcome, status
        )
        self._stage.recorder.last.append(detail)
        if verdict.error is not None:
            return _refusal(verdict.error, verdict.words, verdict.retry_after)
        answer = _json(200, {"MessageId": outcome})
        return answer._replace(fault=_http_fault(verdict, playable))

    def _send_bulk(self, request: _SendBulkEmail, body: bytes, playable: frozenset[str]) -> Answer:
        if not 1 <= len(request.entries) <= MOST_ENTRIES:
            return _refusal("BadRequestException", f"BulkEmailEntries has {len(request.entries)} entries")
        results: list[dict[str, str]] = []
        fault = None
        whole: SesVerdict | None = None
        for entry in request.entries:
            recipient = entry.destination.to[0] if entry.destination.to else ""
            whole = whole or self._whole(recipient)
        if whole is not None:
            assert whole.error is not None
            return _refusal(whole.error, whole.words, whole.retry_after)
        for entry in request.entries:
            recipient = entry.destination.to[0] if entry.destination.to else ""
            verdict = ses_verdict(self._stage, self._mailbox, recipient, bulk=True)
            outcome = self._settle(verdict, request.sender or "", recipient, entry.tags, b"", body)
            fault = fault or _http_fault(verdict, playable)
            if verdict.error is None:
                results.append({"Status": "SUCCESS", "MessageId": outcome})
            else:
                results.append({"Status": verdict.error, "Error": verdict.words or verdict.error})
        return _json(200, {"BulkEmailEntryResults": results})._replace(fault=fault)

    def _whole(self, recipient: str) -> SesVerdict | None:
        """An error that refuses the whole bulk request, because a rule says so for one of its recipients."""
        for rule in self._stage.behaviour.mail.rules:
            name, _, words = rule.outcome.partition(":")
            if name in SES_ERRORS and rule.applies_to(recipient, 1):
                return SesVerdict(name, words.strip(), None, rule.retry_after)
        return None

    def _settle(
        self, verdict: SesVerdict, sender: str, recipient: str, tags: list[_Tag], content: bytes, body: bytes
    ) -> str:
        """Record; the message id of a taken mail, else the reason."""
        now = self._stage.now()
        message_id = _message_id(tags)
        ledger = self._stage.recorder.ses
        slot, _ = ledger.arrive(message_id, recipient, now)
        refused = verdict.error or (verdict.fault if verdict.fault in ("hang", "cut") else None)
        if refused is not None:
            ledger.settle(slot, refused)
            return refused
        ledger.settle(slot, ACCEPTED)
        provider_id = f"0100{uuid4().hex}-{uuid4()}-000000"
        mail = TakenMail(now, "ses", sender, recipient, message_id, content, b"" if content else body)
        self._mailbox.last.append(mail)
        self._reporting.taken(mail, {tag.name: [tag.value] for tag in tags}, provider_id)
        return provider_id

    def _objection(self, method: str, path: str, headers: Headers, body: bytes) -> tuple[str, str] | None:
        found = _AUTHORIZATION.fullmatch(headers.get("authorization") or "")
        if found is None:
            return "InvalidClientTokenId", "The request is not signed"
        if found["service"] != "ses":
            return "SignatureDoesNotMatch", "Credential should be scoped to the service ses"
        if not self.access_keys:
            return None
        secret = self.access_keys.get(found["key"])
        if secret is None:
            return "InvalidClientTokenId", "The security token included in the request is invalid"
        if not hmac.compare_digest(
            _signature(found, secret, method, path, headers, body), found["signature"]
        ):
            return "SignatureDoesNotMatch", "The request signature we calculated does not match"
        return None


def _signature(
    found: re.Match[str], secret: str, method: str, path: str, headers: Headers, body: bytes
) -> str:
    """What the client should have signed; these paths need no escaping."""
    names = found["names"].split(";")
    lines = "".join(f"{name}:{(headers.get(name) or '').strip()}\n" for name in names)
    canonical = f"{method}\n{path}\n\n{lines}\n{found['names']}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{found['day']}/{found['region']}/{found['service']}/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{headers.get('x-amz-date')}\n{scope}\n{hashed}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _message_id(tags: list[_Tag]) -> str | None:
    """The message that the platform's tag names, as a UUID."""
    for tag in tags:
        found = _REF.fullmatch(tag.value)
        if found:
            text = found[1]
            return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    return None


def _http_fault(verdict: SesVerdict, playable: frozenset[str]) -> str | None:
    """The listener's word for a mail fault, if it can play that."""
    fault = "disconnect" if verdict.fault == "cut" else verdict.fault
    return fault if fault in playable else None


def _refusal(name: str, words: str = "", retry_after: int | None = None) -> Answer:
    answer = _json(SES_ERRORS[name], {"message": words or name})
    answer.headers.append(("x-amzn-errortype", name))
    if retry_after is not None:
        answer.headers.append(("retry-after", str(retry_after)))
    return answer


def _json(status: int, value: object) -> Answer:
    return Answer(status, [("content-type", "application/json")], msgspec.json.encode(value))
