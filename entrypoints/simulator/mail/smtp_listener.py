"""The SMTP server: aiosmtpd with STARTTLS on one port and TLS from the start on another, in the simulator's event loop."""

import asyncio
import logging
import re
import ssl
import warnings
from email.parser import BytesHeaderParser
from typing import Any, AnyStr, Final, cast
from uuid import uuid4

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from entrypoints.simulator.certificates import Certificates
from entrypoints.simulator.mail.mailbox import Mailbox, TakenMail
from entrypoints.simulator.mail.reporting import Reporting
from entrypoints.simulator.mail.verdicts import SmtpVerdict, smtp_verdict
from entrypoints.simulator.recorder import ACCEPTED
from entrypoints.simulator.stage import Stage

OK: Final = "250 2.1.0 Ok"
_UUID: Final = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")


class SmtpListener:
    """Two ports with one script."""

    def __init__(
        self,
        stage: Stage,
        mailbox: Mailbox,
        reporting: Reporting,
        certificates: Certificates,
        host: str,
        ports: tuple[int, int],
    ) -> None:
        """`ports`: with STARTTLS, with TLS from the start; 0 picks a free one."""
        self._handler = Handler(stage, mailbox, reporting)
        self._stage = stage
        self._host = host
        self._wanted = ports
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificates.chain, certificates.key)
        self._servers: list[asyncio.Server] = []
        self.port = 0
        self.tls_port = 0

    async def start(self) -> None:
        """Listen. Raises OSError for a taken port."""
        logging.getLogger("mail").setLevel(logging.CRITICAL)
        loop = asyncio.get_running_loop()
        plain = await loop.create_server(lambda: self._protocol(self._tls), self._host, self._wanted[0])
        self._servers.append(plain)
        secure = await loop.create_server(
            lambda: self._protocol(None), self._host, self._wanted[1], ssl=self._tls
        )
        self._servers.append(secure)
        self.port = plain.sockets[0].getsockname()[1]
        self.tls_port = secure.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut whoever is connected."""
        for server in self._servers:
            server.close()
        self._handler.cut_all()

    def _protocol(self, tls: ssl.SSLContext | None) -> SMTP:
        with warnings.catch_warnings():
            # It warns of logins without TLS, which a stand-in on this machine may take.
            warnings.simplefilter("ignore")
            return Conversation(
                self._handler,
                hostname="simulator",
                ident="Automata-Signal simulator",
                tls_context=tls,
                auth_require_tls=False,
                authenticator=self._handler.authenticate,
                data_size_limit=self._stage.behaviour.mail.size_limit,
                timeout=300,
                loop=asyncio.get_running_loop(),
            )


class Conversation(SMTP):
    """One connection; its first line is the script's, where it has one."""

    def __init__(self, handler: "Handler", **options: Any) -> None:
        super().__init__(handler, **options)
        self._hooks = handler
        self._greeted = False
        handler.open.add(self)

    async def push(self, status: AnyStr) -> None:
        """Send a line."""
        greeting = None if self._greeted else self._hooks.greeting
        self._greeted = True
        if greeting is None:
            await super().push(status)
        else:
            await super().push(greeting)
            self.cut()

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone, or was cut off."""
        self._hooks.open.discard(self)
        super().connection_lost(error)

    def cut(self) -> None:
        """At once, without a word."""
        if self.transport is not None:
            cast(asyncio.WriteTransport, self.transport).abort()  # uvloop's is no subclass


class Handler:
    """What aiosmtpd asks: the hooks of its conversation."""

    def __init__(self, stage: Stage, mailbox: Mailbox, reporting: Reporting) -> None:
        self._stage = stage
        self._mailbox = mailbox
        self._reporting = reporting
        self._verdicts: dict[int, SmtpVerdict] = {}
        self._taken: dict[int, int] = {}
        self.open: set[Conversation] = set()

    @property
    def greeting(self) -> str | None:
        return self._stage.behaviour.mail.greeting

    def cut_all(self) -> None:
        """Cut every connection."""
        for conversation in list(self.open):
            conversation.cut()

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        """Any login, unless the script names some or refuses all."""
        mail = self._stage.behaviour.mail
        if mail.login is not None:
            return AuthResult(success=False, handled=False, message=mail.login)
        assert isinstance(login, LoginPassword)
        known = not mail.logins or mail.logins.get(login.login.decode()) == login.password.decode()
        refusal = "535 5.7.8 Authentication credentials invalid"
        return AuthResult(success=known, handled=False, message=None if known else refusal)

    async def handle_MAIL(
        self, server: Conversation, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A connection has had enough after so many mails."""
        most = self._stage.behaviour.mail.messages_per_connection
        if most and self._taken.get(id(server), 0) >= most:
            return "421 4.3.2 Too many messages in this connection"
        for rule in self._stage.behaviour.mail.rules:
            if rule.stage == "mail" and rule.prefix == "" and rule.outcome[:1].isdigit():
                return rule.outcome
        envelope.mail_from = address
        return OK

    async def handle_RCPT(
        self, server: Conversation, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The script decides here, and remembers what is to happen at DATA."""
        verdict = smtp_verdict(self._stage, self._mailbox, address)
        if verdict.reply is not None and verdict.stage == "rcpt":
            self._refused(address, verdict.reply)
            return verdict.reply
        if verdict.fault == "cut":
            server.cut()
            return OK
        self._verdicts[id(server)] = verdict
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server: Conversation, session: Session, envelope: Envelope) -> str:
        """Taken, refused, or one of the faults."""
        verdict = self._verdicts.pop(id(server), SmtpVerdict())
        recipient = envelope.rcpt_tos[0]
        if verdict.reply is not None:
            self._refused(recipient, verdict.reply)
            return verdict.reply
        patience = self._stage.behaviour.mail.hang_seconds
        if verdict.fault == "hang":
            await asyncio.sleep(patience)
            return "421 4.4.2 Timeout"
        self._take(server, session, envelope, recipient)
        if verdict.fault == "lost_answer":
            await asyncio.sleep(patience)
        if verdict.fault in ("lost_answer", "disconnect"):
            server.cut()
        return f"250 2.0.0 Ok: queued as {uuid4().hex[:12].upper()}"

    def _take(self, server: Conversation, session: Session, envelope: Envelope, recipient: str) -> None:
        now = self._stage.now()
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        fields = BytesHeaderParser().parsebytes(content)
        found = _UUID.search(str(fields.get("message-id", "")))
        message_id = found[1] if found else None
        ledger = self._stage.recorder.smtp
        slot, _ = ledger.arrive(message_id, recipient, now)
        ledger.settle(slot, ACCEPTED)
        self._taken[id(server)] = self._taken.get(id(server), 0) + 1
        secure = server.transport is not None and server.transport.get_extra_info("sslcontext") is not None
        mail = TakenMail(
            now,
            "smtp",
            envelope.mail_from or "",
            recipient,
            message_id,
            content,
            secure=secure,
        )
        self._mailbox.last.append(mail)
        self._reporting.taken(mail, None)

    def _refused(self, recipient: str, reply: str) -> None:
        ledger = self._stage.recorder.smtp
        slot, _ = ledger.arrive(None, recipient, self._stage.now())
        ledger.settle(slot, reply[:9])
