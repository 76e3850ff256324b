"""HTTP/2 (RFC 9113) for sending pushes: many small POSTs to one host, and nothing else of it.

client       requests over a few connections, which are opened when they are needed and replaced when they end
connection   one connection: limits, deadlines, what is certainly not processed
flow_control its streams, and how much the peer has room for
framing      its bytes as frames
frames       the wire format of frames and settings
header_block the headers of a request as bytes (RFC 7541); the status and headers of an answer
answers      an answer, and the two ways of not getting one

Why this is our own: docs/decisions/0016.
"""
