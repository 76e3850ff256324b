"""Use cases of templates: save, read, compare, activate, preview and check them."""
