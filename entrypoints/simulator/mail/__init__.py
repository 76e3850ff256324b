"""The mail providers of the simulator: an SMTP server, the SES v2 API, SNS, and the mail that comes back."""
