"""Operators: the people who use the dashboard, what they may do, and what is written down about it."""
