"""An audience of any size for segments to be counted in, made by the database itself: the same each time."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import asyncpg

BATCH = 100_000
_APPLICATION = """
INSERT INTO application (id, name, created_at, updated_at) VALUES (uuidv7(), $1, now(), now()) RETURNING id
"""
# A quarter has a user. Tags: a few values each, unevenly spread, beside numbers, dates and lists; some 200 bytes.
_USERS = """
INSERT INTO app_user (id, application_id, external_id, properties, created_at, last_active_at)
SELECT uuidv7(), $1, 'user-' || n, jsonb_build_object('tier', 'tier-' || n % 5, 'orders', n % 40), now(), now()
FROM generate_series($2::integer, $3::integer) AS n WHERE n % 4 = 0
"""
_SUBSCRIPTIONS = """
INSERT INTO subscription (id, application_id, user_id, type, token_ciphertext, token_key_id, token_version, token_index,
    token_index_key_id, token_registered_at, device_model, device_os, device_language, app_version, sdk_version, country_code,
    tags, permission, subscription_status, subscribed_at, last_active_at, created_at, updated_at)
SELECT uuidv7(), $1, app_user.id, CASE WHEN a < 0.45 THEN 1 WHEN a < 0.85 THEN 2 ELSE 3 END,
    sha512(n::text::bytea) || sha256(n::text::bytea), 'bench', 1, sha256(($1::uuid::text || n)::bytea), 'bench', now(),
    (ARRAY['iPhone15,2', 'iPhone14,5', 'SM-S918N', 'SM-G991N', 'Pixel 8'])[1 + n % 5],
    (ARRAY['iOS 18.1', 'iOS 17.6', 'Android 14', 'Android 15'])[1 + n % 4],
    CASE WHEN b < 0.6 THEN 'ko-KR' WHEN b < 0.8 THEN 'en-US' WHEN b < 0.9 THEN 'ja-JP' ELSE 'zh-Hant-TW' END,
    3 + n % 3 || '.' || n % 12 || '.' || n % 4, '1.4.' || n % 9, (ARRAY['KR', 'US', 'JP', 'TW'])[1 + n % 4],
    jsonb_build_object(
        'grade', CASE WHEN c < 0.05 THEN 'VIP' WHEN c < 0.2 THEN 'GOLD' WHEN c < 0.5 THEN 'SILVER' ELSE 'BASIC' END,
        'city', 'city-' || floor(20 * d * d), 'age', 18 + floor(e * 50), 'newsletter', f < 0.4,
        'purchases', floor(g * g * 100), 'joined', to_char(now() - make_interval(days => floor(e * 1000)::integer), 'YYYY-MM-DD'),
        'interests', jsonb_build_array('interest-' || floor(f * 30), 'interest-' || floor(g * 30)), 'plan', 'plan-' || n % 7),
    'granted', CASE WHEN f < 0.85 THEN 1 WHEN f < 0.95 THEN -22 ELSE -10 END, now(),
    now() - make_interval(secs => g * 86400 * 90), now(), now()
FROM (
    SELECT n, random() a, random() b, random() c, random() d, random() e, random() f, random() g
    FROM generate_series($2::integer, $3::integer) AS n
) AS drawn
LEFT JOIN app_user ON app_user.application_id = $1 AND app_user.external_id = 'user-' || n AND n % 4 = 0
"""


async def make_audience(
    connection: asyncpg.Connection, subscriptions: int, advance: Callable[[int], None] = lambda n: None
) -> UUID:
    """A new application with so many subscriptions, analysed and vacuumed; `advance` hears of every batch."""
    application_id: UUID = await connection.fetchval(_APPLICATION, f"audience of {subscriptions}")
    await connection.execute("SELECT setseed(0.5)")
    for first in range(1, subscriptions + 1, BATCH):
        last = min(first + BATCH - 1, subscriptions)
        for statement in (_USERS, _SUBSCRIPTIONS):
            await connection.execute(statement, application_id, first, last, timeout=600)
        advance(last - first + 1)
    for table in ("app_user", "subscription"):
        await connection.execute(f"VACUUM (ANALYZE) {table}", timeout=600)
    return application_id
