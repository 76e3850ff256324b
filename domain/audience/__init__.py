"""The audience: users, installs, subscriptions and their status codes."""
