"""AWS Signature Version 4 for POST and GET requests without a query (AWS General Reference, "Signing AWS API requests")."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "AWS4-HMAC-SHA256"


class Signer:
    """Signs requests to one service in one region for one access key; the day's key is derived once a day."""

    def __init__(
        self, access_key_id: str, secret: str, *, region: str, service: str, session_token: str | None = None
    ) -> None:
        self._access_key_id = access_key_id
        self._secret = secret
        self._region = region
        self._service = service
        self._session_token = session_token
        self._day = ""
        self._key = b""

    def headers(self, method: str, host: str, path: str, body: bytes, now: datetime) -> dict[str, str]:
        """The headers to add: x-amz-date, authorization, for temporary keys x-amz-security-token.

        `host` as it will stand in the request; `path` unescaped; with a body the request must say
        `content-type: application/json`.
        """
        moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        day = moment[:8]
        signed = [("content-type", "application/json")] if body else []
        signed += [("host", host), ("x-amz-date", moment)]
        if self._session_token:
            signed.append(("x-amz-security-token", self._session_token))
        names = ";".join(name for name, _ in signed)
        lines = "".join(f"{name}:{value}\n" for name, value in signed)
        # Every service but S3 escapes the path once more in the canonical request.
        escaped = quote(quote(path, safe="/-_.~"), safe="/-_.~")
        canonical = f"{method}\n{escaped}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{day}/{self._region}/{self._service}/aws4_request"
        to_sign = f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self._key_of(day), to_sign.encode(), "sha256").hexdigest()
        headers = {
            "x-amz-date": moment,
            "authorization": (
                f"{ALGORITHM} Credential={self._access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
            ),
        }
        if self._session_token:
            headers["x-amz-security-token"] = self._session_token
        return headers

    def _key_of(self, day: str) -> bytes:
        if day != self._day:
            key = f"AWS4{self._secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day, self._key = day, key
        return self._key
