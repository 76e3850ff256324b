"""The Amazon SES v2 route, and what SES reports through SNS (channel fact sheet 3.3 and 3.4)."""
