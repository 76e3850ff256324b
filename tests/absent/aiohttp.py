"""Not installed where the product runs: here a development tool brings it, and nats-py would load it in every process."""

raise ImportError("the product does without aiohttp")
