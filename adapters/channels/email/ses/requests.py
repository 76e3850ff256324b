"""The bodies of SES v2 requests: SendEmail with the whole mail, SendBulkEmail with one content for many."""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from typing import Final

import attrs
import msgspec

from adapters.channels.email import marks
from adapters.channels.email.account import Account
from adapters.channels.email.content import MailContent
from adapters.channels.email.gaps import Segment
from adapters.channels.email.letter import ONE_CLICK, Mail
from adapters.channels.email.marks import Doors
from adapters.channels.email.plain_text import text_of
from application.ports.channels import Envelope
from domain.messaging.links import LinkSigner, Purpose

SEND: Final = "/v2/email/outbound-emails"
SEND_BULK: Final = "/v2/email/outbound-bulk-emails"
ACCOUNT: Final = "/v2/email/account"
MOST_ENTRIES: Final = 50
"""Destinations of one SendBulkEmail (SES quotas)."""
TAG: Final = "as_ref"
"""The message tag that carries our reference and comes back in events as `mail.tags`."""

_encode = msgspec.json.encode


class SendEmail:
    """The frame of SendEmail for one account; a mail goes in as it is, in base64. SES signs it and sends it in the name of
    its From."""

    def __init__(self, configuration_set: str | None) -> None:
        chosen = (
            b""
            if configuration_set is None
            else b'"ConfigurationSetName":' + _encode(configuration_set) + b","
        )
        self._start = b"{" + chosen + b'"EmailTags":[{"Name":"as_ref","Value":"'

    def body(self, mail: Mail, envelope: Envelope) -> bytes:
        """The request of one recipient."""
        return b"".join(
            (
                self._start,
                envelope.client_ref.encode(),
                b'"}],"FromEmailAddress":',
                _encode(mail.return_path),
                b',"Destination":{"ToAddresses":[',
                _encode(mail.recipient),
                b']},"Content":{"Raw":{"Data":"',
                binascii.b2a_base64(mail.content, newline=False),
                b'"}}}',
            )
        )


@attrs.frozen(slots=True)
class BulkContent:
    """One content as an inline template: `{{g0}}`, `{{g1}}` … stand where recipients differ."""

    subject: str
    text: str
    html: str | None
    gaps: frozenset[int]
    targets: tuple[bytes, ...]
    unsubscribe: bool

    @classmethod
    def of(cls, content: MailContent, account: Account, doors: Doors) -> BulkContent | None:
        """None when a template cannot say it: attachments, headers of one's own, braces that would be read as ours."""
        said = (content.subject, content.text or "", content.html or "")
        if content.attachments or any("{{" in one for one in said):
            return None
        plain = marks.mark_text(content.text or text_of(content.html or ""), doors)
        html = None
        if content.html is not None:
            html = marks.mark_html(
                content.html,
                doors,
                clicks=account.track_clicks and content.track_clicks is not False,
                opens=account.track_opens and content.track_opens is not False,
            )
        shown = (*plain.segments, *(() if html is None else html.segments))
        return cls(
            subject=content.subject,
            text=_template(plain.segments),
            html=None if html is None else _template(html.segments),
            gaps=frozenset(one.id for one in shown if not isinstance(one, str)),
            targets=() if html is None else html.targets,
            unsubscribe=content.list_unsubscribe and bool(doors.public_url),
        )


class SendBulkEmail:
    """SendBulkEmail of one content."""

    def __init__(
        self,
        content: MailContent,
        bulk: BulkContent,
        account: Account,
        configuration_set: str | None,
        doors: Doors,
        signer: LinkSigner,
    ) -> None:
        self._bulk = bulk
        self._doors = doors
        self._signer = signer
        mailbox = content.sender or account.mailbox
        template: dict[str, object] = {"Subject": bulk.subject, "Text": bulk.text}
        if bulk.html is not None:
            template["Html"] = bulk.html
        empty = _encode({f"g{gap}": "" for gap in sorted(bulk.gaps)}).decode()
        self._shared: dict[str, object] = {
            "FromEmailAddress": mailbox.header().replace("\r\n", ""),
            "DefaultContent": {"Template": {"TemplateContent": template, "TemplateData": empty}},
        }
        if content.reply_to:
            self._shared["ReplyToAddresses"] = [one.header().replace("\r\n", "") for one in content.reply_to]
        if configuration_set is not None:
            self._shared["ConfigurationSetName"] = configuration_set
        self._headers = [{"Name": name, "Value": value} for name, value in content.headers]

    def body(self, envelopes: Sequence[Envelope], now: int) -> bytes:
        """The request of these recipients, at most 50."""
        entries = [self._entry(envelope, now) for envelope in envelopes]
        return _encode({**self._shared, "BulkEmailEntries": entries})

    def _entry(self, envelope: Envelope, now: int) -> dict[str, object]:
        ids = (envelope.message_id, envelope.subscription_id)
        token = self._signer.token(Purpose.UNSUBSCRIBE, *ids, now)
        values = {}
        for gap in self._bulk.gaps:
            if gap == marks.UNSUBSCRIBE:
                values[f"g{gap}"] = token
            elif gap == marks.OPEN:
                values[f"g{gap}"] = self._signer.token(Purpose.OPEN, *ids, now)
            else:
                index = gap - marks.FIRST_CLICK
                values[f"g{gap}"] = self._signer.click(*ids, now, index, self._bulk.targets[index])
        headers = [*self._headers]
        if self._bulk.unsubscribe:
            headers.append({"Name": "List-Unsubscribe", "Value": f"<{self._doors.unsubscribe}{token}>"})
            headers.append({"Name": "List-Unsubscribe-Post", "Value": ONE_CLICK})
        entry: dict[str, object] = {
            "Destination": {"ToAddresses": [envelope.token]},
            "ReplacementTags": [{"Name": TAG, "Value": envelope.client_ref}],
            "ReplacementEmailContent": {
                "ReplacementTemplate": {"ReplacementTemplateData": _encode(values).decode()}
            },
        }
        if headers:
            entry["ReplacementHeaders"] = headers
        return entry


def _template(segments: Sequence[Segment]) -> str:
    return "".join(one if isinstance(one, str) else f"{{{{g{one.id}}}}}" for one in segments)
