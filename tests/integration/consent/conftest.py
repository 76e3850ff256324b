"""Fixtures for tests of consent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.consent.counter import Counter, open_counter

TOPICS = [
    {"key": "events", "ko": "이벤트", "en": "Events"},
    {"key": "orders", "ko": "주문", "en": "Orders <&>"},
]


@pytest_asyncio.fixture
async def counter(database_url: str) -> AsyncIterator[Counter]:
    """A shop that wants e-mail addresses and numbers confirmed, and writes about two topics."""
    opt_in = {"email": True, "sms": True}
    async with open_counter(database_url, double_opt_in=opt_in, topics=TOPICS) as opened:
        yield opened
