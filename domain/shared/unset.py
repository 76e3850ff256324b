"""Tells "leave as it is" from "set to null" in commands that change some fields of something."""

from __future__ import annotations

from enum import Enum


class Unset(Enum):
    """The type of the one value UNSET, so that a type checker can narrow `T | Unset`."""

    UNSET = "unset"

    def __bool__(self) -> bool:
        return False


UNSET = Unset.UNSET
