"""One connection to a relay: opened with TLS and login, then one mail after the other.

aiosmtplib serialises commands (one reply is read before the next command is written), so PIPELINING is not used; its
commands are called one by one here, because it matters whether a connection dies before or after the mail was handed over.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Final, cast

import aiosmtplib
import attrs
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPConnectTimeoutError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from adapters.channels.email.letter import Mail
from adapters.channels.email.smtp.replies import Stage
from adapters.channels.email.smtp.settings import STARTTLS, TLS, SmtpSettings

OK: Final = (250, 251)
START_INPUT: Final = 354
CLOSING: Final = 421


@attrs.frozen(slots=True)
class Reply:
    """What the relay said last about a mail, and to which command."""

    code: int
    text: str
    stage: Stage

    @property
    def is_accepted(self) -> bool:
        return self.stage is Stage.DATA and self.code == OK[0]


class Lost(Exception):
    """The connection ended; `handed_over`: after the mail was written, so the relay may have it."""

    def __init__(self, reason: str, *, handed_over: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.handed_over = handed_over


class NotConnected(Exception):
    """No connection came about; `reply` is what the relay said, if it said anything."""

    def __init__(self, reason: str, reply: tuple[int, str] | None = None, *, refused: bool = False) -> None:
        """`refused`: by what the relay is or how we log in, not by the network."""
        super().__init__(reason)
        self.reason = reason
        self.reply = reply
        self.refused = refused


class Session:
    """A connected client and how often it was used."""

    def __init__(self, client: aiosmtplib.SMTP, timeout: float, data_timeout: float) -> None:
        self._client = client
        self._timeout = timeout
        self._data_timeout = data_timeout
        self._timed_out = False
        self.sent = 0
        self.idle_since = 0.0
        size = client.esmtp_extensions.get("size", "")
        self.largest = int(size) if size.isdigit() and int(size) else None
        """Bytes of a mail that the relay takes, if it says so."""

    @property
    def is_alive(self) -> bool:
        return self._client.is_connected

    async def send(self, mail: Mail) -> Reply:
        """One transaction; raise Lost when the connection ended in it. After a refusal the session is ready again."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._timeout, self._give_up)
        handed_over = False
        try:
            reply = await self._commands(mail)
            if reply is not None:
                await self._reset()
                return reply
            protocol = self._client.protocol
            if protocol is None:
                raise SMTPServerDisconnected("gone")
            timer.cancel()
            timer = loop.call_later(self._data_timeout, self._give_up)
            handed_over = True
            protocol.write(mail.content + b".\r\n")
            answer = await protocol.read_response()
        except (SMTPException, OSError) as error:
            self.close()
            timed_out = self._timed_out or isinstance(error, SMTPTimeoutError)
            raise Lost("timeout" if timed_out else "connection_lost", handed_over=handed_over) from None
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
        self.sent += 1
        if answer.code == CLOSING:
            self.close()
        return Reply(answer.code, answer.message, Stage.DATA)

    async def _commands(self, mail: Mail) -> Reply | None:
        """None when the relay wants the mail now, else its refusal."""
        execute = self._client.execute_command
        size = f" SIZE={len(mail.content)}" if self.largest is not None else ""
        answer = await execute(b"MAIL", f"FROM:<{mail.return_path}>{size}".encode("ascii"), timeout=None)
        if answer.code != OK[0]:
            return Reply(answer.code, answer.message, Stage.MAIL)
        answer = await execute(b"RCPT", f"TO:<{mail.recipient}>".encode("ascii"), timeout=None)
        if answer.code not in OK:
            return Reply(answer.code, answer.message, Stage.RCPT)
        answer = await execute(b"DATA", timeout=None)
        if answer.code != START_INPUT:
            return Reply(answer.code, answer.message, Stage.DATA)
        return None

    async def _reset(self) -> None:
        """RSET, so that the next mail starts afresh; a session that cannot is closed."""
        if not self._client.is_connected:
            return
        try:
            answer = await self._client.execute_command(b"RSET", timeout=None)
        except (SMTPException, OSError):
            self.close()
            return
        if answer.code != OK[0]:
            self.close()

    def _give_up(self) -> None:
        self._timed_out = True
        self.close()

    def close(self) -> None:
        """At once; whoever waits for a reply is told that the connection is gone."""
        transport = self._client.transport
        if transport is not None:
            cast(asyncio.WriteTransport, transport).abort()  # uvloop's is no subclass

    async def quit(self) -> None:
        """Politely."""
        try:
            await self._client.execute_command(b"QUIT", timeout=2.0)
        except (SMTPException, OSError):
            pass
        finally:
            self.close()


async def connect(
    settings: SmtpSettings, tls: ssl.SSLContext, *, timeout: float, data_timeout: float
) -> Session:
    """Connect, secure, introduce, log in; raise NotConnected."""
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security == TLS,
        start_tls=settings.security == STARTTLS,
        tls_context=tls if settings.security in (TLS, STARTTLS) else None,
        local_hostname=settings.ehlo_name,
        username=settings.username,
        password=settings.password,
        timeout=timeout,
    )
    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
    except SMTPAuthenticationError as error:
        raise NotConnected("login_refused", (error.code, error.message), refused=error.code >= 500) from None
    except (SMTPConnectResponseError, SMTPHeloError, SMTPResponseException) as error:
        refused = error.code >= 500
        raise NotConnected("relay_refused", (error.code, error.message), refused=refused) from None
    except (SMTPConnectTimeoutError, SMTPTimeoutError, TimeoutError):
        client.close()
        raise NotConnected("connect_timeout") from None
    except (SMTPServerDisconnected, OSError):
        raise NotConnected("connect_failed") from None
    except SMTPException as error:
        # What is left has no class of its own: no STARTTLS, no AUTH, no connection.
        words = str(error)
        client.close()
        if "STARTTLS" in words or "AUTH" in words or "authentication method" in words:
            raise NotConnected("not_offered", (0, words), refused=True) from None
        raise NotConnected("connect_failed") from None
    except BaseException:
        client.close()
        raise
    return Session(client, timeout, data_timeout)
