"""What a running product tells of itself."""
