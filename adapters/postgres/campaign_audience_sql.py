"""The statements that work an audience out: two temporary tables, filled by a constant number of statements of any size.

`audience` holds who matches, with what decisions depend on; `assigned` holds the decisions. Everything a caller wrote is a
parameter; the optional parts of the statements are constants of this module.
"""

from __future__ import annotations

from typing import Final

from domain.campaigns.dedupe import Dedupe
from domain.campaigns.frequency_cap import CapScope, FrequencyCap

CREATE_AUDIENCE: Final = """
CREATE TEMP TABLE audience (
    id uuid NOT NULL, user_id uuid, type smallint NOT NULL, channel smallint NOT NULL, status smallint NOT NULL,
    last_active_at timestamptz, created_at timestamptz NOT NULL, language text NOT NULL, key text NOT NULL,
    tag_zone text, property_zone text, country text, ad boolean, night boolean
) ON COMMIT DROP
"""
CREATE_ASSIGNED: Final = """
CREATE TEMP TABLE assigned (
    id uuid NOT NULL, user_id uuid, type smallint NOT NULL, channel smallint NOT NULL, status smallint NOT NULL,
    wave integer, due_at timestamptz, variant smallint, excluded text, zone_note text
) ON COMMIT DROP
"""
GROUPS: Final = """
SELECT key, type, tag_zone, property_zone, country, ad, night, count(*)::int AS n FROM audience
WHERE status > 0 GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2
"""
SPEAKERS: Final = """
SELECT channel, nullif(language, '') AS language, count(*)::int AS n FROM audience
WHERE status > 0 GROUP BY 1, 2 ORDER BY 1, 2
"""
_PREFERENCE: Final = (
    "array_position(CAST(:channels AS smallint[]), a.channel), a.last_active_at DESC NULLS LAST,"
    " a.created_at DESC, a.id DESC"
)
_PARTITION: Final = {
    Dedupe.ALL: None,
    Dedupe.ONE_PER_CHANNEL: "a.user_id, a.channel",
    Dedupe.ONE_PER_USER: "a.user_id",
}
_JUDGED: Final = """
SELECT a.id, a.user_id, a.type, a.channel, a.status, a.last_active_at, a.created_at, v.wave, v.due_at, s.variant,
       v.zone_note,
       CASE WHEN a.status < 1 THEN 'not_subscribed' WHEN v.reason IS NOT NULL THEN v.reason
            WHEN s.variant IS NULL THEN 'no_content' END AS excluded
FROM audience a
LEFT JOIN unnest(CAST(:keys AS text[]), CAST(:types AS smallint[]), CAST(:waves AS integer[]),
                 CAST(:dues AS timestamptz[]), CAST(:reasons AS text[]), CAST(:notes AS text[]))
     AS v (key, type, wave, due_at, reason, zone_note) ON v.key = a.key AND v.type = a.type
LEFT JOIN unnest(CAST(:spoken_channels AS smallint[]), CAST(:languages AS text[]), CAST(:variants AS smallint[]))
     AS s (channel, language, variant) ON s.channel = a.channel AND s.language = a.language
"""


def assign(dedupe: Dedupe) -> str:
    """Who matches, with the verdict of their group, their variant, and whether another device of theirs is chosen.

    `place` numbers the messages that one person would get from this campaign, as frequency caps count them.
    """
    partition = _PARTITION[dedupe]
    chosen = "NULL::bigint"
    if partition is not None:
        chosen = (
            f"CASE WHEN a.excluded IS NULL AND a.user_id IS NOT NULL THEN row_number() OVER"
            f" (PARTITION BY {partition}, a.excluded IS NULL ORDER BY {_PREFERENCE}) END"
        )
    return f"""
INSERT INTO assigned (id, user_id, type, channel, status, wave, due_at, variant, excluded, zone_note)
SELECT id, user_id, type, channel, status, wave, due_at, variant,
       CASE WHEN rank > 1 THEN 'other_device' ELSE excluded END, zone_note
FROM (SELECT a.*, {chosen} AS rank FROM ({_JUDGED}) a) ranked
"""  # noqa: S608 - constants of this module


TOPIC: Final = """
UPDATE assigned a SET excluded = 'topic_off' FROM topic_opt_out t
WHERE t.user_id = a.user_id AND t.topic = :topic AND t.application_id = :application AND a.excluded IS NULL
"""
# How many messages of campaigns somebody has or will have had within the window before this one is due: recipients of
# other campaigns, fanned out or still to be; of a canceled one those that became messages.
_BEFORE: Final = """
SELECT a.id, count(r.seq)::int AS had FROM assigned a
JOIN campaign_recipient r ON r.{column} = a.{own} AND r.seq IS NOT NULL
JOIN campaign g ON g.id = r.campaign_id AND g.application_id = :application AND g.id <> :campaign
     AND g.launched_at > CAST(:since AS timestamptz)
JOIN campaign_wave w ON w.campaign_id = r.campaign_id AND w.number = r.wave
WHERE a.excluded IS NULL AND w.due_at > a.due_at - CAST(:window AS interval) AND w.due_at <= a.due_at
  AND (g.status <> 5 OR r.seq < w.next_seq) AND (w.closed_reason IS NULL OR r.seq < w.next_seq)
GROUP BY a.id
"""
_PLACE: Final = """
SELECT a.id, row_number() OVER (PARTITION BY {who} ORDER BY a.due_at, a.id) AS place
FROM assigned a WHERE a.excluded IS NULL
"""


