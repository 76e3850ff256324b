"""Applications, their keys and their channels: one verb a module."""
