"""Whose word about traces counts: back ends' below /v1, nobody else's; health checks are not traced at all."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from application.ports.tracing import NOTHING, Facts, Kind, NoSpan, TraceContext
from entrypoints.http.access import Access

CALLER = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True)


class Noting:
    """A tracer that keeps what spans were said to come from."""

    on = True

    def __init__(self) -> None:
        self.parents: list[tuple[TraceContext, ...]] = []

    def start(
        self,
        name: str,
        kind: Kind = Kind.INTERNAL,
        *,
        parents: Sequence[TraceContext] | None = None,
        facts: Facts | None = None,
    ) -> NoSpan:
        self.parents.append(tuple(parents or ()))
        return NOTHING


async def asked(path: str, *headers: tuple[str, str]) -> list[tuple[TraceContext, ...]]:
    """What the spans of one request come from."""
    tracer = Noting()
    answers = Route("/{rest:path}", lambda request: Response())
    app = Access(Starlette(routes=[answers]), log=False, tracer=tracer)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        await client.get(path, headers=list(headers))
    return tracer.parents


@pytest.mark.parametrize(
    ("path", "parents"),
    [
        ("/v1/messages", [(CALLER,)]),
        ("/v1/client/in-app", [()]),
        ("/v1/callbacks/ses/a/b", [()]),
        ("/dashboard", [()]),
        ("/l/abc", [()]),
        ("/healthz", []),
        ("/readyz", []),
    ],
)
async def test_a_trace_goes_on_for_back_ends_only(path: str, parents: list[tuple[TraceContext, ...]]) -> None:
    """Devices, providers and browsers begin a trace of their own, whatever they say."""
    assert await asked(path, ("traceparent", CALLER.header())) == parents


async def test_two_headers_are_none() -> None:
    """As the standard has it: which of them was meant cannot be told."""
    other = f"00-{'a' * 32}-{'b' * 16}-01"
    assert await asked("/v1/me", ("traceparent", CALLER.header()), ("traceparent", other)) == [()]
