"""Webhooks: endpoints of applications, what they are owed, and telling them."""
