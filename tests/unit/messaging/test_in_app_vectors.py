"""The server's evaluator decides as sdk-flutter/contract/trigger_vectors.json says; the SDK's is held against it, too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest

from domain.messaging.in_app.content import read_rules
from domain.messaging.in_app.evaluation import (
    Candidate,
    DisplayContext,
    DisplayVerdict,
    evaluate,
    in_order,
)
from domain.shared.errors import InvalidInput

CONTRACT = Path(__file__).resolve().parents[3] / "sdk-flutter" / "contract"
FILE = json.loads((CONTRACT / "trigger_vectors.json").read_text(encoding="utf-8"))
SCHEMA = json.loads((CONTRACT / "in_app_message.schema.json").read_text(encoding="utf-8"))
VECTORS = {vector["name"]: vector for vector in FILE["vectors"]}


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def known_by_both(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a server knows of a device."""
    return {
        "now": datetime.fromisoformat(given["now"]),
        "app_version": given["app_version"],
        "sdk_version": given["sdk_version"],
        "os": given["os"],
        "lang": given["lang"],
        "subscription_status": given["subscription_status"],
        "shown_total": given["shown_total"],
        "last_shown_at": moment(given["last_shown_at"]),
        "tags": given["tags"],
        "attr": given["attr"],
    }


def known_by_the_device(given: Mapping[str, Any]) -> dict[str, Any]:
    hours, minutes = given["local_time"].split(":")
    return {
        **known_by_both(given),
        "shown_in_session": given["shown_in_session"],
        "last_any_shown_at": moment(given["last_any_shown_at"]),
        "global_gap_s": given["global_gap_s"],
        "minute_of_day": int(hours) * 60 + int(minutes),
        "event": given["event"],
        "custom": given["custom"],
        "screen": given["screen"],
        "session_seconds": given["session_seconds"],
    }


def message_of(vector: Mapping[str, Any]) -> dict[str, Any]:
    return {**FILE["message"], **vector.get("message", {})}


def context_of(vector: Mapping[str, Any]) -> dict[str, Any]:
    return {**FILE["context"], **vector.get("context", {})}


@pytest.mark.parametrize("name", VECTORS)
def test_with_everything_known_the_server_decides_as_a_device(name: str) -> None:
    """The same verdict, down to the first thing that stands in the way."""
    vector = VECTORS[name]
    if vector["expect"] == "unsupported":
        with pytest.raises(InvalidInput) as refused:
            read_rules(message_of(vector))
        assert refused.value.field
        assert refused.value.fix
        return
    rules = read_rules(message_of(vector))
    context = DisplayContext(**known_by_the_device(context_of(vector)))
    assert evaluate(rules, context) == vector["expect"]


@pytest.mark.parametrize("name", [name for name, one in VECTORS.items() if one["expect"] != "unsupported"])
def test_what_the_server_leaves_out_no_device_would_show(name: str) -> None:
    """Knowing less, the server keeps whatever might be shown."""
    vector = VECTORS[name]
    verdict = evaluate(read_rules(message_of(vector)), DisplayContext(**known_by_both(context_of(vector))))
    assert verdict in (DisplayVerdict.SHOW, vector["expect"])
    assert verdict == vector.get("server", verdict)


@pytest.mark.parametrize("name", VECTORS)
def test_the_schema_agrees_on_what_can_be_read(name: str) -> None:
    """Except for what JSON Schema cannot say: ranges and times."""
    vector = VECTORS[name]
    validator = jsonschema.Draft202012Validator(SCHEMA)
    valid = validator.is_valid(message_of(vector))
    beyond = {"a time without a zone", "an unreadable time", "an unreadable range"}
    assert valid == (vector["expect"] != "unsupported" or name in beyond)


@pytest.mark.parametrize("one", FILE["selection"], ids=lambda one: one["name"])
def test_the_one_to_show_first_is_the_same_everywhere(one: Mapping[str, Any]) -> None:
    """Priority, then start, then id."""
    candidates = [
        Candidate(
            UUID(given["id"]),
            read_rules(
                {
                    **FILE["message"],
                    "display": {"priority": given.get("priority"), "start": given.get("start")},
                }
            ),
        )
        for given in one["messages"]
    ]
    assert [str(candidate.id) for candidate in in_order(candidates)] == one["expect"]
