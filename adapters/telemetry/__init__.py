"""What monitoring systems read: metrics in Prometheus' format."""
