"""Around every page: session, rights, form token, audit log, and every error as a page."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit
from uuid import UUID

import attrs
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from application.applications.commands import ReadApplicationCommand
from domain.applications.application import Application
from domain.operators.audit import Outcome
from domain.operators.operator import Operator
from domain.operators.session import form_token, is_form_token
from domain.shared.errors import Forbidden, NotFound, SignalError, Unauthenticated
from entrypoints.dashboard.navigation import navigation
from entrypoints.dashboard.rendering import Pages
from entrypoints.dashboard.use_cases import DashboardUseCases
from entrypoints.dashboard.visit import FORM_LIMIT, Action, Changed, Form, Page, Question, Shown, Visit
from entrypoints.dashboard.wording import Language, Wording, wording
from entrypoints.http.languages import language_of
from entrypoints.http.operation import read_body
from entrypoints.http.problem import status_of

logger = logging.getLogger("automata_signal.dashboard")
SESSION_COOKIE: Final = "signal_session"
SIGN_IN: Final = "/dashboard/sign-in"
FORM_FIELD: Final = "form_token"

Endpoint = Callable[[Request], Awaitable[Response]]


@attrs.frozen(kw_only=True)
class Frame:
    """Builds the endpoints of pages and actions; one for the process."""

    use_cases: DashboardUseCases
    pages: Pages
    secure: bool
    """Whether browsers come by HTTPS: cookies then say so."""

    def routes(
        self, pages: Sequence[Page], actions: Sequence[Action], questions: Sequence[Question]
    ) -> list[Route]:
        """Fixed paths before those with parameters, so that `new` is never read as an id."""
        found = [Route(one.path, self._page(one), methods=["GET"], include_in_schema=False) for one in pages]
        found += [
            Route(one.path, self._action(one), methods=["POST"], include_in_schema=False) for one in actions
        ]
        found += [
            Route(one.path, self._question(one), methods=["POST"], include_in_schema=False)
            for one in questions
        ]
        return sorted(found, key=lambda route: [part.startswith("{") for part in route.path.split("/")])

    def _page(self, page: Page) -> Endpoint:
        async def show(request: Request) -> Response:
            async def answer() -> Response:
                visit = await self._visit(request)
                visit.operator.check_may(page.right)
                return self._answer(visit, page.section, await page.show(visit))

            return await self.guarded(request, page.path, answer)

        return show

    def _question(self, question: Question) -> Endpoint:
        async def ask(request: Request) -> Response:
            async def answer() -> Response:
                visit = await self._visit(request)
                visit.operator.check_may(question.right)
                visit.form = await self._form(request, visit)
                return self._answer(visit, question.section, await question.answer(visit))

            return await self.guarded(request, question.path, answer)

        return ask

    def _action(self, action: Action) -> Endpoint:
        async def act(request: Request) -> Response:
            async def answer() -> Response:
                visit = await self._visit(request)
                visit.operator.check_may(action.right)
                visit.form = await self._form(request, visit)
                return await self._perform(visit, action)

            return await self.guarded(request, action.path, answer)

        return act

    async def _perform(self, visit: Visit, action: Action) -> Response:
        record = self.use_cases.record_change
        entry = await record.start(
            visit.operator,
            action.name,
            application_id=None if visit.application is None else visit.application.id,
            subject=visit.request.url.path,
            peer=peer_of(visit.request),
        )
        try:
            done = await action.perform(visit)
        except SignalError as refused:
            await record.complete(
                entry, Outcome.REFUSED, after={"code": refused.code, "message": refused.message[:500]}
            )
            if isinstance(refused, NotFound) and refused.field is None:
                raise
            visit.failure = refused
            shown = await action.again(visit)
            return self._answer(visit, action.section, shown, status=status_of(refused))
        await record.complete(entry, Outcome.DONE, subject=done.subject, before=done.before, after=done.after)
        return self._after(visit, action, done)

    def _after(self, visit: Visit, action: Action, done: Changed) -> Response:
        if done.response is not None:
            return done.response
        if done.shown is not None:
            return self._answer(visit, action.section, done.shown)
        mark = "&" if "?" in done.location else "?"
        return RedirectResponse(f"{done.location}{mark}note={quote(done.note)}", 303)

    def _answer(self, visit: Visit, section: str, answer: Shown | Response, *, status: int = 200) -> Response:
        if isinstance(answer, Response):
            return answer
        note = visit.query("note") if visit.request.method == "GET" else None
        values = {
            "visit": visit,
            "section": section,
            "note": note,
            "navigation": navigation(visit.operator, visit.application),
            **answer.values,
        }
        return self.pages.response(answer.template, visit.words, values, status=status)

    async def _visit(self, request: Request) -> Visit:
        secret = request.cookies.get(SESSION_COOKIE)
        operator = await self.use_cases.authenticate_session(secret)
        application = await self._application(request)
        zone = "UTC" if application is None else application.settings.time_zone
        return Visit(
            request=request,
            use_cases=self.use_cases,
            operator=operator,
            words=wording(preferred(request, operator), zone),
            form_token=form_token(secret or ""),
            application=application,
        )

    async def _application(self, request: Request) -> Application | None:
        text = request.path_params.get("application_id")
        if text is None:
            return None
        try:
            id = UUID(text)
        except ValueError:
            raise NotFound("there is no such application") from None
        return await self.use_cases.read_application(ReadApplicationCommand(application_id=id))

    async def _form(self, request: Request, visit: Visit) -> Form:
        check_same_origin(request)
        form = Form.read(bytes(await read_body(request, FORM_LIMIT)))
        if not is_form_token(request.cookies.get(SESSION_COOKIE, ""), form.get(FORM_FIELD)):
            raise Forbidden("this form is not from a page of yours", fix="load the page again")
        return form

    async def guarded(
        self, request: Request, path: str, answer: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Every error as a page; the log gets the route, not the address."""
        request.scope["signal.route"] = path
        try:
            return await answer()
        except ClientDisconnect:
            raise
        except Unauthenticated:
            return self._to_sign_in(request)
        except SignalError as error:
            return self.failure(request, status_of(error), error.message, error.fix)
        except Exception as error:
            logger.error("a page failed with %s on %s", type(error).__name__, path, exc_info=error)
            return self.failure(request, 500, None, None)

    def failure(self, request: Request, status: int, message: str | None, fix: str | None) -> Response:
        """A page that says what is wrong; without a message one for what nobody foresaw."""
        values: dict[str, Any] = {"status": status, "message": message, "fix": fix}
        return self.pages.response("failure.html", visitor_words(request), values, status=status)

    def _to_sign_in(self, request: Request) -> Response:
        if "text/event-stream" in request.headers.get("accept", "") or request.headers.get("x-fragment"):
            return Response(status_code=401)
        here = request.url.path
        if request.method != "GET" or here == "/dashboard":
            response = RedirectResponse(SIGN_IN, 303)
        else:
            query = f"?{request.url.query}" if request.url.query else ""
            response = RedirectResponse(f"{SIGN_IN}?next={quote(here + query, safe='')}", 303)
        response.delete_cookie(SESSION_COOKIE, path="/dashboard")
        return response


def check_same_origin(request: Request) -> None:
    """Raise Forbidden for a form that another site sent, as far as the browser says so."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("this form comes from another site")
    origin = request.headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("this form comes from another site")


def preferred(request: Request, operator: Operator) -> Language:
    """The operator's own language, else what the browser asks for."""
    if operator.language in ("ko", "en"):
        return "ko" if operator.language == "ko" else "en"
    return language_of(None, request.headers.get("accept-language", ""))


def visitor_words(request: Request) -> Wording:
    """For somebody who is not signed in: `?lang=`, else what the browser asks for."""
    return wording(language_of(request.query_params.get("lang"), request.headers.get("accept-language", "")))


def peer_of(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a page of ours, or the first one."""
    if target and target.startswith("/dashboard") and "\\" not in target and "//" not in target:
        parts = urlsplit(target)
        if not parts.netloc and not parts.scheme and target.isprintable():
            return target
    return "/dashboard"
