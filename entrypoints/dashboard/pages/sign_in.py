"""Signing in and out, and setting up password and code by an invitation's link."""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping
from typing import Any, Final

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from application.operators.accept_invitation import OpenInvitation
from application.operators.commands import AcceptInvitationCommand, SignInCommand
from domain.operators.audit import Outcome
from domain.operators.session import LONGEST, form_token, is_form_token
from domain.shared.errors import Forbidden, SignalError, Unauthenticated
from entrypoints.dashboard.frame import (
    FORM_FIELD,
    SESSION_COOKIE,
    SIGN_IN,
    Frame,
    check_same_origin,
    peer_of,
    safe_next,
    visitor_words,
)
from entrypoints.dashboard.visit import Form
from entrypoints.http.operation import read_body
from entrypoints.http.problem import status_of

FORM_COOKIE: Final = "signal_form"
"""Stands for the session where there is none yet: forms of visitors are theirs, too."""
LIMIT: Final = 16_384


def routes(frame: Frame) -> list[Route]:
    """These need no session, so they stand beside the frame's own routes."""

    async def sign_in(request: Request) -> Response:
        async def answer() -> Response:
            if request.method == "POST":
                return await _sign_in(frame, request)
            return _visitor_page(frame, request, "sign_in.html", {"failure": None, "form": Form()})

        return await frame.guarded(request, SIGN_IN, answer)

    async def set_up(request: Request) -> Response:
        async def answer() -> Response:
            opened = await frame.use_cases.read_invitation(request.path_params["secret"])
            if request.method == "POST":
                return await _set_up(frame, request, opened)
            return _visitor_page(frame, request, "set_up.html", _enrolment(opened, Form(), None))

        return await frame.guarded(request, "/dashboard/set-up/{secret}", answer)

    async def sign_out(request: Request) -> Response:
        async def answer() -> Response:
            secret = request.cookies.get(SESSION_COOKIE, "")
            check_same_origin(request)
            form = Form.read(bytes(await read_body(request, LIMIT)))
            if not is_form_token(secret, form.get(FORM_FIELD)):
                raise Forbidden("this form is not from a page of yours", fix="load the page again")
            await frame.use_cases.sign_out(secret)
            response = RedirectResponse(f"{SIGN_IN}?note=signed_out", 303)
            response.delete_cookie(SESSION_COOKIE, path="/dashboard")
            response.headers["Clear-Site-Data"] = '"cache"'
            return response

        return await frame.guarded(request, "/dashboard/sign-out", answer)

    return [
        Route(SIGN_IN, sign_in, methods=["GET", "POST"], include_in_schema=False),
        Route("/dashboard/set-up/{secret}", set_up, methods=["GET", "POST"], include_in_schema=False),
        Route("/dashboard/sign-out", sign_out, methods=["POST"], include_in_schema=False),
    ]


async def _sign_in(frame: Frame, request: Request) -> Response:
    form = await _visitor_form(request)
    try:
        found = await frame.use_cases.sign_in(
            SignInCommand(
                email=form.get("email"),
                password=form.get("password"),
                code=form.get("code"),
                peer=peer_of(request),
            )
        )
    except SignalError as refused:
        status = 422 if isinstance(refused, Unauthenticated) else status_of(refused)
        values = {"failure": refused, "form": form}
        response = _visitor_page(frame, request, "sign_in.html", values, status=status)
        if "retry_after" in refused.extra:
            response.headers["Retry-After"] = str(int(float(str(refused.extra["retry_after"]))) + 1)
        return response
    record = frame.use_cases.record_change
    entry = await record.start(
        found.operator,
        "operator.sign_in",
        application_id=None,
        subject=found.operator.email,
        peer=peer_of(request),
    )
    await record.complete(entry, Outcome.DONE)
    response = RedirectResponse(safe_next(request.query_params.get("next")), 303)
    response.set_cookie(
        SESSION_COOKIE,
        found.secret,
        max_age=int(LONGEST.total_seconds()),
        path="/dashboard",
        secure=frame.secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def _set_up(frame: Frame, request: Request, opened: OpenInvitation) -> Response:
    form = await _visitor_form(request)
    try:
        operator = await frame.use_cases.accept_invitation(
            AcceptInvitationCommand(
                secret=request.path_params["secret"],
                email=form.get("email"),
                name=form.get("name"),
                password=form.get("password"),
                code=form.get("code"),
                peer=peer_of(request),
            )
        )
    except SignalError as refused:
        values = _enrolment(opened, form, refused)
        return _visitor_page(frame, request, "set_up.html", values, status=status_of(refused))
    record = frame.use_cases.record_change
    entry = await record.start(
        operator, "operator.set_up", application_id=None, subject=operator.email, peer=peer_of(request)
    )
    await record.complete(entry, Outcome.DONE, after={"name": operator.name, "role": operator.role.value})
    return RedirectResponse(f"{SIGN_IN}?note=ready", 303)


def _enrolment(opened: OpenInvitation, form: Form, failure: SignalError | None) -> Mapping[str, Any]:
    drawn = io.BytesIO()
    segno.make(opened.enrolment_uri, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, border=2, scale=4, omitsize=True, nl=False
    )
    key = opened.code_key
    return {
        "email": opened.invitation.email,
        "role": opened.invitation.role.value,
        "code_key": " ".join(key[at : at + 4] for at in range(0, len(key), 4)),
        "picture": Markup(drawn.getvalue().decode()),  # noqa: S704 - drawn here, of squares
        "form": form,
        "failure": failure,
    }


async def _visitor_form(request: Request) -> Form:
    check_same_origin(request)
    form = Form.read(bytes(await read_body(request, LIMIT)))
    if not is_form_token(request.cookies.get(FORM_COOKIE, ""), form.get(FORM_FIELD)):
        raise Forbidden("this form is not from a page of yours", fix="load the page again")
    return form


def _visitor_page(
    frame: Frame, request: Request, template: str, values: Mapping[str, Any], *, status: int = 200
) -> Response:
    secret = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
    given = {
        "form_token": form_token(secret),
        "note": request.query_params.get("note"),
        "next": request.query_params.get("next", ""),
        **values,
    }
    response = frame.pages.response(template, visitor_words(request), given, status=status)
    response.set_cookie(
        FORM_COOKIE, secret, path="/dashboard", secure=frame.secure, httponly=True, samesite="strict"
    )
    return response
