"""Posts to customers' endpoints."""
