"""Which zone's clocks a recipient lives by: what is known about the person, else the country, else the campaign's zone.

Nobody is left out for want of a zone: a name that is no zone is passed over, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import attrs

from domain.campaigns.country_zones import zone_of_country
from domain.campaigns.zones import find_zone
from domain.shared.json_values import Json

TIME_ZONE_KEY: Final = "timezone"
"""The tag of a subscription, and the property of a user, that holds an IANA name."""

_SHOWN: Final = 64


class ZoneSource(StrEnum):
    """Where a recipient's zone was found, strongest first."""

    TAG = "subscription_tag"
    PROPERTY = "user_property"
    COUNTRY = "country"
    FALLBACK = "campaign"


@attrs.frozen
class InvalidZone:
    """A value that should have been a zone and is none."""

    source: ZoneSource
    value: str
    """Cut after 64 characters."""

    @property
    def reason(self) -> str:
        """For the report about the recipient."""
        return f"{self.source.value} {TIME_ZONE_KEY} {self.value!r} is not an IANA time zone"


@attrs.frozen
class RecipientZone:
    """The zone that counts for a recipient, where it comes from, and what was wrong on the way there."""

    name: str
    source: ZoneSource
    invalid: tuple[InvalidZone, ...] = ()


def zone_of_recipient(
    *,
    tags: Mapping[str, Json],
    properties: Mapping[str, Json],
    country: str | None,
    fallback: str,
) -> RecipientZone:
    """Resolve the zone of one recipient. `fallback` is the campaign's zone, checked when the campaign was saved.

    The answer depends on four values only (two facts, country, fallback): one call serves all who share them.
    """
    invalid: list[InvalidZone] = []
    for source, facts in ((ZoneSource.TAG, tags), (ZoneSource.PROPERTY, properties)):
        value = facts.get(TIME_ZONE_KEY)
        if value is None or value == "":
            continue
        zone = find_zone(value.strip()) if isinstance(value, str) else None
        if zone is not None:
            return RecipientZone(zone.key, source, tuple(invalid))
        invalid.append(InvalidZone(source, str(value)[:_SHOWN]))
    of_country = zone_of_country(country) if country else None
    if of_country is not None:
        return RecipientZone(of_country, ZoneSource.COUNTRY, tuple(invalid))
    return RecipientZone(fallback, ZoneSource.FALLBACK, tuple(invalid))