def cap(rule: FrequencyCap) -> str:
    """Exclude who has had enough; several messages of this very campaign to one person count one after another."""
    by_user = rule.scope is CapScope.USER
    who = "coalesce(a.user_id, a.id)" if by_user else "a.id"
    before = _BEFORE.format(column="user_id", own="user_id") if by_user else _BY_SUBSCRIPTION
    if by_user:
        before = f"{before} UNION ALL {_ANONYMOUS}"
    return f"""
UPDATE assigned t SET excluded = 'frequency_capped'
FROM (SELECT p.id FROM ({_PLACE.format(who=who)}) p LEFT JOIN ({before}) b ON b.id = p.id
      WHERE coalesce(b.had, 0) + p.place > :messages) full_up
WHERE t.id = full_up.id
"""  # noqa: S608 - constants of this module


_BY_SUBSCRIPTION: Final = _BEFORE.format(column="subscription_id", own="id")
_ANONYMOUS: Final = _BY_SUBSCRIPTION.replace(
    "WHERE a.excluded IS NULL", "WHERE a.user_id IS NULL AND a.excluded IS NULL"
)

DIGEST: Final = """
SELECT count(*)::int AS n, bit_xor(uuid_hash_extended(id, variant::bigint)) AS first,
       bit_xor(uuid_hash_extended(id, variant + 4611686018427387904)) AS second
FROM assigned WHERE excluded IS NULL
"""
WAVE_COUNTS: Final = """
SELECT wave, count(*)::int AS n FROM assigned WHERE excluded IS NULL GROUP BY wave ORDER BY wave
"""
EXCLUSION_COUNTS: Final = """
SELECT channel, excluded, count(*)::int AS n FROM assigned WHERE excluded IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
"""
ZONE_NOTES: Final = """
SELECT zone_note, count(*)::int AS n FROM assigned WHERE zone_note IS NOT NULL AND excluded IS NULL
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
"""
SAMPLES: Final = """
SELECT a.id, a.user_id, a.channel, a.variant, a.due_at, s.tags, u.properties, s.device_model, s.device_os, s.device_language,
       s.app_version, s.sdk_version, s.country_code, u.external_id
FROM (SELECT *, row_number() OVER (PARTITION BY channel ORDER BY variant, id) AS number
      FROM (SELECT *, row_number() OVER (PARTITION BY channel, variant ORDER BY id) AS in_variant
            FROM assigned WHERE excluded IS NULL) v WHERE in_variant <= :each) a
JOIN subscription s ON s.id = a.id LEFT JOIN app_user u ON u.id = a.user_id
WHERE a.number <= :each ORDER BY a.channel, a.number
"""
ADDED_REMOVED: Final = """
WITH before AS (SELECT unnest(subscription_ids) AS id FROM campaign_dry_run_part
                WHERE campaign_id = :campaign AND fingerprint = :fingerprint),
     now AS (SELECT id FROM assigned WHERE excluded IS NULL)
SELECT (SELECT count(*) FROM now n WHERE NOT EXISTS (SELECT 1 FROM before b WHERE b.id = n.id))::int AS added,
       (SELECT count(*) FROM before b WHERE NOT EXISTS (SELECT 1 FROM now n WHERE n.id = b.id))::int AS removed
"""
REMEMBER_PARTS: Final = """
INSERT INTO campaign_dry_run_part (campaign_id, fingerprint, part, subscription_ids)
SELECT :campaign, :fingerprint, part, array_agg(id) FROM (
    SELECT id, (row_number() OVER (ORDER BY id) / 10000)::int AS part FROM assigned WHERE excluded IS NULL) numbered
GROUP BY part
"""
FORGET_OLDER: Final = """
DELETE FROM campaign_dry_run WHERE campaign_id = :campaign AND fingerprint NOT IN (
    SELECT fingerprint FROM campaign_dry_run WHERE campaign_id = :campaign ORDER BY made_at DESC LIMIT 2)
"""
RECIPIENTS: Final = """
INSERT INTO campaign_recipient (campaign_id, subscription_id, user_id, seq, wave, type, variant, status, excluded, zone_note)
SELECT :campaign, id, user_id, CASE WHEN excluded IS NULL THEN row_number() OVER (ORDER BY excluded NULLS FIRST, wave, id) END,
       CASE WHEN excluded IS NULL THEN wave END, type, variant, status, excluded, zone_note
FROM assigned ORDER BY excluded NULLS FIRST, wave, id
"""
WAVES: Final = """
INSERT INTO campaign_wave (campaign_id, number, type, zone, night_held, due_at, expires_at, open_from, open_until, holds,
                           first_seq, last_seq, next_seq)
SELECT :campaign, w.number, w.type, w.zone, w.night_held, w.due_at, w.expires_at, w.open_from, w.open_until,
       string_to_array(w.holds, ','), r.first_seq, r.last_seq, r.first_seq
FROM unnest(CAST(:numbers AS integer[]), CAST(:types AS smallint[]), CAST(:zones AS text[]), CAST(:night AS boolean[]),
            CAST(:dues AS timestamptz[]), CAST(:expiries AS timestamptz[]), CAST(:opens AS timestamptz[]),
            CAST(:closes AS timestamptz[]), CAST(:holds AS text[]))
     AS w (number, type, zone, night_held, due_at, expires_at, open_from, open_until, holds)
JOIN (SELECT wave, min(seq) AS first_seq, max(seq) AS last_seq FROM campaign_recipient
      WHERE campaign_id = :campaign AND seq IS NOT NULL GROUP BY wave) r ON r.wave = w.number
"""
