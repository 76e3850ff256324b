"""A collector of traces as OpenTelemetry specifies it: OTLP over HTTP, protobuf; keeps every span, and can refuse."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import attrs
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@attrs.frozen
class Seen:
    """One span as it arrived; ids in hexadecimal, no parent is the empty string."""

    role: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    links: tuple[tuple[str, str], ...]
    """(trace, span)."""
    facts: Mapping[str, str | int | float | bool]
    failed: bool


class Collector:
    """Listens on a free port of loopback until the block ends."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self.posts: list[tuple[str, Mapping[str, str], bytes]] = []
        """(path, headers, body as it was before compression)."""
        self.status = 200
        """What it answers; other than 200 it keeps the posts and no span."""
        self.pause = threading.Event()
        """Cleared, it takes posts and does not answer."""
        self.pause.set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector._take(self)

            def log_message(self, *arguments: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Collector:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, enough: Callable[[list[Seen]], bool], seconds: float = 30) -> list[Seen]:
        """The spans, once there are enough."""
        until = time.monotonic() + seconds
        while not enough(self.spans):
            assert time.monotonic() < until, sorted({(one.role, one.name) for one in self.spans})
            time.sleep(0.1)
        return self.spans

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", "0")))
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if request.path != "/v1/traces":
            # Somebody's webhook: taken and forgotten.
            request.send_response(204)
            request.end_headers()
            return
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.posts.append((request.path, headers, body))
        self.pause.wait(30)
        if self.status == 200:
            self._read(ExportTraceServiceRequest.FromString(body))
        answer = ExportTraceServiceResponse().SerializeToString()
        request.send_response(self.status)
        request.send_header("content-type", "application/x-protobuf")
        request.send_header("content-length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)

    def _read(self, told: ExportTraceServiceRequest) -> None:
        for resource in told.resource_spans:
            about = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.append(
                        Seen(
                            about["signal.role"],
                            span.name,
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                            tuple((one.trace_id.hex(), one.span_id.hex()) for one in span.links),
                            {
                                one.key: getattr(one.value, one.value.WhichOneof("value"))
                                for one in span.attributes
                            },
                            span.status.code == 2,
                        )
                    )
