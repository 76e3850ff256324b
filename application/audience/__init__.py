"""Users and subscriptions: one verb a module."""
