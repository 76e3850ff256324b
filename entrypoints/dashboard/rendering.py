"""Jinja2, with everything escaped; texts through gettext, no script and no style inside a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from entrypoints.dashboard import charts
from entrypoints.dashboard.assets import Assets
from entrypoints.dashboard.wording import LANGUAGES, Wording, catalogue
from entrypoints.dashboard.words import name_of, standing
from entrypoints.refusals.korean import spoken

FOLDER: Final = Path(__file__).with_name("html")
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language, Cookie",
}
MAIL_POLICY: Final = (
    "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
)
"""A previewed mail has styles of its own and nothing else: no script, no form, no origin."""


class Pages:
    """Renders the templates of the folder in either language."""

    def __init__(self, assets: Assets) -> None:
        self._environments = {language: _environment(language, assets) for language in LANGUAGES}

    def html(self, template: str, words: Wording, values: Mapping[str, Any]) -> str:
        environment = self._environments[words.language]
        return environment.get_template(template).render(words=words, language=words.language, **values)

    def response(
        self, template: str, words: Wording, values: Mapping[str, Any], *, status: int = 200
    ) -> HTMLResponse:
        headers = {**HEADERS, "Content-Language": words.language}
        return HTMLResponse(self.html(template, words, values), status, headers)


def _environment(language: Any, assets: Assets) -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    texts = catalogue(language)
    made.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(
        asset=assets.url,
        charts=charts,
        languages=LANGUAGES,
        name_of=lambda kind, value: texts.gettext(name_of(kind, value)),
        standing=lambda code: standing(code, language),
    )
    made.filters["pretty_json"] = pretty_json
    made.filters["refusal"] = spoken(language)
    made.filters["two"] = lambda one, first, second: (getattr(one, first), getattr(one, second))
    return made


def pretty_json(value: Any) -> str:
    """Indented, Korean as it is."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
