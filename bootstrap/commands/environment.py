"""Settings as a command needs them: the environment's, with what its options say instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bootstrap.embedded import find_running
from bootstrap.settings import Settings
from bootstrap.stack import find_stack
from entrypoints.cli.failures import AWAY, CommandFailed


def settings_for(folder: Path | None = None, port: int | None = None) -> Settings:
    """The settings; None leaves the environment's value. Raise pydantic's ValidationError naming the variable."""
    given: dict[str, Any] = {"SIGNAL_DATA_FOLDER": folder, "SIGNAL_PORT": port}
    return Settings(**{name: value for name, value in given.items() if value is not None})


def located(settings: Settings) -> Settings:
    """The settings with both URLs: their own, else those of what runs in the data folder.

    Raise CommandFailed when nothing runs there.
    """
    if settings.database_url is not None and settings.nats_url is not None:
        return settings
    running = find_stack(settings.data_folder) or find_running(settings.data_folder)
    if running is None:
        raise CommandFailed(
            f"nothing runs in {settings.data_folder.absolute()}",
            next_step="start `automata-signal up` there, or set DATABASE_URL and NATS_URL",
            exit_code=AWAY,
        )
    return settings.model_copy(
        update={
            "database_url": settings.database_url or SecretStr(running.database_url),
            "nats_url": settings.nats_url or SecretStr(running.nats_url),
        }
    )


def database_url(settings: Settings) -> str:
    """Of a settings object that `located` answered."""
    assert settings.database_url is not None
    return settings.database_url.get_secret_value()
