"""The world outside, one folder a technology; strangers to one another, each an implementation of ports."""
