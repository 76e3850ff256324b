"""Operators: who may come in, with which role; and one's own language."""

from __future__ import annotations

from typing import Final

from application.operators.commands import ChangeOperatorCommand, InviteCommand
from domain.operators.operator import Operator
from domain.operators.roles import RIGHTS, Right, Role
from domain.shared.errors import NotFound
from domain.shared.json_values import Json
from entrypoints.dashboard.visit import Action, Changed, Page, Shown, Visit

START: Final = "/dashboard/operators"


async def list_operators(visit: Visit) -> Shown:
    return Shown(
        "operators.html",
        {
            "operators": await visit.use_cases.list_operators(),
            "roles": [one.value for one in Role],
            "rights": [one.value for one in Right],
            "table": {role.value: {right.value for right in rights} for role, rights in RIGHTS.items()},
        },
    )


async def invite(visit: Visit) -> Changed:
    invited = await visit.use_cases.invite_operator(
        InviteCommand(
            email=visit.form.get("email"), role=Role.named(visit.form.get("role")), actor=visit.operator.email
        )
    )
    link = _link(visit, invited.secret)
    return Changed(
        subject=invited.invitation.email or "",
        after={"role": invited.invitation.role.value},
        shown=Shown("invited.html", {"link": link, "email": invited.invitation.email}),
    )


async def let_in_again(visit: Visit) -> Changed:
    one = await _read(visit)
    invited = await visit.use_cases.invite_operator(
        InviteCommand(operator_id=one.id, role=one.role, actor=visit.operator.email)
    )
    return Changed(
        subject=one.email,
        after={"invited": True},
        shown=Shown("invited.html", {"link": _link(visit, invited.secret), "email": one.email}),
    )


async def change_role(visit: Visit) -> Changed:
    before = await _read(visit)
    kept = _facts(before)
    after = await visit.use_cases.change_operator(
        ChangeOperatorCommand(operator_id=before.id, role=Role.named(visit.form.get("role")))
    )
    return Changed(location=START, subject=after.email, before=kept, after=_facts(after))


async def disable(visit: Visit) -> Changed:
    return await _switch(visit, disabled=True)


async def enable(visit: Visit) -> Changed:
    return await _switch(visit, disabled=False)


async def show_profile(visit: Visit) -> Shown:
    return Shown("profile.html", {})


async def set_language(visit: Visit) -> Changed:
    before = visit.operator.language
    after = await visit.use_cases.change_operator(
        ChangeOperatorCommand(operator_id=visit.operator.id, language=visit.form.get("language") or None)
    )
    return Changed(
        location="/dashboard/profile",
        subject=after.email,
        before={"language": before},
        after={"language": after.language},
    )


async def _switch(visit: Visit, *, disabled: bool) -> Changed:
    before = await _read(visit)
    kept = _facts(before)
    after = await visit.use_cases.change_operator(
        ChangeOperatorCommand(operator_id=before.id, disabled=disabled)
    )
    return Changed(location=START, subject=after.email, before=kept, after=_facts(after))


async def _read(visit: Visit) -> Operator:
    id = visit.path_id("operator_id")
    for one in await visit.use_cases.list_operators():
        if one.id == id:
            return one
    raise NotFound("there is no such operator")


def _facts(operator: Operator) -> dict[str, Json]:
    return {"role": operator.role.value, "disabled": not operator.is_active}


def _link(visit: Visit, secret: str) -> str:
    return f"{str(visit.request.base_url).rstrip('/')}/dashboard/set-up/{secret}"


PAGES: Final = (
    Page(path=START, section="operators", show=list_operators, right=Right.PEOPLE),
    Page(path="/dashboard/profile", section="profile", show=show_profile),
)
ACTIONS: Final = (
    Action(
        path="/dashboard/profile",
        section="profile",
        name="operator.language",
        right=Right.READ,
        perform=set_language,
        again=show_profile,
    ),
    *(
        Action(
            path=START + path,
            section="operators",
            name=name,
            right=Right.PEOPLE,
            perform=perform,
            again=list_operators,
        )
        for path, name, perform in (
            ("", "operator.invite", invite),
            ("/{operator_id}/again", "operator.let_in_again", let_in_again),
            ("/{operator_id}/role", "operator.role", change_role),
            ("/{operator_id}/disable", "operator.disable", disable),
            ("/{operator_id}/enable", "operator.enable", enable),
        )
    ),
)
