"""Use cases: one verb per module, and the ports they speak through."""
