"""OAuth access tokens of one service account: fetched off the loop, early, and once for everybody who waits."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC
from functools import partial

import urllib3
from firebase_admin import credentials
from google.auth.exceptions import GoogleAuthError, RefreshError
from google.auth.transport.urllib3 import Request

from adapters.channels.push.fcm.credential import FcmCredential

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
"""The one scope that sending needs; firebase-admin itself would ask for six broad ones."""
RENEW_BEFORE = 300.0
"""Seconds before the end of a token's life."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
TEMPORARY = frozenset({"server_error", "temporarily_unavailable", "internal_failure"})
"""OAuth errors (RFC 6749 section 4.1.2.1) that say nothing about the account."""


class AccountRefused(Exception):
    """Google will not give this service account a token (revoked key, wrong clock, unknown account)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TokenUnavailable(Exception):
    """The token endpoint could not be asked; try again after `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"{retry_after:.0f} s")
        self.retry_after = retry_after


class AccessToken:
    """The bearer token of one service account in this process."""

    def __init__(
        self,
        credential: FcmCredential,
        *,
        token_url: str | None,
        tls: ssl.SSLContext,
        timeout: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        account = credential.as_service_account(token_url)
        self._account = credentials.Certificate(account).get_credential()
        http = urllib3.PoolManager(ssl_context=tls, retries=False)
        self._request = partial(Request(http), timeout=timeout)  # type: ignore[no-untyped-call]
        self._now = now
        self._header = ""
        self._expires_at = float("-inf")
        self._not_before = float("-inf")
        self._pause = FIRST_PAUSE
        self._fetching: asyncio.Task[None] | None = None

    async def header(self) -> str:
        """The `authorization` header, fetched anew from five minutes before its end.

        Raises AccountRefused or TokenUnavailable; as long as the present token lives, a failed fetch is forgiven.
        """
        if self._now() < self._expires_at - RENEW_BEFORE:
            return self._header
        try:
            await self._fetched()
        except (AccountRefused, TokenUnavailable):
            if self._now() >= self._expires_at:
                raise
        return self._header

    async def renew(self, stale: str) -> str:
        """Another header than `stale`, which FCM refused. Raises AccountRefused or TokenUnavailable."""
        if self._header == stale:
            self._expires_at = float("-inf")
            await self._fetched()
        return self._header

    async def _fetched(self) -> None:
        if self._fetching is None:
            wait = self._not_before - self._now()
            if wait > 0:
                raise TokenUnavailable(wait)
            self._fetching = asyncio.ensure_future(self._fetch())
            self._fetching.add_done_callback(self._done)
        # Shielded: whoever is cancelled leaves the fetch to the others who wait for it.
        await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        try:
            token, lifetime = await asyncio.to_thread(self._ask)
        except RefreshError as error:
            reason = _oauth_error(error)
            if reason is None:
                raise self._unavailable() from error
            raise AccountRefused(reason) from error
        except (GoogleAuthError, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unavailable() from error
        self._pause = FIRST_PAUSE
        self._header = f"Bearer {token}"
        self._expires_at = self._now() + lifetime

    def _ask(self) -> tuple[str, float]:
        """Blocking: trade a signed assertion for a token. (token, seconds it lives)."""
        account = self._account.with_scopes([SCOPE])
        account.refresh(self._request)
        expiry = account.expiry
        lifetime = (
            expiry.replace(tzinfo=UTC).timestamp() - time.time() if expiry is not None else RENEW_BEFORE
        )
        return str(account.token), lifetime

    def _unavailable(self) -> TokenUnavailable:
        pause = self._pause
        self._not_before = self._now() + pause
        self._pause = min(pause * 2.0, LONGEST_PAUSE)
        return TokenUnavailable(pause)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # read here, in case everybody who waited was cancelled


def _oauth_error(error: RefreshError) -> str | None:
    """The OAuth error (RFC 6749 section 5.2) that speaks against the account, or None for a passing trouble."""
    answer = error.args[1] if len(error.args) > 1 else None
    code = answer.get("error") if isinstance(answer, Mapping) else None
    return code if isinstance(code, str) and code not in TEMPORARY and not error.retryable else None
