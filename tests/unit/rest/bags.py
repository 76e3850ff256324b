"""Bags whose use cases must not be called: enough to build the applications and look at them."""

from __future__ import annotations

from typing import Any, TypeVar

import attrs

from entrypoints.client_api.application import client_part
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.composition import compose
from entrypoints.http.settings import HttpSettings
from entrypoints.rest.application import rest_part
from entrypoints.rest.use_cases import RestUseCases

Bag = TypeVar("Bag")


async def uncalled(*arguments: Any) -> Any:
    """What stands in every place of an empty bag."""
    raise AssertionError("no use case is to be called here")


def empty(bag: type[Bag], **given: Any) -> Bag:
    names = [field.name for field in attrs.fields(bag)]  # type: ignore[arg-type]
    return bag(**{**dict.fromkeys(names, uncalled), **given})


def application(**given: Any) -> Any:
    """The whole HTTP application over empty bags; `given` replaces use cases of REST."""
    settings = HttpSettings()
    return compose(
        [rest_part(empty(RestUseCases, **given), settings), client_part(empty(ClientUseCases), settings)],
        settings,
    )
