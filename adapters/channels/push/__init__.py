"""The push channel: iOS through APNs, Android through FCM, both over long-lived HTTP/2 connections.

plugin       what the pipeline sees: credentials and content checks, and the sender
sender       one batch in, one outcome per envelope out, whichever route it takes
delivery     drives one batch: N coroutines, stops, pacing, cancellation, every envelope reported exactly once
courier      what a route has to offer to be driven like that
apns, fcm    the routes: credential, payload, table of answers, courier
content      the strict model of what a push says
verdict      the vocabulary of both answer tables, and how a mark becomes an outcome
transport    HTTP/2 clients, the in-flight bound per host, what a transport failure means
breaker      stops sending to a provider that is down; pacer: starts sends at a reserved rate
retry_after  the Retry-After header; recent: a small cache of what was used last
"""

from __future__ import annotations

from adapters.channels.push.plugin import plugin

__all__ = ["plugin"]
