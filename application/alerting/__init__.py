"""Alerts: evaluate the rules, tell people, acknowledge."""
