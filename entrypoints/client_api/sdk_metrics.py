"""How the SDK itself does: start-up time, success rates and errors, from the share of installs that is asked for it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from application.applications.commands import RecordSdkReportCommand
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.decoding import In, utc
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.wire import Timestamp

Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Milliseconds = Annotated[int, Meta(ge=0, le=600_000)]
ErrorCode = Annotated[str, Meta(pattern="^[a-z0-9_.-]{1,64}$")]


class Window(In):
    """What the figures are about."""

    begins_at: Timestamp = msgspec.field(name="from")
    ends_at: Timestamp = msgspec.field(name="to")


class Starts(In):
    """Milliseconds that `initialize` took, of `n` starts."""

    p50: Milliseconds
    p95: Milliseconds
    n: Count


class Tally(In):
    """How many went well, and how many did not."""

    ok: Count
    fail: Count


class SdkReport(In):
    """One install's figures of one window."""

    window: Window
    init_ms: Starts
    register: Tally
    identify: Tally
    errors: Annotated[dict[ErrorCode, Count], Meta(max_length=50)]
    queue_max: Annotated[Count, Meta(description="The most operations that waited")]


async def report_metrics(use_cases: ClientUseCases, call: Call) -> Reply:
    """POST /v1/client/sdk-metrics"""
    body: SdkReport = call.body
    use_cases.record_sdk_report(
        RecordSdkReportCommand(
            begins_at=utc(body.window.begins_at, field="window.from"),
            ends_at=utc(body.window.ends_at, field="window.to"),
            start_p50_ms=body.init_ms.p50,
            start_p95_ms=body.init_ms.p95,
            starts=body.init_ms.n,
            registered=body.register.ok,
            not_registered=body.register.fail,
            identified=body.identify.ok,
            not_identified=body.identify.fail,
            errors=body.errors,
        )
    )
    return Reply(status=202)


ROUTES: tuple[Route[ClientUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/client/sdk-metrics",
        name="client_report_sdk_metrics",
        tag="client",
        summary="Report how the SDK does",
        access=Access.INSTALL,
        body=SdkReport,
        replies={202: None},
        handler=report_metrics,
    ),
)
