"""Alerts: what counts as trouble, for whom, and who is told when nobody reacts."""
