"""Segments: named predicates over users and subscriptions, and the targeting that campaigns build from them."""
