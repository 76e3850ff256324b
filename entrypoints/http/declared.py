"""Structs with one member a channel, extended by the channels that plug-ins declared."""

from __future__ import annotations

from typing import TypeVar, cast

import msgspec
from msgspec import UNSET, UnsetType

from domain.shared.channels import Channel
from entrypoints.http.decoding import In
from entrypoints.http.wire import Json

Known = TypeVar("Known", bound=In)


def with_declared_channels(known: type[Known], name: str) -> type[Known]:
    """The same under another name, with a member for each channel that was declared before this call."""
    more = [
        (channel.wire, Json | UnsetType, UNSET)
        for channel in Channel
        if channel.wire not in known.__struct_fields__
    ]
    namespace = {"__doc__": known.__doc__, "schema_rule": known.schema_rule, "__module__": known.__module__}
    made = msgspec.defstruct(name, more, bases=(known,), namespace=namespace, kw_only=True)
    return cast("type[Known]", made)
