"""An option that is a JSON object, or the name of a file that holds one."""

from __future__ import annotations

import json
from pathlib import Path

from domain.shared.json_values import Json
from entrypoints.cli.failures import USAGE, CommandFailed


def json_object(text: str, option: str, *, documented: str) -> dict[str, Json]:
    """JSON, or what the file named after an @ holds. Raise CommandFailed, naming the option, for what is no object;
    `documented`: the page to look at."""
    try:
        found = json.loads(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)
    except (OSError, ValueError) as error:
        raise CommandFailed(
            f"{option} cannot be read: {error}",
            next_step="give JSON, or @ and the name of a file",
            exit_code=USAGE,
        ) from None
    if not isinstance(found, dict):
        raise CommandFailed(f"{option} is no JSON object", next_step=f"see {documented}", exit_code=USAGE)
    return found
