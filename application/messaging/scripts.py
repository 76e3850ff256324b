"""What a templated request says to whom: the version is fixed when it is accepted, the language is the recipient's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

import attrs

from application.ports.channel_plugins import ChannelPlugin
from application.ports.templates import PinnedTemplate, Templates
from application.ports.templating import CompiledBody, Templating
from domain.messaging.content import Body
from domain.shared.channels import Channel
from domain.shared.errors import Conflict, InvalidInput
from domain.shared.json_values import Json

KEPT = 1_000
"""Template versions that are kept compiled."""


@attrs.frozen(slots=True)
class TemplateRef:
    """A template by id; version None is the active one."""

    template_id: UUID
    version: int | None = None


@attrs.frozen(slots=True)
class Piece:
    """What one channel and language gets, not yet rendered."""

    language: str
    body: Body
    compiled: CompiledBody
    mark: Mapping[str, Json]
    """What the content row says about its template: id, version, language, strict."""


class Speaks(Protocol):
    """What says something of its own to each device."""

    @property
    def channels(self) -> frozenset[Channel]: ...

    def piece(self, channel: Channel, language: str | None) -> Piece | None:
        """What a device of this language gets on this channel; None: nothing is said there."""
        ...

    def bodies(self, channel: Channel) -> Sequence[Body]:
        """Everything that may be said on this channel, not yet rendered."""
        ...

    def names(self, channel: Channel) -> frozenset[str]:
        """The variables that anything said on this channel reads."""
        ...


class Script:
    """One template version, compiled as far as it was asked for."""

    def __init__(self, pinned: PinnedTemplate, templating: Templating, channels: frozenset[Channel]) -> None:
        """`channels`: those that are available here."""
        self._pinned = pinned
        self._templating = templating
        self._pieces: dict[tuple[Channel, str], Piece] = {}
        self._by_device: dict[tuple[Channel, str | None], Piece | None] = {}
        self._names: dict[Channel, frozenset[str]] = {}
        self._bodies: dict[Channel, dict[str, Body]] = {}
        for _, language, channel, body in pinned.source.bodies():
            if channel in channels:
                self._bodies.setdefault(channel, {})[language] = body
        self.channels = frozenset(self._bodies)

    def piece(self, channel: Channel, language: str | None) -> Piece | None:
        """What a device of this language gets on this channel; None: the template says nothing there."""
        key = (channel, language)
        if key not in self._by_device:
            if len(self._by_device) >= KEPT:
                self._by_device.clear()
            self._by_device[key] = self._choose(channel, language)
        return self._by_device[key]

    def bodies(self, channel: Channel) -> Sequence[Body]:
        """What each language says on this channel."""
        return list(self._bodies.get(channel, {}).values())

    def names(self, channel: Channel) -> frozenset[str]:
        """What its texts in all languages read."""
        if channel not in self._names:
            bodies = self._bodies.get(channel, {})
            read = (self._made(channel, language, body).compiled.names for language, body in bodies.items())
            self._names[channel] = frozenset().union(*read)
        return self._names[channel]

    def _choose(self, channel: Channel, language: str | None) -> Piece | None:
        choice = self._pinned.choose(channel, language) if channel in self.channels else None
        return None if choice is None else self._made(channel, choice.language, choice.body)

    def _made(self, channel: Channel, language: str, body: Body) -> Piece:
        made = self._pieces.get((channel, language))
        if made is None:
            pinned = self._pinned
            made = self._pieces[channel, language] = Piece(
                language,
                body,
                self._templating.compile(channel, body, strict=pinned.strict, field="template"),
                {
                    "id": str(pinned.id),
                    "version": pinned.version,
                    "language": language,
                    "strict": pinned.strict,
                },
            )
        return made


class Scripts:
    """`await scripts.of(application_id, ref, field)`: versions never change, so compiled ones are kept."""

    def __init__(
        self, templates: Templates, templating: Templating, plugins: Mapping[Channel, ChannelPlugin]
    ) -> None:
        self._templates = templates
        self._templating = templating
        self._channels = frozenset(plugins)
        self._kept: OrderedDict[tuple[UUID, int], Script] = OrderedDict()

    async def of(self, application_id: UUID, ref: TemplateRef, *, field: str) -> Script:
        """Raise InvalidInput for a template or version that this application does not have, Conflict when it is off."""
        pinned = await self._templates.pinned(application_id, ref.template_id, ref.version)
        if pinned is None:
            raise InvalidInput(
                "there is no such template or version in this application",
                field=field,
                fix="see GET /v1/templates",
            )
        if not pinned.is_active:
            raise Conflict("the template is switched off", field=field, fix="activate it, or name another")
        script = self._kept.get((pinned.id, pinned.version)) or self._keep(pinned)
        if not script.channels:
            raise InvalidInput(
                "the template speaks on no channel that is available here",
                field=field,
                fix=f"give it a text for {', '.join(sorted(one.wire for one in self._channels))}",
            )
        return script

    async def accepted(self, application_id: UUID, template_id: UUID, version: int) -> Script:
        """What was accepted to be said is said, also when its template was switched off or archived since; raise NotFound."""
        script = self._kept.get((template_id, version))
        if script is None:
            saved = await self._templates.version(application_id, template_id, version)
            script = self._keep(PinnedTemplate(template_id, version, saved.source))
        return script

    def _keep(self, pinned: PinnedTemplate) -> Script:
        script = self._kept[pinned.id, pinned.version] = Script(pinned, self._templating, self._channels)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return script
