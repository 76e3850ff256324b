"""Logging for every process: structlog over the standard library, text for people or JSON for machines, no secrets."""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from application.ports.log_context import EVERY
from application.ports.tracing import CURRENT

_SECRETS = re.compile(
    r"(as_(?:live|operator)_[A-Za-z0-9]+_)[A-Za-z0-9_\-]+|(bearer )[^\s\"']+|((?:postgresql|nats)://[^:/\s]+:)[^@\s]+",
    re.IGNORECASE,
)
QUIET = (
    "alembic",
    "asyncio",
    "nats",
    "sqlalchemy",
    "uvicorn",
    "httpx",
    "google",
    "urllib3",
    "granian",
    "opentelemetry",
)
"""Libraries that speak only when something is wrong."""


def redact(text: str) -> str:
    """The text with API keys, bearer tokens and URL passwords replaced; the last line of defence, not the first."""
    return _SECRETS.sub(lambda found: next(g for g in found.groups() if g is not None) + "***", text)


def _redacted(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = redact(value)
    return event


def add_context(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The ids of the request, chunk or event that is being worked on, where the line does not name its own."""
    for variable in EVERY:
        value = variable.get()
        if value is not None:
            event.setdefault(variable.name, str(value))
    trace = CURRENT.get()
    if trace is not None:
        event.setdefault("trace_id", trace.trace_id)
        event.setdefault("span_id", trace.span_id)
    return event


def set_up_logging(*, form: str, level: str, role: str) -> None:
    """Send everything to standard error. `form` is text or json."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        add_context,
        structlog.processors.format_exc_info,
        _redacted,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
