"""A Solapi account: the fields that an operator enters, and the signature of each request.

Source: Solapi, "API Key 인증 방식 이용하기": HMAC-SHA256 over date and salt; a salt is taken once in 15 minutes, clocks
may differ by 15 minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import attrs

from adapters.channels.frame.korean_sender import korean_sender
from application.ports.provider_settings import SettingField

PROVIDER: Final = "solapi"
USUAL_URL: Final = "https://api.solapi.com"

SETTINGS: Final = (
    SettingField(
        "api_key",
        "the API Key of the console's 'API Key 관리'",
        pattern=r"[A-Za-z0-9]{10,64}",
        example="NCSA…",
    ),
    SettingField(
        "api_secret", "the API Secret shown once with the key", secret=True, pattern=r"[A-Za-z0-9]{10,128}"
    ),
    korean_sender(required=False),
    SettingField(
        "pf_id",
        "the id of the KakaoTalk channel, for AlimTalk",
        required=False,
        pattern=r"[A-Za-z0-9]{10,64}",
        example="KA01PF…",
    ),
)


@attrs.frozen(slots=True)
class SolapiAccount:
    """Checked fields of one credential."""

    api_key: str
    secret: bytes = attrs.field(repr=False)
    sender: str | None
    pf_id: str | None

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> SolapiAccount:
        """Raise KeyError when what was stored is not of this provider."""
        return cls(
            fields["api_key"], fields["api_secret"].encode(), fields.get("sender"), fields.get("pf_id")
        )

    def authorization(self, *, now: Callable[[], float] = time.time) -> str:
        """The `authorization` header of one request; never used twice."""
        date = datetime.fromtimestamp(now(), UTC).isoformat(timespec="milliseconds")
        salt = secrets.token_hex(16)
        signature = hmac.new(self.secret, (date + salt).encode(), hashlib.sha256).hexdigest()
        return f"HMAC-SHA256 apiKey={self.api_key}, date={date}, salt={salt}, signature={signature}"
