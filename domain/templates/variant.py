"""What a template says in one language: the push that the specification names, and the other channels' bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

import attrs

from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json, check_json

Body = Mapping[str, Json]
"""The JSON object that `content.<channel>` is; every string in it may be Liquid."""

PUSH_FIELDS: Final = {"title": "title_template", "body": "body_template", "data": "data_template"}
"""Keys of a push body → the specification's names for their sources."""


@attrs.frozen(slots=True, kw_only=True)
class Variant:
    """One language's sources; `channels` holds the bodies by wire name, push only what has no name of its own."""

    title_template: str | None = None
    body_template: str | None = None
    data_template: Body | None = None
    channels: Mapping[str, Body] = attrs.field(factory=dict)

    def body(self, channel: Channel) -> Body | None:
        """The source of a channel's content; None when this language does not have the channel."""
        own = self.channels.get(channel.wire)
        if channel is not Channel.PUSH:
            return own
        named = {
            key: value
            for key, name in PUSH_FIELDS.items()
            if (value := cast(Json, getattr(self, name))) is not None
        }
        return {**(own or {}), **named} if own or named else None

    def bodies(self) -> dict[Channel, Body]:
        """Every channel that this language has."""
        return {channel: body for channel in Channel if (body := self.body(channel)) is not None}

    def check(self, prefix: str) -> None:
        """Raise InvalidInput, naming the field below `prefix`, for what no content can be made of."""
        for key, name in PUSH_FIELDS.items():
            value = getattr(self, name)
            if value is not None:
                check_json(value, field=prefix + name)
            if key in self.channels.get(Channel.PUSH.wire, {}):
                raise InvalidInput(
                    f"{prefix}channels.push.{key} has a field of its own",
                    field=f"{prefix}channels.push.{key}",
                    fix=f"write it as {prefix}{name}",
                )
        for name, body in self.channels.items():
            field = f"{prefix}channels.{name}"
            try:
                Channel.from_wire(name)
            except ValueError as error:
                raise InvalidInput(str(error), field=field, fix="rename or remove it") from None
            check_json(body, field=field)
            if not body:
                raise InvalidInput(f"{field} says nothing", field=field, fix="fill it or leave it out")

    def to_json(self) -> dict[str, Json]:
        """As it stands on the wire and in the store."""
        return {
            "title_template": self.title_template,
            "body_template": self.body_template,
            "data_template": None if self.data_template is None else dict(self.data_template),
            "channels": {name: dict(body) for name, body in self.channels.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Json]) -> Variant:
        """What `to_json` made; the store holds nothing that was not checked before."""
        return cls(
            title_template=cast("str | None", stored["title_template"]),
            body_template=cast("str | None", stored["body_template"]),
            data_template=cast("Body | None", stored["data_template"]),
            channels=cast("Mapping[str, Body]", stored["channels"]),
        )
