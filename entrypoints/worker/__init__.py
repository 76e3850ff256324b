"""The worker's entry point: runs lanes until asked to stop, then drains."""
