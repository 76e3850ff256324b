"""The FCM HTTP v1 route: Android push with a service account (channel fact sheet 2)."""
