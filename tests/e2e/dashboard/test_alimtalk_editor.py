"""An AlimTalk in the template editor: approved templates are offered, variables are lines, the preview is what Kakao shows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

from domain.alimtalk.buttons import Button
from domain.alimtalk.template import KakaoTemplate, TemplateStatus, Wording
from tests.e2e.dashboard.conftest import Installation
from tests.e2e.dashboard.visitor import Visitor, path_of

CODE = "ORDER_SENT"
SOLAPI = {
    "field.api_key": "NCSAYU7YDBXYORXC",
    "field.api_secret": "s" * 32,
    "field.sender": "0223456789",
    "field.pf_id": "KA01PF190227072057634pRBhbpAw1w1",
}
FIELDS = {
    "name": "배송 출발",
    "kakao_talk.template_code": CODE,
    "kakao_talk.variables": "name = {{ name }}\n#{no} = {{ order }}",
    "sample": '{"name": "하늘", "order": 1042}',
}


def approved(application: str) -> KakaoTemplate:
    return KakaoTemplate(
        application_id=UUID(application.rpartition("/")[2]),
        provider="solapi",
        code=CODE,
        name="배송 안내",
        status=TemplateStatus.APPROVED,
        checked_at=datetime.now(UTC),
        wording=Wording(
            text="#{name}님, 주문 #{no}이 출발했습니다.",
            buttons=(Button(type="WL", name="배송 조회", link_mo="https://shop.kr/#{no}"),),
        ),
    )


def test_an_alimtalk_is_chosen_filled_previewed_and_kept(
    installation: Installation, owner: Visitor, application: str
) -> None:
    """Refused while no template is approved; then the filled text with its button, and the variables come back as lines."""
    page = f"{application}/templates/new"
    early = owner.post(f"{application}/templates/preview", FIELDS, page=page)
    assert "no approved AlimTalk template" in early.text, early.text
    stored = owner.post(f"{application}/credentials/solapi", SOLAPI, page=f"{application}/settings")
    assert stored.status_code == 303, stored.text
    installation.approve(approved(application))

    assert f'<option value="{CODE}">배송 안내</option>' in owner.text(page)
    shown = owner.post(f"{application}/templates/preview", FIELDS, page=page).text
    assert "하늘님, 주문 1042이 출발했습니다." in shown, shown
    assert '<p class="kakao-button">배송 조회</p>' in shown
    less = {**FIELDS, "kakao_talk.variables": "name = {{ name }}"}
    missing = owner.post(f"{application}/templates/preview", less, page=page).text
    assert "variable #{no}, which got no value" in missing, missing

    made = owner.post(page, FIELDS)
    assert made.status_code == 303, made.text
    edited = owner.text(f"{path_of(made)}/edit")
    assert re.search(r"name = \{\{ name \}\}\s+no = \{\{ order \}\}", edited), edited


def test_a_line_without_a_name_is_refused(owner: Visitor, application: str) -> None:
    """The page names the field and the line; no template is made."""
    page = f"{application}/templates/new"
    refused = owner.post(page, {**FIELDS, "name": "빈 줄", "kakao_talk.variables": "name = 1\n= 2"})
    assert refused.status_code == 422
    assert "line 2 names no variable" in refused.text
    assert "빈 줄" not in owner.text(f"{application}/templates")
