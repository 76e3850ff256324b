"""The gateways for texts put together: one store, one set of templates, one list of reports that are owed."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from entrypoints.simulator.recorder import Headers
from entrypoints.simulator.stage import Answer, Stage
from entrypoints.simulator.texts.call import Call, answered
from entrypoints.simulator.texts.nhn import Nhn
from entrypoints.simulator.texts.reporting import Reporting
from entrypoints.simulator.texts.solapi import Solapi
from entrypoints.simulator.texts.store import TextStore
from entrypoints.simulator.texts.templates import Templates
from entrypoints.simulator.texts.twilio import Twilio

_SOLAPI: Final = ("/messages/v4/", "/kakao/v2/", "/cash/v1/")
_NHN_SMS: Final = "/sms/v3.0/"
_NHN_ALIMTALK: Final = "/alimtalk/v2.3/"
_TWILIO: Final = "/2010-04-01/"
PREFIXES: Final = (*_SOLAPI, _NHN_SMS, _NHN_ALIMTALK, _TWILIO)


class TextAccount(Struct, frozen=True, forbid_unknown_fields=True):
    """An account that a gateway is to know: API key, app key or account id, and its secret."""

    key: str
    secret: str


class TextDesk:
    """Answers requests to any of these gateways."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._store = TextStore()
        self._templates = Templates(stage)
        self.reporting = Reporting(stage)
        self.solapi = Solapi(stage, self._store, self.reporting, self._templates)
        self.nhn = Nhn(stage, self._store, self.reporting, self._templates)
        self.twilio = Twilio(stage, self._store, self.reporting)

    def answer(
        self, method: str, target: str, headers: Headers, body: bytes, playable: frozenset[str]
    ) -> Answer:
        """Decide, record and answer one request; `target` is the path with its query."""
        stage = self._stage
        call = Call.read(method, target, headers, body, stage.now())
        if call.path.startswith(_SOLAPI):
            return answered(stage, "solapi", call, self.solapi.answer(call), playable)
        if call.path.startswith(_NHN_SMS):
            return answered(stage, "nhn", call, self.nhn.sms(call), playable)
        if call.path.startswith(_NHN_ALIMTALK):
            return answered(stage, "nhn_alimtalk", call, self.nhn.alimtalk(call), playable)
        return answered(stage, "twilio", call, self.twilio.answer(call), playable)

    def register(
        self, *, solapi: list[TextAccount], nhn: list[TextAccount], twilio: list[TextAccount]
    ) -> None:
        """Add or replace accounts; a gateway that knows any lets nobody else in."""
        for known, accounts in (
            (self.solapi.accounts, solapi),
            (self.nhn.accounts, nhn),
            (self.twilio.accounts, twilio),
        ):
            known.update((account.key, account.secret) for account in accounts)

    def forget_accounts(self) -> None:
        """Let everybody in again."""
        for known in (self.solapi.accounts, self.nhn.accounts, self.twilio.accounts):
            known.clear()

    def reset(self) -> None:
        """Forget messages, groups, templates that were registered, and reports that are owed."""
        self._store.reset()
        self._templates.reset()
        self.reporting.forget()
