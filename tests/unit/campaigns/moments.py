"""How tests of campaigns write instants, wall times and refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from domain.shared.errors import InvalidInput


def at(text: str) -> datetime:
    """An instant with an offset, as aware UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def wall(text: str) -> datetime:
    """A naive wall time."""
    return datetime.fromisoformat(text)


def refusal(read: Callable[[], object]) -> InvalidInput:
    """The error of a call that must refuse, which names a field and says what to do instead."""
    with pytest.raises(InvalidInput) as refused:
        read()
    assert refused.value.field
    assert refused.value.fix
    return refused.value
