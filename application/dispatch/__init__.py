"""The way out: workers lease chunks, deliver them, settle outcomes; the reconciler keeps the queue moving.

work.py ──► deliver_chunk.py ──► (a channel) ──► settle_loop.py ──► settlement.py ──► storage
reconcile.py: release, ring again, take over, retry, expire, fold; it also rebuilds the queue after NATS was wiped
"""
