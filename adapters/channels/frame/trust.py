"""Whom TLS clients of this process trust: the system's certificate authorities, and one of the installation's own."""

from __future__ import annotations

import ssl
from functools import lru_cache


@lru_cache(maxsize=16)
def trust(extra_ca_pem: bytes | None, *protocols: str) -> ssl.SSLContext:
    """The context that all clients with the same authority and ALPN `protocols` share: change nothing about it.

    Loading the system's authorities takes some 25 ms of CPU, and every sender of every channel wants them.
    """
    context = ssl.create_default_context()
    if extra_ca_pem is not None:
        context.load_verify_locations(cadata=extra_ca_pem.decode("ascii"))
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context
