"""The scheduler's entry point: runs the reconciler until asked to stop. Several are harmless."""
