"""Who gets in, and what each role may do: sessions, form tokens, roles, throttling."""

from __future__ import annotations

import re

import pytest

from domain.operators.roles import Role
from entrypoints.dashboard.application import ACTIONS, QUESTIONS
from tests.e2e.dashboard.conftest import Installation
from tests.e2e.dashboard.visitor import PASSWORD, Visitor
from tests.e2e.rest.wiring import execute

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_nobody_sees_a_page_without_a_session(installation: Installation) -> None:
    """None, a forged one and an ended one lead to the sign-in page; streams are refused."""
    stranger = installation.stranger("nobody@example.com")
    for cookie in (b"", b"forged", b"a" * 5_000, "한".encode()):
        found = stranger.client.get("/dashboard/health", headers=[(b"Cookie", b"signal_session=" + cookie)])
        assert found.status_code == 303
        assert found.headers["location"] == "/dashboard/sign-in?next=%2Fdashboard%2Fhealth"
    live = stranger.client.get(f"/dashboard/apps/{NOWHERE}/live", headers={"Accept": "text/event-stream"})
    assert live.status_code == 401


def test_a_session_ends_by_time_and_by_signing_out(installation: Installation) -> None:
    """What is too old is no session; signing out ends it on the server, not only in the browser."""
    person = installation.person(Role.VIEWER)
    cookie = person.client.cookies["signal_session"]
    database = installation.served.database_url
    execute(database, "UPDATE operator_session SET used_at = used_at - interval '3 hours'")
    assert person.get("/dashboard").status_code == 303
    assert person.sign_in().status_code == 303
    assert person.client.cookies["signal_session"] != cookie
    kept = person.client.cookies["signal_session"]
    assert person.post("/dashboard/sign-out", page="/dashboard/profile").status_code == 303
    person.client.cookies.set("signal_session", kept, path="/dashboard")
    assert person.get("/dashboard").status_code == 303


def test_a_form_without_its_token_changes_nothing(owner: Visitor, application: str) -> None:
    """A missing token, another session's and a form from another site are refused with 403."""
    path = "/dashboard/apps/new"
    fields = {"name": "forged", "time_zone": "UTC"}
    assert owner.client.post(path, data=fields).status_code == 403
    assert owner.client.post(path, data={**fields, "form_token": "0" * 64}).status_code == 403
    token = owner.token(path)
    for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        given = {**fields, "form_token": token}
        assert owner.client.post(path, data=given, headers=header).status_code == 403
    assert "forged" not in owner.text("/dashboard")


@pytest.mark.parametrize("role", [Role.MARKETER, Role.OPERATOR, Role.VIEWER])
def test_a_role_does_what_it_may_and_nothing_else(
    installation: Installation, owner: Visitor, application: str, role: Role
) -> None:
    """Every action of the table is tried: 403 where the right is missing, anything else where it is there."""
    person = installation.person(role)
    token = person.token("/dashboard/profile")
    for action in (*ACTIONS, *QUESTIONS):
        path = action.path.replace("/dashboard/apps/{application_id}", application)
        path = re.sub(r"\{\w+\}", NOWHERE, path)
        answered = person.client.post(path, data={"form_token": token})
        refused = action.right not in role.rights
        assert (answered.status_code == 403) == refused, f"{path}: {answered.status_code}"
        assert answered.status_code < 500, path
    assert person.get("/dashboard/operators").status_code == 403
    assert owner.get("/dashboard/operators").status_code == 200


def test_a_code_works_once_and_guessing_is_slowed_down(installation: Installation) -> None:
    """The same code again is refused; after five failures even the right answer has to wait."""
    person = installation.person(Role.VIEWER)
    database = installation.served.database_url
    execute(database, "DELETE FROM sign_in_attempt")
    code = person.code()
    assert person.sign_in(code=code).status_code == 303
    assert person.sign_in(code=code).status_code == 422
    for _ in range(4):
        wrong = person.sign_in(password="not the password")
        assert wrong.status_code == 422
        assert PASSWORD not in wrong.text
        assert "not the password" not in wrong.text
    slowed = person.sign_in()
    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) > 0
    execute(database, "DELETE FROM sign_in_attempt")
    assert person.sign_in(code="abc").status_code == 422
    execute(database, "DELETE FROM sign_in_attempt")


def test_an_invitation_works_once_and_the_last_owner_stays(
    installation: Installation, owner: Visitor
) -> None:
    """A used link is unknown; shutting somebody out ends their sessions; the only owner cannot be shut out."""
    link = installation.link(Role.VIEWER, "once@example.com")
    person = installation.stranger("once@example.com")
    assert person.set_up(link).status_code == 303
    assert person.get(link).status_code == 404
    assert person.sign_in().status_code == 303
    rows = execute(installation.served.database_url, "SELECT id, email, role FROM operator ORDER BY id")
    by_email = {row["email"]: row["id"] for row in rows}
    page = "/dashboard/operators"
    assert owner.post(f"{page}/{by_email['once@example.com']}/disable", page=page).status_code == 303
    assert person.get("/dashboard").status_code == 303
    assert person.sign_in().status_code == 422
    refused = owner.post(f"{page}/{by_email[owner.email]}/disable", page=page)
    assert refused.status_code == 409
    demoted = owner.post(f"{page}/{by_email[owner.email]}/role", {"role": "viewer"}, page=page)
    assert demoted.status_code == 409
    invited = owner.post(page, {"email": "kim@example.com", "role": "marketer"})
    assert "/dashboard/set-up/" in invited.text
    assert owner.post(page, {"email": "kim@example.com", "role": "king"}).status_code == 422


def test_after_signing_in_nobody_is_led_elsewhere(installation: Installation) -> None:
    """`next` leads to pages of ours only."""
    person = installation.person(Role.VIEWER)
    for target in (
        "https://evil.example",
        "//evil.example",
        "/dashboard//evil.example",
        "/v1",
        "/dashboard\\evil",
    ):
        path = f"/dashboard/sign-in?next={target}"
        fields = {"email": person.email, "password": PASSWORD, "code": person.code()}
        assert person.post(path, fields).headers["location"] == "/dashboard"
