"""Solapi, which carries text messages and AlimTalk over one account.

account     the credential's fields and the request signature
codes       the published tables: HTTP errors and message status codes, for either channel
http_calls  one request: signed, sent, read
group_send  the three-step send, and what became of a group whose send got no answer
inquiry     what became of one message, asked by recipient and time
status_reports  what a stored message says: webhook and polling
route       all of that as a route of a channel
"""
