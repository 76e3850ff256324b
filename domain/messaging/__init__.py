"""A message's life: content, lifecycle table, outcomes, retries, events."""
