"""What figures mean: spans of time in a zone, dimensions, rates, time to open."""
