"""The wording of an advertisement: `(광고)` in front, who sends it, and how to refuse the next one (정보통신망법 제50조 ④)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Final

import attrs

from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json

PREFIX: Final = "(광고)"
MAX_OPT_OUT: Final = 200

# Spellings that slip past a recipient's filter are forbidden: (광 고), (광/고), [광고], "광고" and the like.
_DISGUISED = re.compile(r"\s*[(\[{<（［【〈《\"'“‘*]\s*광\W{0,3}고\s*[)\]}>）］】〉》\"'”’*]")
_END_OF_BODY = re.compile(r"</body\s*>", re.IGNORECASE)


@attrs.frozen
class Wording:
    """The texts of one message; None: it has no such part."""

    title: str | None = None
    """The title of a push or in-app message, the subject of an e-mail. A text message has none, or that of an LMS."""
    body: str | None = None
    html: str | None = None


@attrs.frozen
class AdvertisingText:
    """What an application's advertisements say beside their content."""

    sender_name: str
    sender_contact: str | None
    opt_out: Mapping[Channel, str]

    def mark(self, channel: Channel, wording: Wording) -> Wording:
        """The wording as it may be sent. What is there already is not added again, so marking twice changes nothing.

        push, in_app   title: (광고) in front; body: opt-out at its end
        sms            body: (광고) and the sender's name in front, opt-out at its end; title, if any: (광고) in front
        email          subject: (광고) in front; text and HTML: sender, contact and opt-out at their ends
        """
        opt_out = self.opt_out[channel]
        if channel is Channel.SMS:
            body = _headed(wording.body or "", self.sender_name)
            return Wording(_prefixed(wording.title), _ended(body, opt_out))
        if channel is Channel.EMAIL:
            lines = (self.sender_name, *((self.sender_contact,) if self.sender_contact else ()), opt_out)
            return Wording(
                _prefixed(wording.title or ""),
                None if wording.body is None else _ended(wording.body, "\n".join(lines)),
                None if wording.html is None else _ended_html(wording.html, lines),
            )
        if wording.title:
            return Wording(_prefixed(wording.title), _ended(wording.body or "", opt_out), wording.html)
        return Wording(None, _ended(_prefixed(wording.body or "") or "", opt_out), wording.html)

    def to_json(self) -> dict[str, Json]:
        shown: dict[str, Json] = {"sender_name": self.sender_name}
        if self.sender_contact is not None:
            shown["sender_contact"] = self.sender_contact
        shown["opt_out"] = {channel.wire: text for channel, text in sorted(self.opt_out.items())}
        return shown


def check_prefix(text: str | None, *, field: str) -> None:
    """Refuse a title, or the body of a text message, that begins with another spelling of `(광고)`."""
    if text and not text.startswith(PREFIX) and _DISGUISED.match(text):
        raise InvalidInput(
            f"{field} begins with another spelling of {PREFIX}",
            field=field,
            fix=f"leave it out: {PREFIX} is put in front",
        )


def _prefixed(text: str | None) -> str | None:
    if text is None or text.startswith(PREFIX):
        return text
    return f"{PREFIX} {text}".rstrip()


def _headed(text: str, sender: str) -> str:
    if text.startswith(PREFIX) and sender in text:
        return text
    return f"{PREFIX} {sender}\n{text.removeprefix(PREFIX).lstrip()}"


def _ended(text: str, end: str) -> str:
    if text.rstrip().endswith(end):
        return text
    return f"{text}\n{end}" if text else end


def _ended_html(html: str, lines: tuple[str, ...]) -> str:
    footer = "<p>" + "<br>".join(escape(line) for line in lines) + "</p>"
    if footer in html:
        return html
    closing = list(_END_OF_BODY.finditer(html))
    cut = closing[-1].start() if closing else len(html)
    return html[:cut] + footer + html[cut:]
