"""What every error of a command becomes: a message, a next step and an exit code."""

from __future__ import annotations

import asyncpg
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from adapters.crypto.keyring import KeyringError
from bootstrap.demo.json_client import CallFailed
from bootstrap.embedded import EmbeddedServerError
from bootstrap.log_setup import redact
from bootstrap.settings import Settings
from domain.shared.errors import InvalidInput, SignalError, Unavailable
from entrypoints.cli.failures import AWAY, LATE, USAGE, CommandFailed

SETTINGS_STEP = "correct the variable in the environment or in .env; docs/settings.md lists all of them"
SERVERS_STEP = "see that PostgreSQL and NATS run and that DATABASE_URL and NATS_URL are right"


def explained(error: Exception) -> CommandFailed | None:
    """The failure to show, without secrets; None for an error that is a bug and deserves its traceback."""
    if isinstance(error, CommandFailed):
        return error
    if isinstance(error, ValidationError):
        return CommandFailed(settings_faults(error), next_step=SETTINGS_STEP, exit_code=USAGE)
    if isinstance(error, KeyringError):
        return CommandFailed(str(error), next_step="correct SIGNAL_KEYS or the key file", exit_code=USAGE)
    if isinstance(error, EmbeddedServerError):
        return CommandFailed(redact(str(error)), exit_code=AWAY)
    if isinstance(error, SignalError):
        code = AWAY if isinstance(error, Unavailable) else USAGE if isinstance(error, InvalidInput) else 1
        return CommandFailed(error.message, next_step=error.fix, exit_code=code)
    if isinstance(error, CallFailed):
        return CommandFailed(redact(str(error)), next_step="see logs/ in the data folder")
    if isinstance(error, TimeoutError):
        return CommandFailed(str(error) or "it took too long", next_step=SERVERS_STEP, exit_code=LATE)
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError | SQLAlchemyError | OSError):
        text = f"{type(error).__name__}: {error}"
        return CommandFailed(redact(text), next_step=SERVERS_STEP, exit_code=AWAY)
    return None


def settings_faults(error: ValidationError) -> str:
    """One line per variable, without its value: it may be a secret."""
    lines = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        field = Settings.model_fields.get(name)
        alias = field.validation_alias if field is not None else None
        variable = alias if isinstance(alias, str) else name.upper()
        lines.append(f"{variable}: {fault['msg']}")
    return "\n".join(lines)
