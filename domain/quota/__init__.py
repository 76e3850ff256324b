"""What an application may send and what it costs: limits, windows, money and the double-entry ledger."""
