"""Attachments and inline images of a mail: base64 in, checked for size, type and name."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final, NoReturn

import attrs

from adapters.channels.email.addresses import header_text
from domain.messaging.content import Json
from domain.shared.errors import ContentTooLarge, InvalidInput

MOST: Final = 10
LARGEST: Final = 700_000
"""Bytes of all together, decoded: a content is stored as one JSON text of at most 1 MiB, in which they are base64."""
LONGEST_NAME: Final = 120
KEYS: Final = frozenset({"filename", "content_type", "content", "content_id"})
REFUSED_SUFFIX: Final = re.compile(
    r"""\.( ade|adp|apk|app|asp|bas|bat|cer|chm|cmd|com|cpl|crt|csh|der|dll|exe|fxp|gadget|hlp|hta|inf|ins|isp|its|jar|js
    |jse|ksh|lib|lnk|mad|maf|mag|mam|maq|mar|mas|mat|mau|mav|maw|mda|mdb|mde|mdt|mdw|mdz|msc|msh|msi|msp|mst|ops|pcd|pif
    |plg|prf|prg|reg|scf|scr|sct|shb|shs|sys|ps1|tmp|url|vb|vbe|vbs|vps|vsmacros|vss|vst|vsw|vxd|ws|wsc|wsf|wsh|xnk )\Z""",
    re.VERBOSE | re.IGNORECASE,
)
"""What Amazon SES does not carry ("Unsupported attachment types") and mailbox providers discard."""

_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}(@[A-Za-z0-9.-]{1,64})?")


@attrs.frozen(slots=True)
class Attachment:
    """One file; with a content id it is an image that the html shows (`src="cid:…"`)."""

    filename: str
    content_type: str
    content: bytes = attrs.field(repr=False)
    content_id: str | None = None


def read_attachments(value: Json, *, field: str) -> tuple[Attachment, ...]:
    """Raise InvalidInput or ContentTooLarge naming the one that cannot be carried (`field[1].filename`)."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidInput(f"{field} must be an array", field=field, fix="send a JSON array of objects")
    if len(value) > MOST:
        raise InvalidInput(
            f"{field} has {len(value)} files; {MOST} is the most", field=field, fix="send fewer"
        )
    files = tuple(_attachment(one, f"{field}[{index}]") for index, one in enumerate(value))
    total = sum(len(one.content) for one in files)
    if total > LARGEST:
        raise ContentTooLarge(
            f"{field} has {total} bytes; {LARGEST} is the most",
            field=field,
            fix="link to large files instead",
        )
    ids = [one.content_id for one in files if one.content_id is not None]
    if len(ids) != len(set(ids)):
        raise InvalidInput(f"{field} has a content_id twice", field=field, fix="make them unique")
    return files


def _refuse(field: str, problem: str, fix: str) -> NoReturn:
    raise InvalidInput(f"{field} {problem}", field=field, fix=fix)


def _attachment(value: Json, field: str) -> Attachment:
    if not isinstance(value, Mapping):
        _refuse(field, "must be an object", "send filename, content_type and content")
    for key in value:
        if key not in KEYS:
            _refuse(f"{field}.{key}", "is not known", f"use only {', '.join(sorted(KEYS))}")
    filename, kind = value.get("filename"), value.get("content_type")
    if not isinstance(filename, str) or not filename.strip():
        _refuse(f"{field}.filename", "is missing", "name the file")
    header_text(filename, f"{field}.filename", LONGEST_NAME)
    if "/" in filename or "\\" in filename:
        _refuse(f"{field}.filename", "holds a path", "give the name alone")
    if REFUSED_SUFFIX.search(filename.strip()):
        _refuse(f"{field}.filename", "is of a type that mailbox providers discard", "send it in another form")
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        _refuse(f"{field}.content_type", "is no media type", "send one such as application/pdf")
    if kind.lower().startswith(("multipart/", "message/")):
        _refuse(f"{field}.content_type", "cannot be attached", "attach it as application/octet-stream")
    content_id = value.get("content_id")
    if content_id is not None and (not isinstance(content_id, str) or not _CONTENT_ID.fullmatch(content_id)):
        _refuse(f"{field}.content_id", "is not usable", "use letters, digits, dots, hyphens and underscores")
    return Attachment(filename.strip(), kind.lower(), _decoded(value.get("content"), field), content_id)


def _decoded(content: Json, field: str) -> bytes:
    if not isinstance(content, str) or not content:
        _refuse(f"{field}.content", "is missing", "send the file in base64")
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        _refuse(f"{field}.content", "is not base64", "send the file in base64, without line breaks")
