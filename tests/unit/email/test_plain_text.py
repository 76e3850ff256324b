"""The text that is made of html: what a person would read, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.email.plain_text import text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>하나</p><p>둘</p>", "하나\n\n둘"),
        ("하나<br>둘<br/>셋", "하나\n둘\n셋"),
        ("<ul><li>사과</li><li>배</li></ul>", "- 사과\n- 배"),
        ('<a href="https://shop.kr">가게</a>', "가게 (https://shop.kr)"),
        ('<a href="https://shop.kr">https://shop.kr</a>', "https://shop.kr"),
        ('<a href="mailto:help@shop.kr">도움</a>', "도움 (help@shop.kr)"),
        ('<a href="#top">위로</a>', "위로"),
        ('<img src="x.png" alt="로고">', "로고"),
        ("<style>p{}</style><script>x()</script><!-- no -->보임", "보임"),
        ("A &amp; B &lt;3 &nbsp; 끝", "A & B <3 끝"),
        ("<table><tr><td>이름</td><td>값</td></tr></table>", "이름 값"),
        ("<div>가<div>나</div></div>", "가\n나"),
        ("", ""),
    ],
)
def test_html_reads_as_text(html: str, text: str) -> None:
    """Blocks are lines, links keep their addresses."""
    assert text_of(html) == text


@given(st.text("<>/abp \n&;\"'=href!-", max_size=200))
def test_any_markup_is_survived(html: str) -> None:
    """Broken html makes some text, never an error and never a heap of empty lines."""
    assert "\n\n\n" not in text_of(html)
