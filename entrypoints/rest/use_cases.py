"""The bag of use cases that REST calls; bootstrap fills it."""

from __future__ import annotations
