"""Applications: settings, API keys, scopes, principals."""
