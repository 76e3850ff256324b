"""The push channel: iOS through APNs, Android through FCM, both over long-lived HTTP/2 connections.

plugin       what the pipeline sees: credentials and content checks, and the sender
apns, fcm    the routes: credential, payload, table of answers, courier
content      the strict model of what a push says
codes        the subscription codes that answers ask for

What drives them (batches, breakers, pacing, HTTP) is the frame that all channels share.
"""

from __future__ import annotations

from adapters.channels.push.plugin import plugin

__all__ = ["plugin"]
