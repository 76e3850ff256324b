"""A recipient's zone: their own, their country's, the campaign's; a name that is no zone is reported and never drops anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaigns.country_zones import COUNTRY_ZONES, zone_of_country
from domain.campaigns.recipient_zone import InvalidZone, RecipientZone, ZoneSource, zone_of_recipient
from domain.campaigns.zones import find_zone
from domain.shared.json_values import Json
from tests.unit.campaigns.moments import ZONES


def resolved(
    tag: Json = None, property_: Json = None, country: str | None = None, fallback: str = "Asia/Seoul"
) -> RecipientZone:
    return zone_of_recipient(
        tags={"timezone": tag}, properties={"timezone": property_}, country=country, fallback=fallback
    )


@pytest.mark.parametrize(
    ("tag", "property_", "country", "name", "source"),
    [
        ("Europe/Berlin", "Asia/Tokyo", "FR", "Europe/Berlin", ZoneSource.TAG),
        (None, "Asia/Tokyo", "FR", "Asia/Tokyo", ZoneSource.PROPERTY),
        (None, None, "FR", "Europe/Paris", ZoneSource.COUNTRY),
        (None, None, "fr", "Europe/Paris", ZoneSource.COUNTRY),
        (None, None, "US", "Asia/Seoul", ZoneSource.FALLBACK),
        (None, None, "XX", "Asia/Seoul", ZoneSource.FALLBACK),
        (None, None, "", "Asia/Seoul", ZoneSource.FALLBACK),
        (None, None, None, "Asia/Seoul", ZoneSource.FALLBACK),
        ("", "", None, "Asia/Seoul", ZoneSource.FALLBACK),
        (" Europe/Berlin ", None, None, "Europe/Berlin", ZoneSource.TAG),
    ],
)  # fmt: skip
def test_the_strongest_source_that_knows_decides(
    tag: Json, property_: Json, country: str | None, name: str, source: ZoneSource
) -> None:
    """Subscription, user, country, campaign."""
    assert resolved(tag, property_, country) == RecipientZone(name, source)


def test_facts_without_a_zone_are_no_fault() -> None:
    """Most people have none."""
    assert zone_of_recipient(
        tags={"vip": True}, properties={}, country=None, fallback="UTC"
    ) == RecipientZone("UTC", ZoneSource.FALLBACK)


@pytest.mark.parametrize(
    "bad", ["Asia/Soul", "GMT+0900", "KST", 9, True, ["Asia/Seoul"], "../x", "asia/seoul"]
)
def test_an_invalid_zone_is_reported_and_the_next_source_asked(bad: Json) -> None:
    """The recipient keeps a zone and the report names the value."""
    found = resolved(bad, "Asia/Tokyo", "FR")
    assert (found.name, found.source) == ("Asia/Tokyo", ZoneSource.PROPERTY)
    assert found.invalid == (InvalidZone(ZoneSource.TAG, str(bad)),)
    assert str(bad) in found.invalid[0].reason
    assert resolved(bad, bad, "FR").name == "Europe/Paris"
    nothing_left = resolved(bad, bad, "US", "Europe/Berlin")
    assert (nothing_left.name, nothing_left.source) == ("Europe/Berlin", ZoneSource.FALLBACK)
    assert [one.source for one in nothing_left.invalid] == [ZoneSource.TAG, ZoneSource.PROPERTY]


def test_a_long_value_is_cut_in_the_report() -> None:
    """A hundred thousand of them still fit."""
    assert len(resolved("x" * 8_000).invalid[0].value) == 64


def test_every_iana_zone_is_taken_from_a_tag() -> None:
    """None of them ends in the fallback."""
    assert [zone for zone in ZONES if resolved(zone) != RecipientZone(zone, ZoneSource.TAG)] == []


@settings(deadline=None)
@given(st.one_of(st.text(), st.integers(), st.booleans(), st.none()), st.text(max_size=10))
def test_whatever_the_facts_say_there_is_a_zone(tag: Json, country: str) -> None:
    """And a report, when the tag says something else."""
    found = resolved(tag, country=country)
    assert find_zone(found.name) is not None
    assert (found.source is ZoneSource.TAG) or tag in (None, "") or found.invalid


def zone_tab() -> dict[str, list[str]]:
    """Country → its zones, as the IANA database lists them."""
    found: dict[str, list[str]] = {}
    for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, []).append(zone)
    return found


def test_the_table_of_countries_is_that_of_the_iana_database() -> None:
    """A country is in it exactly if all its zones have shown and will show the same time from 2026 to 2028."""
    instants = [datetime(2026, 1, 1, tzinfo=UTC) + n * timedelta(days=1) for n in range(3 * 365)]
    expected = {}
    for country, zones in zone_tab().items():
        shown = {tuple(one.astimezone(ZoneInfo(zone)).utcoffset() for one in instants) for zone in zones}
        if len(shown) == 1:
            expected[country] = zones[0]
    assert expected == COUNTRY_ZONES
    assert len(expected) > 200


@pytest.mark.parametrize("country", ["US", "CA", "BR", "AU", "RU", "MX", "ID", "CN", "ES", "PT", "NZ"])
def test_a_country_with_several_clocks_is_not_guessed(country: str) -> None:
    """There the campaign's zone counts."""
    assert zone_of_country(country) is None
