"""What a mail says, as a strict model: unknown keys, wrong types and anything that could break out of a header are
refused by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NoReturn

import attrs

from adapters.channels.email.addresses import Mailbox, header_text, read_mailbox
from adapters.channels.email.attachments import Attachment, read_attachments
from domain.messaging.content import Body, Json
from domain.shared.errors import InvalidInput

LONGEST_SUBJECT: Final = 255
"""Characters; some 60 are seen in a list of mails."""
MOST_HEADERS: Final = 10
LONGEST_HEADER: Final = 900
"""Characters: with its name within the 998 of a line (RFC 5322 section 2.1.1)."""
MOST_REPLY_TO: Final = 5
AD_MARK: Final = "(광고)"
KEYS: Final = frozenset(
    {
        "subject",
        "text",
        "html",
        "from",
        "reply_to",
        "headers",
        "attachments",
        "list_unsubscribe",
        "tracking",
        "feedback_id",
        "advertising",
    }
)
ALLOWED_HEADERS: Final = frozenset(
    {"auto-submitted", "importance", "in-reply-to", "list-id", "precedence", "priority", "references"}
)
"""Besides those that start with X-; everything else is ours to write."""
RESERVED_PREFIXES: Final = ("x-as-", "x-ses-", "x-amz-", "x-google-", "x-mailer-")

_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_LABEL = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@attrs.frozen(slots=True)
class MailContent:
    """Content that passed the checks; an absent key is None."""

    subject: str
    text: str | None = None
    html: str | None = None
    sender: Mailbox | None = None
    """None: the credential's own."""
    reply_to: tuple[Mailbox, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    list_unsubscribe: bool = True
    track_opens: bool | None = None
    """None: as the credential says."""
    track_clicks: bool | None = None
    feedback_id: str = "message"
    """The campaign's name in the Feedback-ID header."""


def read_mail_content(content: Body, *, field: str) -> MailContent:
    """Raise InvalidInput naming the offending key (`field.headers.X-Note`) for anything the model does not allow.

    A key whose value is null counts as absent.
    """
    for key in content:
        if key not in KEYS:
            _refuse(field, str(key), "is not known", f"use only {', '.join(sorted(KEYS))}")
    subject = _text(content, "subject", field)
    if subject is None or not subject.strip():
        _refuse(field, "subject", "is missing", "give the mail a subject")
    header_text(subject, f"{field}.subject", LONGEST_SUBJECT)
    text, html = _text(content, "text", field), _text(content, "html", field)
    if not (text or html):
        _refuse(field, "text", "and html are both missing", "give the mail a text, an html or both")
    sender = content.get("from")
    attachments = read_attachments(content.get("attachments"), field=f"{field}.attachments")
    if html is None and any(one.content_id for one in attachments):
        _refuse(field, "attachments", "hold an inline image without html", "leave content_id out")
    tracking = _tracking(content.get("tracking"), f"{field}.tracking")
    list_unsubscribe = _flag(content, "list_unsubscribe", field, default=True)
    if _flag(content, "advertising", field, default=False):
        _check_advertising(subject, list_unsubscribe, field)
    return MailContent(
        subject=subject.strip(),
        text=text,
        html=html,
        sender=None if sender is None else read_mailbox(sender, f"{field}.from"),
        reply_to=_reply_to(content.get("reply_to"), f"{field}.reply_to"),
        headers=_headers(content.get("headers"), f"{field}.headers"),
        attachments=attachments,
        list_unsubscribe=list_unsubscribe,
        track_opens=tracking.get("opens"),
        track_clicks=tracking.get("clicks"),
        feedback_id=_label(content, field),
    )


def _refuse(field: str, key: str, problem: str, fix: str) -> NoReturn:
    raise InvalidInput(f"{field}.{key} {problem}", field=f"{field}.{key}", fix=fix)


def _text(content: Body, key: str, field: str) -> str | None:
    value = content.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        _refuse(field, key, "must be text", "send a string")
    return value or None


def _flag(content: Body, key: str, field: str, *, default: bool) -> bool:
    value = content.get(key)
    if value is None:
        return default
    if not isinstance(value, bool):
        _refuse(field, key, "must be true or false", "send a JSON boolean")
    return value


def _check_advertising(subject: str, list_unsubscribe: bool, field: str) -> None:
    """Korean law (Act on Promotion of Information and Communications Network Utilization, article 50)."""
    if not subject.strip().startswith(AD_MARK):
        _refuse(field, "subject", f"of advertising starts with {AD_MARK}", f"write {AD_MARK} in front of it")
    if not list_unsubscribe:
        _refuse(field, "list_unsubscribe", "cannot be switched off for advertising", "leave it out")


def _reply_to(value: Json, field: str) -> tuple[Mailbox, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        return (read_mailbox(value, field),)
    if len(value) > MOST_REPLY_TO:
        raise InvalidInput(
            f"{field} names {len(value)} addresses; {MOST_REPLY_TO} is the most",
            field=field,
            fix="name fewer",
        )
    return tuple(read_mailbox(one, f"{field}[{index}]") for index, one in enumerate(value))


def _headers(value: Json, field: str) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} must be an object", field=field, fix="send a JSON object of texts")
    if len(value) > MOST_HEADERS:
        raise InvalidInput(
            f"{field} has {len(value)} headers; {MOST_HEADERS} is the most", field=field, fix="send fewer"
        )
    seen: set[str] = set()
    found: list[tuple[str, str]] = []
    for name, text in value.items():
        lower = name.lower()
        if not _HEADER_NAME.fullmatch(name):
            _refuse(field, repr(name)[1:-1], "is no header name", "use letters, digits and hyphens")
        if lower in seen:
            _refuse(field, name, "is given twice", "names differ by more than their case")
        seen.add(lower)
        if lower.startswith(RESERVED_PREFIXES) or not (lower in ALLOWED_HEADERS or lower.startswith("x-")):
            _refuse(
                field,
                name,
                "is not yours to set",
                f"use a name that starts with X- or one of {', '.join(sorted(ALLOWED_HEADERS))}",
            )
        if not isinstance(text, str) or not text.strip():
            _refuse(field, name, "must be text", "send a string that says something")
        found.append((name, header_text(text, f"{field}.{name}", LONGEST_HEADER).strip()))
    return tuple(found)


def _tracking(value: Json, field: str) -> dict[str, bool]:
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"opens": value, "clicks": value}
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} must be an object", field=field, fix='send {"opens": false} or false')
    for key, one in value.items():
        if key not in ("opens", "clicks") or not isinstance(one, bool):
            _refuse(field, str(key), "is not usable", "use opens and clicks with true or false")
    return {key: bool(one) for key, one in value.items()}


def _label(content: Body, field: str) -> str:
    value = _text(content, "feedback_id", field)
    if value is None:
        return "message"
    if not _LABEL.fullmatch(value):
        _refuse(
            field, "feedback_id", "is not usable", "use 1 to 40 letters, digits, hyphens, dots, underscores"
        )
    return value
