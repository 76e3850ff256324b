"""Messages: accepting, reading, cancelling, receipts."""
