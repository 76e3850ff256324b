"""In-app messages: what one may say, and when a device may show it; the SDK decides alike (sdk-flutter/contract)."""
