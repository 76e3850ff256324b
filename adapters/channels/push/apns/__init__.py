"""The APNs route: iOS push over HTTP/2 with provider tokens (channel fact sheet 1)."""
