"""Text messages: what a message says, which gateway carries it, what gateways answer and report.

content   what a text message says, and how long it is
fitting   what a Korean gateway can carry to one recipient
solapi    as Solapi gets it (its account, steps and tables are the frame's)
nhn/      NHN Cloud SMS: requests, results, webhooks, tables
twilio/   Twilio: requests, look-ups, callbacks and their signature, tables
plugin    all of it as the pipeline sees it
"""

from adapters.channels.sms.plugin import plugin

__all__ = ["plugin"]
