"""`demo.json` in the data folder: the application that `up` made for trying things out (0600; it holds keys)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from bootstrap.embedded.data_folder import write_private

NOTE_FILE = "demo.json"


@attrs.frozen
class DemoNote:
    """What a later `up` prints and enrols again. `external_id` is somebody to send to."""

    application_id: str
    api_key: str = attrs.field(repr=False)
    external_id: str | None
    enrolments: Sequence[dict[str, Any]] = attrs.field(repr=False, default=())
    """The devices, as the simulator wants them."""
    real_providers: bool = False


def read_note(folder: Path) -> DemoNote | None:
    """The note, or None when there is none that can be read."""
    try:
        return DemoNote(**json.loads((folder / NOTE_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_note(folder: Path, note: DemoNote) -> None:
    """Keep it, readable by its owner only."""
    write_private(folder / NOTE_FILE, json.dumps(attrs.asdict(note), indent=2) + "\n")
