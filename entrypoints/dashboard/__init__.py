"""The operators' pages at `/dashboard`: rendered on the server, signed in with password and one-time code."""
