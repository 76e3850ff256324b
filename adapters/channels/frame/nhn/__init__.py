"""NHN Cloud Notification, which has a service of its own for each channel, all built alike.

http_calls  one request with the secret key, and the header that every answer has
webhook     the envelope of its webhooks and the signature string
"""
