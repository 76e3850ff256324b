"""The business of messaging: rules only. Standard library and attrs; no I/O, no clock, no randomness."""
