"""In-app messages: kept here until the app fetches them.

content      what a message may be, by the one schema, and how large
inbox        the route: putting a message into the inbox is all the sending there is
plugin       both as the pipeline sees them
"""

from adapters.channels.in_app.plugin import plugin

__all__ = ["plugin"]
