"""Signatures of requests to AWS, judged by botocore."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.email.ses.sigv4 import Signer

SAFE = "/-_.~"
HOST = "email.ap-northeast-2.amazonaws.com"


def ours(method: str, path: str, body: bytes, token: str | None, now: datetime) -> dict[str, str]:
    """The headers that the signer makes."""
    signer = Signer("AKIDEXAMPLE", "secret/+key", region="ap-northeast-2", service="ses", session_token=token)
    return signer.headers(method, HOST, path, body, now)


def theirs(method: str, path: str, body: bytes, token: str | None, now: datetime) -> str:
    """The authorization that botocore makes of the same request at the same moment."""
    headers = {"host": HOST, "content-type": "application/json"} if body else {"host": HOST}
    request = AWSRequest(method, f"https://{HOST}{quote(path, safe=SAFE)}", data=body, headers=headers)
    auth = SigV4Auth(Credentials("AKIDEXAMPLE", "secret/+key", token), "ses", "ap-northeast-2")
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if token:
        request.headers["X-Amz-Security-Token"] = token
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    signed = auth.signed_headers(auth.headers_to_sign(request))
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={signed}, Signature={signature}"


@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzE=="])
@given(
    body=st.binary(max_size=300),
    path=st.sampled_from(
        ["/v2/email/outbound-emails", "/v2/email/suppression/addresses/kim@example.com", "/a b/가"]
    ),
    method=st.sampled_from(["GET", "POST"]),
    now=st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1)),
)
def test_botocore_signs_alike(token: str | None, body: bytes, path: str, method: str, now: datetime) -> None:
    """Any body and path, permanent and temporary keys."""
    moment = now.replace(tzinfo=UTC)
    assert ours(method, path, body, token, moment)["authorization"] == theirs(
        method, path, body, token, moment
    )


def test_the_days_key_changes_with_the_day() -> None:
    """A signer that lives over midnight."""
    signer = Signer("AKIDEXAMPLE", "secret/+key", region="ap-northeast-2", service="ses")
    for day in (23, 24, 23):
        now = datetime(2026, 11, day, 23, 59, tzinfo=UTC)
        assert signer.headers("POST", HOST, "/x", b"{}", now)["authorization"] == theirs(
            "POST", "/x", b"{}", None, now
        )
