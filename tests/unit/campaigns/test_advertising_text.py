"""The words of an advertisement: the prefix in front, the sender, and how to refuse the next one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaigns.advertising_text import AdvertisingText, Wording, check_prefix
from domain.shared.channels import Channel
from tests.unit.campaigns.moments import refusal

TEXT = AdvertisingText(
    "자동상점",
    "02-1234-5678",
    {
        Channel.PUSH: "수신거부: 설정 > 알림",
        Channel.EMAIL: "수신거부 unsubscribe: shop.example/u?a=1&b=2",
        Channel.SMS: "무료수신거부 080-123-4567",
        Channel.IN_APP: "수신거부: 설정",
    },
)


@pytest.mark.parametrize(
    ("channel", "given_", "expected"),
    [
        (
            Channel.PUSH,
            Wording("오늘만 반값", "지금 보세요"),
            Wording("(광고) 오늘만 반값", "지금 보세요\n수신거부: 설정 > 알림"),
        ),
        # A push without a title is marked where its text begins.
        (Channel.PUSH, Wording(None, "지금 보세요"), Wording(None, "(광고) 지금 보세요\n수신거부: 설정 > 알림")),
        (Channel.PUSH, Wording("반값"), Wording("(광고) 반값", "수신거부: 설정 > 알림")),
        (Channel.IN_APP, Wording("반값", "보기"), Wording("(광고) 반값", "보기\n수신거부: 설정")),
        (
            Channel.SMS,
            Wording(None, "오늘만 반값"),
            Wording(None, "(광고) 자동상점\n오늘만 반값\n무료수신거부 080-123-4567"),
        ),
        (
            Channel.SMS,
            Wording("반값", "오늘만"),
            Wording("(광고) 반값", "(광고) 자동상점\n오늘만\n무료수신거부 080-123-4567"),
        ),
        # Who marked it by hand and forgot who sends it.
        (
            Channel.SMS,
            Wording(None, "(광고) 오늘만"),
            Wording(None, "(광고) 자동상점\n오늘만\n무료수신거부 080-123-4567"),
        ),
        (
            Channel.SMS,
            Wording(None, "(광고)자동상점 오늘만"),
            Wording(None, "(광고)자동상점 오늘만\n무료수신거부 080-123-4567"),
        ),
        (
            Channel.EMAIL,
            Wording("반값", "오늘만", "<html><body><h1>반값</h1></BODY ></html>"),
            Wording(
                "(광고) 반값",
                "오늘만\n자동상점\n02-1234-5678\n수신거부 unsubscribe: shop.example/u?a=1&b=2",
                "<html><body><h1>반값</h1><p>자동상점<br>02-1234-5678<br>"
                "수신거부 unsubscribe: shop.example/u?a=1&amp;b=2</p></BODY ></html>",
            ),
        ),
        (Channel.EMAIL, Wording("반값", None, "반값"), Wording(
            "(광고) 반값", None,
            "반값<p>자동상점<br>02-1234-5678<br>수신거부 unsubscribe: shop.example/u?a=1&amp;b=2</p>")),
    ],
    ids=str,
)  # fmt: skip
def test_every_channel_says_that_it_is_advertising_and_how_to_refuse_it(
    channel: Channel, given_: Wording, expected: Wording
) -> None:
    """And marking twice changes nothing."""
    assert TEXT.mark(channel, given_) == expected
    assert TEXT.mark(channel, expected) == expected


@settings(deadline=None)
@given(
    st.sampled_from([Channel.PUSH, Channel.EMAIL, Channel.SMS, Channel.IN_APP]),
    st.one_of(st.none(), st.text(max_size=20)),
    st.text(max_size=40),
)
def test_the_prefix_stands_first_and_the_opt_out_last(channel: Channel, title: str | None, body: str) -> None:
    """Whatever the content is; marking twice changes nothing."""
    marked = TEXT.mark(channel, Wording(title, body))
    first = marked.title if channel is Channel.EMAIL or marked.title is not None else marked.body
    assert first is not None
    assert first.startswith("(광고)")
    assert marked.body is not None
    assert marked.body.rstrip().endswith(TEXT.opt_out[channel])
    assert channel is not Channel.SMS or marked.body.startswith("(광고)")
    assert TEXT.mark(channel, marked) == marked


@pytest.mark.parametrize(
    "text", ["[광고] 반값", "(광 고) 반값", "(광/고) 반값", "“광고” 반값", " (광고) 반값", "( 광고 )"]
)
def test_other_spellings_of_the_prefix_are_refused(text: str) -> None:
    """They would slip past the filters of those who do not want advertising."""
    refused = refusal(lambda: check_prefix(text, field="title"))
    assert refused.field == "title"


@pytest.mark.parametrize(
    "text", [None, "", "반값", "(광고) 반값", "광고 회사 소식", "(광고주) 소식", "광안리 고기집"]
)
def test_ordinary_words_are_no_other_spelling(text: str | None) -> None:
    """Nor is the prefix itself."""
    check_prefix(text, field="title")
