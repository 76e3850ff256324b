"""Secrets at rest: the vault and its keys."""
