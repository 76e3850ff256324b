"""What a bench is asked to measure."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from bootstrap.bench.plan import DEFAULT_MESSAGES, Plan

FOLDER = Path("bench")
SECTIONS = [field.name for field in attrs.fields(Plan) if field.default is False]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_is_measured_alone_unless_messages_are_asked_for(section: str) -> None:
    """The main runs are left out beside any of them, and come along where their size is given."""
    assert not Plan(folder=FOLDER, **{section: True}).main
    assert Plan(folder=FOLDER, asked=10, **{section: True}).main


def test_where_nothing_is_asked_for_the_main_runs_are_measured() -> None:
    """A hundred thousand messages, or as many as are given."""
    assert len(SECTIONS) == 8
    assert Plan(folder=FOLDER).main
    assert Plan(folder=FOLDER).messages == DEFAULT_MESSAGES
    assert Plan(folder=FOLDER, asked=10).messages == 10
