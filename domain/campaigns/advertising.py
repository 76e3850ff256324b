"""Korean advertising rules: who may get advertising, when, and what every advertisement must say.

The rules are those of 정보통신망법 제50조 (Act on Promotion of Information and Communications Network Utilization and
Information Protection, article 50) and of its decree (시행령 제61조, 별표 6):

- ①: advertising is sent only to who agreed to it beforehand → `ad_consent`, else excluded.
- ②: and never to who has refused since → the fact is false, excluded alike.
- ③: from 21:00 to 08:00 only to who agreed to that as well → `night_consent`, else held until 08:00. The decree
  (제61조 ②) exempts e-mail; we hold e-mail, too, unless the application says that it makes use of the exemption.
- ④: it begins with `(광고)`, names the sender, and says how to refuse further ones free of charge → `AdvertisingText`.

The hours are those of Korea, wherever the message is composed. AlimTalk is for information only: Kakao admits no
advertising there.

Not covered: the exemption of ① for customers of the last six months, the confirmation of consent every two years (⑧),
and the notice of what became of a consent or refusal within fourteen days (⑦). They are the application's own duty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from enum import StrEnum
from typing import Final

import attrs

from domain.campaigns.advertising_text import MAX_OPT_OUT, AdvertisingText
from domain.campaigns.decision import Decision, Due, Excluded, Exclusion, Hold
from domain.campaigns.json_fields import Fields
from domain.campaigns.quiet_hours import QuietHours
from domain.campaigns.zones import zone_named
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json

KOREA: Final = "Asia/Seoul"
NIGHT: Final = QuietHours(time(21), time(8), KOREA)
"""정보통신망법 제50조 ③."""

CARRIES_ADVERTISING: Final = frozenset(Channel) - {Channel.KAKAO_TALK}


class AdvertisingScope(StrEnum):
    """Whom the rules protect."""

    EVERYONE = "everyone"
    KOREA = "korea"
    """Recipients in Korea, and those whose country is not known."""


@attrs.frozen
class Consent:
    """What a recipient agreed to."""

    ad: bool = False
    night: bool = False
    """Counts only together with `ad`."""


NO_CONSENT: Final = Consent()


def consent_in(tags: Mapping[str, Json], properties: Mapping[str, Json]) -> Consent:
    """Consent from the facts `ad_consent` and `night_consent`: a tag of the subscription, else a property of the user.

    Only true, also as the text "true", is consent. Whatever else stands there is none, and so is nothing.
    """
    return Consent(_agreed("ad_consent", tags, properties), _agreed("night_consent", tags, properties))


def _agreed(name: str, *sources: Mapping[str, Json]) -> bool:
    for facts in sources:
        value = facts.get(name)
        if value is not None:
            return value is True or (isinstance(value, str) and value.strip().lower() == "true")
    return False


@attrs.frozen(kw_only=True)
class AdvertisingRules:
    """An application's option: how its campaigns that are advertising are sent and worded."""

    text: AdvertisingText
    scope: AdvertisingScope = AdvertisingScope.EVERYONE
    email_at_night: bool = False
    """Make use of the exemption of e-mail from the night rule."""

    def protects(self, country: str | None) -> bool:
        """Whether the rules apply to a recipient of this country (ISO 3166, None: not known)."""
        return self.scope is AdvertisingScope.EVERYONE or country is None or country.upper() == "KR"

    def decide(
        self,
        instant: datetime,
        channel: Channel,
        consent: Consent,
        *,
        country: str | None = None,
        expires_at: datetime | None = None,
    ) -> Decision:
        """When an advertisement that is due at an instant may be sent, or why never."""
        if channel not in CARRIES_ADVERTISING:
            return Excluded(Exclusion.NOT_FOR_ADVERTISING)
        if not self.protects(country):
            return Due(instant).within(expires_at)
        if not consent.ad:
            return Excluded(Exclusion.NO_AD_CONSENT)
        if consent.night or (channel is Channel.EMAIL and self.email_at_night):
            return Due(instant).within(expires_at)
        allowed = NIGHT.next_allowed(instant, zone_named(KOREA, field="time_zone"))
        return Due(instant).until(allowed, Hold.NIGHT_ADVERTISING).within(expires_at)

    def check_channels(self, channels: Iterable[Channel], *, field: str) -> None:
        """Raise InvalidInput when a campaign that is advertising could not be worded or sent on one of its channels."""
        for channel in channels:
            if channel not in CARRIES_ADVERTISING:
                raise InvalidInput(
                    f"{field}: {channel.wire} is for information only",
                    field=field,
                    fix=f"leave {channel.wire} out or do not mark the campaign as advertising",
                )
            if channel not in self.text.opt_out:
                raise InvalidInput(
                    f"{field}: the application says nowhere how to refuse advertising by {channel.wire}",
                    field=field,
                    fix=f"set advertising.opt_out.{channel.wire} of the application",
                )

    def to_json(self) -> dict[str, Json]:
        return {
            **self.text.to_json(),
            "scope": self.scope.value,
            "email_at_night": self.email_at_night,
        }


def advertising_from_json(value: Json, *, field: str = "advertising") -> AdvertisingRules:
    """Read the application's option; raise InvalidInput naming the field.

    {"sender_name": "자동상점", "sender_contact": "02-1234-5678",
     "opt_out": {"push": "수신거부: 설정 > 알림", "sms": "무료수신거부 080-123-4567"},
     "scope": "everyone", "email_at_night": false}
    """
    fields = Fields.of(value, field, ("sender_name", "sender_contact", "opt_out", "scope", "email_at_night"))
    return AdvertisingRules(
        text=AdvertisingText(
            sender_name=fields.required(
                "sender_name", fields.text("sender_name", longest=40), "the shop's name"
            ),
            sender_contact=fields.text("sender_contact", longest=200),
            opt_out=_opt_out(fields),
        ),
        scope=fields.choice("scope", AdvertisingScope) or AdvertisingScope.EVERYONE,
        email_at_night=fields.flag("email_at_night", False),
    )


def _opt_out(fields: Fields) -> dict[Channel, str]:
    example = '{"sms": "무료수신거부 080-123-4567"}'
    channels = {one.wire: one for one in Channel if one in CARRIES_ADVERTISING}
    texts = Fields.of(fields.get("opt_out"), fields.at("opt_out"), channels)
    found = {
        channels[name]: texts.required(name, texts.text(name, longest=MAX_OPT_OUT), example)
        for name in texts.values
    }
    if not found:
        raise fields.refused("opt_out", "is empty", f"say how to refuse, per channel, such as {example}")
    if Channel.SMS in found and "무료" not in found[Channel.SMS]:
        raise texts.refused(
            "sms", "does not say that refusing is free", "write it like 무료수신거부 080-123-4567"
        )
    if Channel.EMAIL in found and not fields.has("sender_contact"):
        raise fields.refused(
            "sender_contact", "is missing", "e-mail advertising names the sender's address, phone and e-mail"
        )
    return found
