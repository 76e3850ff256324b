"""Twilio's Messages resource: one message a request; checks what Twilio checks.

Source: Twilio, "Messages resource" and "Error and Warning Dictionary".
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

from entrypoints.simulator.recorder import ACCEPTED
from entrypoints.simulator.stage import Stage
from entrypoints.simulator.text_script import ACCEPT, Fate
from entrypoints.simulator.texts.call import Call, JsonObject, Reply
from entrypoints.simulator.texts.fates import fate_of
from entrypoints.simulator.texts.reporting import Reporting
from entrypoints.simulator.texts.store import TakenText, TextStore

PROVIDER: Final = "twilio"
VERSION: Final = "2010-04-01"
LONGEST: Final = 1_600
_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")
_STATUS: Final = {20003: 401, 20403: 403, 20404: 404, 20429: 429, 20500: 500, 20503: 503, 20504: 504}
_QUEUED: Final = "queued"


class Twilio:
    """Answers the REST API; with no account registered every well-formed one is taken."""

    def __init__(self, stage: Stage, store: TextStore, reporting: Reporting) -> None:
        self._stage = stage
        self._store = store
        self._reporting = reporting
        self.accounts: dict[str, str] = {}

    def answer(self, call: Call) -> Reply:
        """Route by path: `/2010-04-01/Accounts/{sid}/Messages[/{sid}].json`."""
        parts = [part.removesuffix(".json") for part in call.parts]
        if len(parts) < 4 or parts[1] != "Accounts" or parts[3] != "Messages":
            return _fail(20404)
        account = parts[2]
        token = self._token(call, account)
        if token is None:
            return _fail(20003)
        if call.method == "POST" and len(parts) == 4:
            return self._create(call, account, token)
        if call.method == "GET" and len(parts) == 4:
            return self._list(call, account)
        if call.method == "GET" and len(parts) == 5:
            found = self._store.get(PROVIDER, parts[4])
            return _fail(20404) if found is None else Reply(200, shape(found))
        return _fail(20404)

    def _token(self, call: Call, account: str) -> str | None:
        """What callbacks are signed with, or None for somebody who is not let in."""
        scheme, _, encoded = (call.headers.get("authorization") or "").partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        if scheme.lower() != "basic" or not user or not password:
            return None
        known = self.accounts.get(account)
        if self.accounts and known is None:
            return None
        if user.startswith("SK"):
            return known or password
        return password if user == account and known in (None, password) else None

    def _create(self, call: Call, account: str, token: str) -> Reply:
        form = {
            name: values[0]
            for name, values in parse_qs(call.body.decode("utf-8", "replace"), keep_blank_values=True).items()
        }
        to, callback = form.get("To", ""), form.get("StatusCallback")
        query = parse_qs(urlsplit(callback or "").query)
        text = TakenText(
            PROVIDER,
            f"SM{secrets.token_hex(16)}",
            to,
            query.get("ref", [""])[0],
            "SMS",
            form.get("Body", ""),
            account,
            call.now,
            call.now,
            sender=form.get("From") or form.get("MessagingServiceSid") or "",
            status=_QUEUED,
            callback=callback,
            secret=token,
        )
        recorder = self._stage.recorder.texts[PROVIDER]
        text.slot, text.attempt = recorder.arrive(text.message_id, to, call.now)
        objection = _objection(text)
        fate = ACCEPT if objection is not None else fate_of(self._stage, "submit", text)
        code = str(objection) if objection is not None else fate.code
        if code is not None:
            recorder.settle(text.slot, code)
            return _fail(int(code), fate)
        if fate.fault == "hang":
            return Reply(200, {}, fate=fate)
        recorder.settle(text.slot, ACCEPTED)
        self._store.add(text)
        self._reporting.owe(text)
        return Reply(201, shape(text), ACCEPTED, fate)

    def _list(self, call: Call, account: str) -> Reply:
        wanted = call.one("To")
        texts = [
            text for text in reversed(list(self._store.of(PROVIDER, account))) if wanted in (None, text.to)
        ]
        fates = [fate_of(self._stage, "status", text) for text in texts]
        for fate in fates:
            if fate.whole or fate.fault is not None:
                return _fail(int(fate.code), fate) if fate.code else Reply(200, {}, fate=fate)
        size, page = call.number("PageSize", 50, 1_000), call.number("Page", 0, 1_000_000)
        shown = texts[page * size : (page + 1) * size]
        path = f"/{VERSION}/Accounts/{account}/Messages.json"
        onward = f"{path}?PageSize={size}&Page={page + 1}" + (f"&To=%2B{wanted[1:]}" if wanted else "")
        return Reply(
            200,
            {
                "messages": [shape(text) for text in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(shown) - 1, 0),
                "uri": path,
                "first_page_uri": f"{path}?PageSize={size}&Page=0",
                "previous_page_uri": None,
                "next_page_uri": onward if len(texts) > (page + 1) * size else None,
            },
        )


def shape(text: TakenText) -> JsonObject:
    """A message as Twilio shows it."""
    service = text.sender.startswith("MG") and len(text.sender) == 34
    return {
        "account_sid": text.account,
        "api_version": VERSION,
        "body": text.text,
        "date_created": _date(text.created),
        "date_sent": None if text.reported is None else _date(text.reported),
        "date_updated": _date(text.updated),
        "direction": "outbound-api",
        "error_code": int(text.code) if text.status == "undelivered" and text.code.isdigit() else None,
        "error_message": None,
        "from": None if service else text.sender,
        "messaging_service_sid": text.sender if service else None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": text.id,
        "status": text.status,
        "subresource_uris": {},
        "to": text.to,
        "uri": f"/{VERSION}/Accounts/{text.account}/Messages/{text.id}.json",
    }


def _date(at: float) -> str:
    """RFC 2822 with +0000, as Twilio writes it."""
    return format_datetime(datetime.fromtimestamp(at, UTC))


def _objection(text: TakenText) -> int | None:
    if not _NUMBER.fullmatch(text.to):
        return 21211
    if not text.sender:
        return 21603
    if not text.text:
        return 21602
    return 21617 if len(text.text) > LONGEST else None


def _fail(code: int, fate: Fate = ACCEPT) -> Reply:
    """A code of Twilio's, or an HTTP status without one."""
    if code < 1_000:
        return Reply(code, {"message": "simulated", "status": code}, str(code), fate)
    status = _STATUS.get(code, 400)
    content = {
        "code": code,
        "message": f"simulated {code}",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Reply(status, content, str(code), fate)
