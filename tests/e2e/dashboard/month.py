"""What a month of a large application leaves behind: seven-digit figures, people who came and went, and a bill."""

from __future__ import annotations

from tests.e2e.rest.wiring import execute

MESSAGES = """
INSERT INTO stat_hourly (application_id, hour, type, event_type, reason, open_class, country, app_version, provider, campaign_id, n, seconds)
SELECT $1, date_trunc('hour', now()) - make_interval(days => day), type.code, kind.event, kind.reason, kind.class, country.code, '3.' || day % 3,
       type.provider, CASE WHEN day % 4 = 0 THEN $2 ELSE '00000000-0000-0000-0000-000000000000'::uuid END,
       (kind.n * type.share * country.share * (60 + (day * 37) % 41))::bigint,
       kind.n * type.share * country.share * (60 + (day * 37) % 41) * kind.after
FROM generate_series(1, 29) AS day,
     (VALUES (1, 0.6, 'apns'), (2, 0.4, 'fcm'), (4, 0.2, 'solapi')) AS type (code, share, provider),
     (VALUES ('KR', 0.8), ('US', 0.2)) AS country (code, share),
     (VALUES (0, '', 0, 1520, 0), (1, '', 0, 1480, 0), (5, '', 0, 1310, 0), (6, '', 1, 31, 40), (6, '', 2, 58, 200), (6, '', 3, 64, 600),
             (6, '', 4, 49, 2400), (6, '', 5, 27, 7000), (6, '', 6, 18, 25000), (6, '', 7, 6, 60000), (2, 'Unregistered', 0, 21, 0),
             (2, 'expired', 0, 9, 0), (3, 'InternalServerError', 0, 30, 0)) AS kind (event, reason, class, n, after)
ON CONFLICT DO NOTHING
"""
PEOPLE = """
INSERT INTO subscription_stat (application_id, hour, channel, event_type, reason, n)
SELECT $1, date_trunc('hour', now()) - make_interval(days => day), channel.name, kind.event, kind.reason,
       (kind.n * channel.share * (60 + (day * 29) % 41))::bigint
FROM generate_series(1, 29) AS day, (VALUES ('push', 1.0), ('sms', 0.3)) AS channel (name, share),
     (VALUES ('created', 'registered', 90), ('subscribed', 'registered', 84), ('unsubscribed', 'user_disabled', 21),
             ('unsubscribed', 'Unregistered', 13), ('archived', 'requested', 4)) AS kind (event, reason, n)
ON CONFLICT DO NOTHING
"""
BILL = """
WITH reserved AS (
    INSERT INTO reservation (id, application_id, channel, day, month, n, unit_price, currency, billing_mode, created_at)
    SELECT uuidv7(), $1, channel.code, at::date, date_trunc('month', at)::date, (channel.n * (60 + (day * 23) % 41))::integer,
           channel.price, 'KRW', 'postpaid', at
    FROM generate_series(1, 29) AS day, LATERAL (SELECT now() - make_interval(days => day)) AS moment (at),
         (VALUES (1, 1200, 0.5), (3, 90, 9.0), (4, 160, 7.5)) AS channel (code, n, price)
    RETURNING *
)
INSERT INTO ledger_entry (id, application_id, reservation_id, chunk_id, fence, flush, kind, debit_account, credit_account, n,
                          money_debit_account, money_credit_account, amount, currency, created_at)
SELECT uuidv7(), application_id, id, uuidv7(), 1, 1, kind.name, kind.debit, kind.credit, n, 'receivable', 'held', n * unit_price,
       currency, created_at
FROM reserved, (VALUES ('reserve', 'available', 'reserved'), ('settle', 'reserved', 'used')) AS kind (name, debit, credit)
"""
AGES = """
UPDATE subscription SET created_at = now() - make_interval(months => place % 5), last_active_at = now() - make_interval(days => place * 12)
FROM (SELECT id, row_number() OVER (ORDER BY id)::integer AS place FROM subscription WHERE application_id = $1) AS placed
WHERE placed.id = subscription.id
"""


def leave_a_month(database_url: str, application_id: str, campaign_id: str) -> None:
    """Write it down as a month of traffic would have; `campaign_id` sent a quarter of it."""
    execute(database_url, MESSAGES, application_id, campaign_id)
    for statement in (PEOPLE, BILL, AGES):
        execute(database_url, statement, application_id)
