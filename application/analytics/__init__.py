"""Use cases that answer figures."""
