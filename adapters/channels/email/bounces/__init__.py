"""Mail that comes back: bounces (RFC 3464), complaints (RFC 5965) and requests to unsubscribe, as reports."""
