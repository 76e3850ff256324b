"""Signing in to the dashboard, inviting people to it, and the log of what they change."""
