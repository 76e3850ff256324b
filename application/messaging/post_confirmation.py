"""The message that asks for a confirmation, accepted as every other: metered, queued, sent over the application's provider.

Code and link are its variables, so they lie sealed; its content says that it is for one who waits, which delivery checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from application.messaging.accept_command import AcceptMessages, MessageRequest, Target
from application.messaging.accept_group import AcceptGroup, Call
from application.messaging.scripts import Piece
from application.ports.confirmation_post import ConfirmationLetter
from application.ports.profiles import Profiles
from application.ports.templating import Templating
from domain.messaging.content import Body, Json
from domain.messaging.event import Source
from domain.shared.channels import Channel, Lane
from domain.shared.errors import Forbidden, NotFound, SignalError, Unavailable

_MAIL: Final[Body] = {
    "tracking": False,
    "list_unsubscribe": False,
    "headers": {"Auto-Submitted": "auto-generated"},
}
_LINKED: Final[Mapping[str, tuple[str, str]]] = {
    "ko": (
        "[{{ application }}] 이메일 주소를 확인해 주세요",
        "{{ application }}에서 보내는 메일을 이 주소로 받으시려면 아래 링크를 열고 확인 버튼을 눌러 주세요.\n\n"
        "{{ link }}\n\n앱에서 확인하시려면 인증번호 {{ code }}을(를) 입력하세요.\n\n"
        "신청하신 적이 없다면 이 메일을 무시하세요. 아무것도 보내지 않습니다.",
    ),
    "en": (
        "[{{ application }}] Please confirm your e-mail address",
        "To receive mail from {{ application }} at this address, open the link and press the button there.\n\n"
        "{{ link }}\n\nTo confirm it in the app, enter the code {{ code }}.\n\n"
        "If you did not ask for this, ignore this mail: nothing will be sent to you.",
    ),
}
_CODED: Final[Mapping[str, tuple[str, str]]] = {
    "ko": (
        _LINKED["ko"][0],
        "{{ application }}에서 보내는 메일을 이 주소로 받으시려면 앱에 인증번호 {{ code }}을(를) 입력하세요.\n\n"
        "신청하신 적이 없다면 이 메일을 무시하세요. 아무것도 보내지 않습니다.",
    ),
    "en": (
        _LINKED["en"][0],
        "To receive mail from {{ application }} at this address, enter the code {{ code }} in the app.\n\n"
        "If you did not ask for this, ignore this mail: nothing will be sent to you.",
    ),
}
_TEXT: Final[Mapping[str, str]] = {
    "ko": "[{{ application }}] 인증번호 {{ code }} (5분 안에 입력)",
    "en": "[{{ application }}] Your code is {{ code }} (valid for 5 minutes)",
}
LONGEST_NAME: Final = 40
"""Characters of the application's name in a message."""


@attrs.frozen
class OwnScript:
    """Says one body on one channel: what a template's script is to its requests."""

    channel: Channel
    only: Piece

    @property
    def channels(self) -> frozenset[Channel]:
        return frozenset({self.channel})

    def piece(self, channel: Channel, language: str | None) -> Piece | None:
        """The one there is."""
        return self.only if channel is self.channel else None

    def bodies(self, channel: Channel) -> Sequence[Body]:
        """The same, not rendered."""
        return (self.only.body,) if channel is self.channel else ()

    def names(self, channel: Channel) -> frozenset[str]:
        """What it reads."""
        return self.only.compiled.names if channel is self.channel else frozenset()


class PostConfirmation:
    """Implements `application.ports.confirmation_post.ConfirmationPost`."""

    def __init__(
        self, accept: AcceptGroup, profiles: Profiles, templating: Templating, public_url: str
    ) -> None:
        """`public_url`: where recipients reach this platform; empty: mails carry a code and no link."""
        self._accept = accept
        self._profiles = profiles
        self._templating = templating
        self._public_url = public_url.rstrip("/")

    async def __call__(self, letter: ConfirmationLetter) -> None:
        """Raise NotFound, Forbidden, QuotaExceeded, CreditExhausted or Unavailable."""
        profile = await self._profiles.of(letter.application_id)
        if profile is None:
            raise NotFound("there is no such application")
        if not profile.is_active:
            raise Forbidden("the application is inactive")
        channel = letter.type.channel
        language = "ko" if letter.language.lower().startswith("ko") else "en"
        body = confirmation_body(channel, language, linked=bool(self._public_url))
        mark: dict[str, Json] = {
            "id": None,
            "version": None,
            "language": language,
            "strict": True,
            "confirms": True,
        }
        compiled = self._templating.compile(channel, body, strict=True)
        variables: dict[str, Json] = {
            "application": _one_line(letter.application_name),
            "code": letter.code,
            "link": f"{self._public_url}/v/{letter.link_token}",
        }
        request = MessageRequest(
            targets=(Target(0, letter.subscription_id, variables=variables),),
            ttl_seconds=letter.lifetime_seconds,
            lane=Lane.TRANSACTIONAL,
            script=OwnScript(channel, Piece(language, body, compiled, mark)),
        )
        command = AcceptMessages(letter.application_id, (request,), single=True, source=Source.CONFIRMATION)
        (answer,) = await self._accept([Call(command, profile)])
        if isinstance(answer, SignalError):
            raise answer
        if not answer.message_ids:
            raise Unavailable("the confirmation was refused", retry_after=60.0)


def confirmation_body(channel: Channel, language: str, *, linked: bool) -> Body:
    """What it says, with its placeholders; `linked`: a mail can name a page."""
    if channel is Channel.SMS:
        return {"text": _TEXT[language]}
    subject, text = (_LINKED if linked else _CODED)[language]
    return {**_MAIL, "subject": subject, "text": text}


def _one_line(name: str) -> str:
    """An application's name as a subject may carry it."""
    return " ".join(name.split())[:LONGEST_NAME]
