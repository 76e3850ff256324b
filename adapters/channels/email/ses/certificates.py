"""The certificates that SNS signs with: fetched from its own hosts, checked, and kept for a day."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pyreqwest.exceptions import RequestError

from adapters.channels.email.ses.sns import SNS_HOST
from adapters.channels.frame.transport import build_client
from application.ports.channels import ChannelSettings
from domain.shared.errors import Forbidden, Unavailable

KEPT: Final = 32
LASTS: Final = 86_400.0
LARGEST: Final = 100_000
OK: Final = 200


class FetchedKeys:
    """Implements `sns.SigningKeys` over HTTPS, and calls the URL that confirms a subscription."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._client = build_client(settings, http2=False)
        self._known: dict[str, tuple[float, RSAPublicKey]] = {}

    async def key(self, url: str) -> RSAPublicKey:
        """The caller has checked the URL's host."""
        now = time.monotonic()
        known = self._known.get(url)
        if known is not None and known[0] > now:
            return known[1]
        key = checked_key(await self._get(url), urlsplit(url).hostname or "", datetime.now(UTC))
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[url] = (now + LASTS, key)
        return key

    async def visit(self, url: str) -> None:
        """GET; raise Unavailable when it is not answered with 200."""
        await self._get(url)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _get(self, url: str) -> bytes:
        try:
            response = await self._client.get(url).build().send()
            body = bytes(await response.bytes())
        except RequestError:
            raise Unavailable("SNS cannot be reached", retry_after=30.0) from None
        if response.status != OK or len(body) > LARGEST:
            raise Unavailable("SNS does not answer as it should", retry_after=30.0)
        return body


def checked_key(pem: bytes, host: str, now: datetime) -> RSAPublicKey:
    """The key of a certificate; raise Forbidden when it is none, out of date or another's."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise Forbidden("SigningCertURL leads to no certificate") from None
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Forbidden("the signing certificate is out of date")
    if SNS_HOST.fullmatch(host) and not _is_amazons(certificate):
        raise Forbidden("the signing certificate is not Amazon's")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise Forbidden("the signing certificate holds no RSA key")
    return key


def _is_amazons(certificate: x509.Certificate) -> bool:
    issuers = certificate.issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    subjects = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return any(one.value == "Amazon" for one in issuers) and any(
        str(one.value).endswith((".amazonaws.com", ".amazonaws.com.cn")) for one in subjects
    )
