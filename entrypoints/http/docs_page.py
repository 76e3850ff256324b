"""The reference page at `/docs`: drawn on the server from the OpenAPI document, without any script or foreign file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from domain.shared.errors import SignalError
from entrypoints.http.examples import Step, examples
from entrypoints.http.languages import Language
from entrypoints.http.problem import status_of

STYLE = """
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent)}
body{background:light-dark(#fff,#12151b);color:light-dark(#1b2230,#e6e9ef);font:16px/1.55 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1.5rem 1rem 6rem}
nav{columns:3 14rem;font-size:.9rem;border-block:1px solid var(--line);padding:.8rem 0;margin:1rem 0 2rem}
a{color:light-dark(#1d4ed8,#9db8ff)}nav a{display:block}h2{margin-top:3rem}h3{font-size:1rem;margin:1rem 0 .4rem}
details{border:1px solid var(--line);border-radius:.5rem;margin:.6rem 0;padding:.5rem .9rem}
summary{cursor:pointer}code,pre{font:.88em/1.5 ui-monospace,monospace}
pre{max-height:24rem;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;padding:.7rem;border:1px solid var(--line);border-radius:.4rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
p,td,summary,h3{overflow-wrap:anywhere}td{min-width:4rem}.wide{overflow-x:auto}
th,td{text-align:start;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}
.method{display:inline-block;min-width:4.2rem;font-weight:700}
"""
DOCS_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "intro": "This page is drawn from",
        "parameters": "Parameters",
        "body": "Request body",
        "answers": "Answers",
        "example": "Example, carried out before every release",
        "scope": "Scope",
        "schemas": "Schemas",
        "codes": "Error codes",
        "field": "Field",
        "type": "Type",
        "meaning": "Meaning",
        "status": "Status",
        "required": "required",
        "other": "한국어",
    },
    "ko": {
        "intro": "이 페이지는 다음 문서에서 만들어집니다:",
        "parameters": "매개변수",
        "body": "요청 본문",
        "answers": "응답",
        "example": "예시(배포 전마다 실제로 실행합니다)",
        "scope": "권한 범위",
        "schemas": "스키마",
        "codes": "오류 코드",
        "field": "필드",
        "type": "형식",
        "meaning": "설명",
        "status": "상태 코드",
        "required": "필수",
        "other": "English",
    },
}


def docs_page(document: Mapping[str, Any], language: Language) -> str:
    """The whole page as HTML; every text of the document is escaped."""
    words = WORDS[language]
    other = "en" if language == "ko" else "ko"
    title = escape(document["info"]["title"])
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    parts = [
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<style>{STYLE}</style></head><body><main>",
        f'<p><a href="?lang={other}" hreflang="{other}" lang="{other}">{words["other"]}</a></p>',
        f"<h1>{title} <small>{escape(document['info']['version'])}</small></h1>",
        f'<p>{words["intro"]} <a href="/openapi.json">/openapi.json</a></p>',
        _prose(document["info"]["description"]),
        "<nav>",
        *(f'<a href="#tag-{escape(tag["name"])}">{escape(tag["name"])}</a>' for tag in document["tags"]),
        f'<a href="#schemas">{words["schemas"]}</a><a href="#codes">{words["codes"]}</a></nav>',
    ]
    for tag in document["tags"]:
        name = tag["name"]
        parts.append(f'<h2 id="tag-{escape(name)}">{escape(name)}</h2>')
        parts += [
            _operation(path, method, operation, words)
            for path, method, operation in operations
            if name in operation["tags"]
        ]
    parts.append(f'<h2 id="schemas">{words["schemas"]}</h2>')
    parts += [
        _schema(name, schema, words) for name, schema in sorted(document["components"]["schemas"].items())
    ]
    parts += [_codes(words), "</main></body></html>"]
    return "".join(parts)


def _prose(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.strip().split("\n\n"))


def _operation(path: str, method: str, operation: Mapping[str, Any], words: Mapping[str, str]) -> str:
    lines = [
        f'<details id="{escape(operation["operationId"])}"><summary><span class="method">{method.upper()}</span> ',
        f"<code>{escape(path)}</code> — {escape(operation['summary'])}</summary>",
        _prose(operation.get("description", "")),
    ]
    if parameters := operation.get("parameters"):
        rows = (
            (
                f"<code>{escape(one['name'])}</code> ({one['in']})",
                _kind(one["schema"]) + (f" · {words['required']}" if one["required"] else ""),
                escape(one.get("description", one["schema"].get("description", ""))),
            )
            for one in parameters
        )
        lines.append(f"<h3>{words['parameters']}</h3>" + _table(rows, words))
    if body := operation.get("requestBody"):
        kinds = ", ".join(
            f"{escape(media)}: {_kind(one['schema'])}" for media, one in body["content"].items()
        )
        lines.append(f"<h3>{words['body']}</h3><p>{kinds}</p>")
    answers = ", ".join(
        f"<code>{status}</code>"
        + "".join(f" {_kind(one['schema'])}" for one in answer.get("content", {}).values())
        for status, answer in operation["responses"].items()
    )
    lines.append(f"<h3>{words['answers']}</h3><p>{answers}</p>")
    if (step := examples().get(operation["operationId"])) is not None:
        lines.append(f"<h3>{words['example']}</h3>{_example(path, method, step)}")
    lines.append("</details>")
    return "".join(lines)


def _example(path: str, method: str, step: Step) -> str:
    """The call as it goes over the wire, and what came back."""
    for name, value in step.path.items():
        path = path.replace(f"{{{name}}}", str(value))
    query = "&".join(f"{name}={_text(value)}" for name, value in step.query.items())
    asked = [f"{method.upper()} {path}{'?' if query else ''}{query}"]
    asked += [f"{name}: {value}" for name, value in step.headers.items()]
    if step.body is not None:
        asked += ["", _text(step.body, indent=2)]
    told = [str(step.status)]
    if step.answer is not None:
        told += ["", step.answer if isinstance(step.answer, str) else _text(step.answer, indent=2)]
    return "".join(
        f'<pre tabindex="0" role="region" aria-label="{label}">{escape(chr(10).join(lines))}</pre>'
        for label, lines in ((f"{method.upper()} {escape(step.operation)}", asked), (str(step.status), told))
    )


def _text(value: Any, indent: int | None = None) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=indent)


def _schema(name: str, schema: Mapping[str, Any], words: Mapping[str, str]) -> str:
    required = schema.get("required", ())
    rows = (
        (
            f"<code>{escape(field)}</code>",
            _kind(one) + (f" · {words['required']}" if field in required else ""),
            escape(str(one.get("description", ""))),
        )
        for field, one in schema.get("properties", {}).items()
    )
    described = _prose(str(schema.get("description", "")))
    return f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>{described}{_table(rows, words)}</details>'


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, linked where it has a name."""
    if "$ref" in schema:
        name = escape(str(schema["$ref"]).rsplit("/", 1)[-1])
        return f'<a href="#schema-{name}">{name}</a>'
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(_kind(one) for one in schema[several])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    kind = escape(str(schema.get("type", "any")))
    if kind == "array" and "items" in schema:
        return f"array&lt;{_kind(schema['items'])}&gt;"
    limits = ", ".join(
        f"{key} {escape(str(schema[key]))}"
        for key in (
            "format",
            "minLength",
            "maxLength",
            "minimum",
            "maximum",
            "minItems",
            "maxItems",
            "pattern",
        )
        if key in schema
    )
    return f"{kind} <small>({limits})</small>" if limits else kind


def _table(rows: Iterable[tuple[str, str, str]], words: Mapping[str, str]) -> str:
    head = "".join(f"<th scope=col>{words[key]}</th>" for key in ("field", "type", "meaning"))
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return _wide(f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>", words["field"])


def _wide(rows: str, label: str) -> str:
    """A table that scrolls by itself where the screen is narrow, also by keyboard."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table>{rows}</table></div>'


def _codes(words: Mapping[str, str]) -> str:
    rows = "".join(
        f'<tr id="{escape(error.code)}"><td><code>{escape(error.code)}</code></td><td>{status_of(error)}</td>'
        f"<td>{escape((type(error).__doc__ or '').strip())}</td></tr>"
        for error in _every_error()
    )
    head = f"<th scope=col>{words['field']}</th><th scope=col>{words['status']}</th><th scope=col>{words['meaning']}</th>"
    return f'<h2 id="codes">{words["codes"]}</h2>' + _wide(
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>", words["codes"]
    )


def _every_error() -> list[SignalError]:
    """One of each class of error, without calling initialisers that want details; the first class of a code wins."""
    found: dict[str, SignalError] = {}
    waiting: list[type[SignalError]] = list(SignalError.__subclasses__())
    while waiting:
        cls = waiting.pop(0)
        found.setdefault(cls.code, cls.__new__(cls))
        waiting += cls.__subclasses__()
    return [found[code] for code in sorted(found)]
