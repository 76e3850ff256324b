"""What a campaign says, fixed at launch: its own content or a pinned template version, per channel and language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from uuid import UUID

import attrs

from application.ports.campaign_audience import Speakers, SpokenVariant, Variant
from application.ports.channel_plugins import ChannelPlugin
from application.ports.templates import PinnedTemplate, Templates
from application.ports.templating import Templating
from domain.campaigns.advertising import AdvertisingRules
from domain.campaigns.advertising_text import Wording, check_prefix
from domain.campaigns.plan import CampaignPlan
from domain.messaging.content import Body, check_content
from domain.shared.channels import Channel
from domain.shared.errors import Conflict, InvalidInput
from domain.shared.json_values import Json

_TITLES: Mapping[Channel, str] = {Channel.EMAIL: "subject"}
_BODIES: Mapping[Channel, str] = {Channel.EMAIL: "text", Channel.SMS: "text"}
_HTML = "html"


@attrs.frozen(slots=True, kw_only=True)
class CampaignContent:
    """Every variant, and the template version it was pinned to."""

    variants: Sequence[Variant]
    template: PinnedTemplate | None

    @property
    def channels(self) -> tuple[Channel, ...]:
        return tuple(sorted({one.channel for one in self.variants}))

    @property
    def speaks_languages(self) -> bool:
        """Whether what somebody gets depends on the device's language."""
        return len(self.variants) > len(self.channels)

    @property
    def digest(self) -> str:
        """Of everything that is said, whoever it is said to."""
        said = [
            [
                int(one.channel),
                one.language,
                dict(one.body),
                None if one.template is None else dict(one.template),
            ]
            for one in self.variants
        ]
        canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def spoken(self, speakers: Sequence[Speakers]) -> list[SpokenVariant]:
        """Which variant everybody gets: by the template's order of languages, else the channel's only one."""
        by_channel = {one.channel: one.number for one in self.variants}
        if self.template is None or not self.speaks_languages:
            return [SpokenVariant(one, by_channel.get(one.channel)) for one in speakers]
        by_language = {(one.channel, one.language): one.number for one in self.variants}
        found = []
        for one in speakers:
            choice = self.template.choose(one.channel, one.language)
            number = None if choice is None else by_language[one.channel, choice.language]
            found.append(SpokenVariant(one, number))
        return found


@attrs.frozen(kw_only=True)
class ResolveContent:
    """`await resolve(application_id, plan, advertising)`; `check(plan)` looks at the plan's own content only."""

    templates: Templates
    templating: Templating
    plugins: Mapping[Channel, ChannelPlugin]

    async def __call__(
        self, application_id: UUID, plan: CampaignPlan, advertising: AdvertisingRules | None
    ) -> CampaignContent:
        """Raise InvalidInput naming the field for content that says nothing or cannot be sent, Conflict for a template
        that is switched off."""
        if plan.template_id is None:
            sources: list[tuple[str, Channel, str | None, Body]] = [
                ("", channel, None, body) for channel, body in plan.bodies().items()
            ]
            template, strict = None, plan.strict
        else:
            template = await self._pinned(application_id, plan)
            sources = [
                (prefix, channel, language, body)
                for prefix, language, channel, body in template.source.bodies()
                if channel in self.plugins
            ]
            strict = template.strict
        if not sources:
            raise InvalidInput(
                "the campaign says nothing",
                field="content",
                fix="give a title, a body, content or a template_id",
            )
        variants = []
        for number, (prefix, channel, language, body) in enumerate(sources, 1):
            field = f"template.{prefix}{channel.wire}" if plan.template_id else f"content.{channel.wire}"
            said = body if advertising is None else _marked(advertising, channel, body, field)
            names, constant = self._compiled(channel, said, strict, field)
            variants.append(
                Variant(
                    number=number,
                    channel=channel,
                    language=language,
                    body=constant if template is None and not names else said,
                    template=_mark(template, language, strict) if template is not None or names else None,
                    names=names,
                )
            )
        content = CampaignContent(variants=variants, template=template)
        if advertising is not None:
            advertising.check_channels(content.channels, field="advertising")
        return content

    def check(self, plan: CampaignPlan) -> None:
        """Raise InvalidInput for own content that no launch could use; a draft may still say nothing."""
        for channel, body in plan.bodies().items():
            self._compiled(channel, body, plan.strict, f"content.{channel.wire}")

    async def _pinned(self, application_id: UUID, plan: CampaignPlan) -> PinnedTemplate:
        assert plan.template_id is not None
        found = await self.templates.pinned(application_id, plan.template_id, plan.template_version)
        if found is None:
            field = "template_id" if plan.template_version is None else "template_version"
            raise InvalidInput(
                "there is no such template in this application",
                field=field,
                fix="name one of GET /v1/templates",
            )
        if not found.is_active:
            raise Conflict("the template is switched off", field="template_id", fix="switch it on again")
        return found

    def _compiled(
        self, channel: Channel, body: Body, strict: bool, field: str
    ) -> tuple[frozenset[str], Body]:
        """The names that it reads, and what it says when it reads none.

        Raise InvalidInput for what cannot be compiled, or for a constant that cannot be sent.
        """
        plugin = self.plugins.get(channel)
        if plugin is None:
            raise InvalidInput(
                f"the channel {channel.wire} is not available here",
                field=field,
                fix=f"use {', '.join(one.wire for one in self.plugins)}",
            )
        compiled = self.templating.compile(channel, body, strict=strict, field=field)
        if compiled.names:
            return compiled.names, body
        constant = compiled.render({})
        check_content(channel, constant, field=field)
        plugin.check_content(constant, field=field)
        return compiled.names, constant


def _mark(template: PinnedTemplate | None, language: str | None, strict: bool) -> dict[str, Json]:
    """What `content.template` holds: own content is a version without a name."""
    return {
        "id": None if template is None else str(template.id),
        "version": None if template is None else template.version,
        "language": language,
        "strict": strict,
    }


def _marked(rules: AdvertisingRules, channel: Channel, body: Body, field: str) -> Body:
    """The body as an advertisement must be worded."""
    if channel is Channel.IN_APP:
        shown = body.get("content")
        if not isinstance(shown, Mapping):
            return body
        return {**body, "content": _worded(rules, channel, shown, f"{field}.content")}
    return _worded(rules, channel, body, field)


def _worded(rules: AdvertisingRules, channel: Channel, body: Body, field: str) -> dict[str, Json]:
    title, text = _TITLES.get(channel, "title"), _BODIES.get(channel, "body")
    first = text if channel is Channel.SMS else title
    check_prefix(_text(body, first), field=f"{field}.{first}")
    if channel not in rules.text.opt_out:
        return dict(body)
    wording = rules.text.mark(channel, Wording(_text(body, title), _text(body, text), _text(body, _HTML)))
    marked = {title: wording.title, text: wording.body, _HTML: wording.html}
    return {**body, **{name: value for name, value in marked.items() if value is not None}}


def _text(body: Body, name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) else None
