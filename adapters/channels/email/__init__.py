"""The e-mail channel: through any SMTP relay, or Amazon SES.

plugin       what the pipeline sees: credentials and content checks, and the sender
content      the strict model of what a mail says; addresses, attachments: parts of it
letter       a content made ready for many recipients; letters: those of a batch
marks        our links in it; plain_text: a text for html; gaps, mime: its encoded form; dkim: its signature
account      in whose name a credential may send
smtp, ses    the routes: settings, answers' table, courier; ses also reads SNS
bounces      mail that comes back to a relay's bounce address
brake        slows a shared rate down; codes: the subscription codes that answers and reports ask for
"""

from __future__ import annotations

from adapters.channels.email.plugin import plugin

__all__ = ["plugin"]
