"""The mail part of the control API: the mails that were taken, and what SNS is to post.

GET /control/mails[?recipient=][&last=] · POST /control/sns
"""

import base64
from typing import Literal

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from entrypoints.simulator.mail.mailbox import Mailbox, TakenMail
from entrypoints.simulator.mail.reporting import Reporting


class Publish(Struct, frozen=True, forbid_unknown_fields=True):
    """Post to one endpoint: the handshake of a subscription, or a text as a notification."""

    url: str
    message: str | None = None
    """None: the handshake."""
    signature_version: Literal["1", "2"] = "2"


class MailControl:
    """The routes over one simulation."""

    def __init__(self, mailbox: Mailbox, reporting: Reporting) -> None:
        self._mailbox = mailbox
        self._reporting = reporting

    def routes(self) -> list[Route]:
        """To stand among the other routes of the control API."""
        return [
            Route("/control/mails", self._mails),
            Route("/control/sns", self._publish, methods=["POST"]),
        ]

    async def _mails(self, request: Request) -> Response:
        """The last mails, newest last, each with its content in base64."""
        recipient, last = request.query_params.get("recipient"), request.query_params.get("last", "100")
        if not (last.isascii() and last.isdigit() and int(last) > 0):
            return _json({"error": "last: a positive integer is expected", "field": "last"}, 422)
        found = [mail for mail in self._mailbox.last if recipient in (None, mail.recipient)]
        return _json([_readable(mail) for mail in found[-int(last) :]])

    async def _publish(self, request: Request) -> Response:
        try:
            publish = msgspec.json.decode(await request.body(), type=Publish)
        except msgspec.MsgspecError as error:
            return _json({"error": str(error), "field": None}, 422)
        reporting = self._reporting
        if publish.message is None:
            reporting.subscribe(publish.url)
        else:
            reporting.publish(publish.url, publish.message, publish.signature_version)
        return _json({"confirmed": reporting.topic.confirmed}, 202)


def _readable(mail: TakenMail) -> dict[str, object]:
    return {
        **mail._asdict(),
        "content": base64.b64encode(mail.content).decode(),
        "request": mail.request.decode("utf-8", "replace"),
    }


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
