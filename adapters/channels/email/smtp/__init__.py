"""The SMTP route: a relay, its connections, and what its replies mean (channel fact sheet 3.2)."""
