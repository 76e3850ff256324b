"""Templates: reusable contents with placeholders, per channel and language, kept as versions that never change."""
