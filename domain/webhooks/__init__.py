"""Webhooks: where an application wants to be told what happened, what it is told, and how that is proved and repeated."""
