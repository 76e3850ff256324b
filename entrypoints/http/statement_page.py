"""A month's statement as a page: no script, nothing from elsewhere, black on white when it is printed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Final, Literal
from zoneinfo import ZoneInfo

from domain.reports.statement import CurrencyStatement, Statement
from entrypoints.http.wire import amount

Language = Literal["ko", "en"]

_STYLE: Final = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,"Apple SD Gothic Neo","Noto Sans KR",sans-serif;max-width:60rem;
margin:2rem auto;padding:0 1rem}h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.25rem 0}
table{border-collapse:collapse;width:100%}th,td{padding:.4rem .6rem;border-bottom:1px solid #8886;text-align:left}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}tfoot td{font-weight:600;border-top:2px solid}
.due{font-size:1.25rem;font-weight:600;margin-top:1rem}.wide{overflow-x:auto}
@media print{body{margin:0;max-width:none;color:#000;background:#fff}h2{break-after:avoid}tr{break-inside:avoid}}
"""
PAGE_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-"
        + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        + "'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "title": {"ko": "이용 내역서", "en": "Statement"},
    "period": {"ko": "기간", "en": "Period"},
    "made": {"ko": "작성", "en": "Made at"},
    "mode": {"ko": "과금 방식", "en": "Billing"},
    "postpaid": {"ko": "후불", "en": "postpaid"},
    "prepaid": {"ko": "선불", "en": "prepaid"},
    "provisional": {
        "ko": "아직 끝나지 않은 달의 잠정 내역입니다.",
        "en": "The month is not over: these figures are provisional.",
    },
    "charges": {"ko": "발송 요금", "en": "Charges"},
    "channel": {"ko": "채널", "en": "Channel"},
    "unit_price": {"ko": "단가", "en": "Unit price"},
    "sent": {"ko": "발송", "en": "Sent"},
    "given_back": {"ko": "환급", "en": "Given back"},
    "billed": {"ko": "청구 건수", "en": "Billed"},
    "amount": {"ko": "금액", "en": "Amount"},
    "total": {"ko": "합계", "en": "Total"},
    "none": {"ko": "이 달에 청구된 메시지가 없습니다.", "en": "No message was charged in this month."},
    "due": {"ko": "청구 금액", "en": "Amount charged"},
    "payments": {"ko": "충전과 조정", "en": "Payments and adjustments"},
    "top_ups": {"ko": "충전", "en": "Top-ups"},
    "adjustments": {"ko": "조정", "en": "Adjustments"},
    "accounts": {"ko": "원장 계정", "en": "Accounts of the ledger"},
    "account": {"ko": "계정", "en": "Account"},
    "opening": {"ko": "기초 잔액", "en": "Opening"},
    "credits": {"ko": "증가", "en": "Credits"},
    "debits": {"ko": "감소", "en": "Debits"},
    "closing": {"ko": "기말 잔액", "en": "Closing"},
    "channel.push": {"ko": "푸시", "en": "Push"},
    "channel.email": {"ko": "이메일", "en": "E-mail"},
    "channel.sms": {"ko": "문자", "en": "SMS"},
    "channel.kakao_talk": {"ko": "카카오 알림톡", "en": "Kakao AlimTalk"},
    "channel.in_app": {"ko": "인앱 메시지", "en": "In-app message"},
    "account.cash": {"ko": "입금", "en": "Cash"},
    "account.credit": {"ko": "선불 잔액", "en": "Credit"},
    "account.receivable": {"ko": "후불 청구(음수: 받을 금액)", "en": "Receivable (negative: owed)"},
    "account.held": {"ko": "발송 대기 예약", "en": "Held for reservations"},
    "account.revenue": {"ko": "확정 요금", "en": "Charged"},
}


def statement_page(statement: Statement, month: str, language: Language) -> str:
    """The whole document; everything that anybody named is escaped."""

    def text(key: str) -> str:
        return _TEXTS[key][language]

    zone = ZoneInfo(statement.time_zone)
    last = statement.until.astimezone(zone).date().toordinal() - 1
    since = statement.since.astimezone(zone).date()
    title = f"{text('title')} {month}"
    lines = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(statement.application_name)}</p>",
        f"<p>{text('period')}: {since} – {since.fromordinal(last)} ({escape(statement.time_zone)})</p>",
        f"<p>{text('mode')}: {text(statement.billing_mode)}</p>",
        f"<p>{text('made')}: {statement.made_at.astimezone(zone):%Y-%m-%d %H:%M}</p>",
    ]
    if not statement.complete:
        lines.append(f'<p role="note">{text("provisional")}</p>')
    for one in statement.currencies:
        lines += _currency(one, language)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)} – {escape(statement.application_name)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(lines)}</main></body></html>"
    )


def _currency(one: CurrencyStatement, language: Language) -> Iterable[str]:
    def text(key: str) -> str:
        return _TEXTS.get(key, {}).get(language, key.rpartition(".")[2])

    yield f"<h2>{text('charges')} ({escape(one.currency)})</h2>"
    if one.charges:
        yield _table(
            [text(name) for name in ("channel", "unit_price", "sent", "given_back", "billed", "amount")],
            [
                [
                    text(f"channel.{charge.channel}") if charge.channel else "–",
                    _money(charge.unit_price),
                    f"{charge.sent:,}",
                    f"{charge.given_back:,}",
                    f"{charge.billed:,}",
                    _money(charge.amount),
                ]
                for charge in one.charges
            ],
            [text("total"), "", *_sums(one), _money(one.charged)],
        )
    else:
        yield f"<p>{text('none')}</p>"
    yield f'<p class="due">{text("due")}: {_money(one.due)} {escape(one.currency)}</p>'
    if one.top_ups or one.adjustments:
        yield f"<h2>{text('payments')}</h2>"
        yield f"<p>{text('top_ups')}: {_money(one.top_ups)}</p>"
        yield f"<p>{text('adjustments')}: {_money(one.adjustments)}</p>"
    if one.accounts:
        yield f"<h2>{text('accounts')}</h2>"
        yield _table(
            [text(name) for name in ("account", "opening", "credits", "debits", "closing")],
            [
                [
                    text(f"account.{account.account}"),
                    *map(_money, (account.opening, account.credits, account.debits, account.closing)),
                ]
                for account in one.accounts
            ],
        )


def _sums(one: CurrencyStatement) -> list[str]:
    sent, given_back = sum(c.sent for c in one.charges), sum(c.given_back for c in one.charges)
    return [f"{sent:,}", f"{given_back:,}", f"{sent - given_back:,}"]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], foot: Sequence[str] = ()) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        told = [
            f"<{tag}{' class=n' if at else ''}{' scope=col' if tag == 'th' else ''}>{escape(cell)}</{tag}>"
            for at, cell in enumerate(cells)
        ]
        return f"<tr>{''.join(told)}</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    end = f"<tfoot>{row(foot, 'td')}</tfoot>" if foot else ""
    return (
        f'<div class="wide"><table><thead>{row(heads, "th")}</thead><tbody>{body}</tbody>{end}</table></div>'
    )


def _money(value: Decimal) -> str:
    """With thousands apart, without needless zeros."""
    exact = Decimal(amount(value))
    return f"{exact:,f}"
