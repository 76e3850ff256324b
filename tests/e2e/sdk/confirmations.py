"""The code of a double opt-in, as its owner would read it in the mail: sent by a scheduler's step, read from what was sealed."""

from __future__ import annotations

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from pydantic import SecretStr

from adapters.postgres.engine import raw_connection
from bootstrap.node import open_node
from bootstrap.settings import Settings
from tests.servers import apart, delete_streams


def confirmation_code(database_url: str, nats_url: str, keys: str, subscription_id: str) -> str:
    """Send what is due to this subscription; answers the code of the last message."""
    return apart(_send(database_url, nats_url, keys, UUID(subscription_id)))


async def _send(database_url: str, nats_url: str, keys: str, subscription_id: UUID) -> str:
    prefix = f"t{secrets.token_hex(4)}"
    with TemporaryDirectory() as folder:
        settings = Settings().model_copy(
            update={
                "data_folder": Path(folder),
                "database_url": SecretStr(database_url),
                "nats_url": SecretStr(nats_url),
                "nats_prefix": prefix,
                "signal_keys": SecretStr(keys),
            }
        )
        async with open_node(settings, "scheduler") as node:
            await node.infrastructure.doorbells().ensure_stream()
            await node.use_cases.send_confirmations()()
            async with raw_connection(node.infrastructure.control()) as connection:
                row = await connection.fetchrow(
                    "SELECT id, application_id, variables FROM message WHERE subscription_id = $1 ORDER BY id DESC LIMIT 1",
                    subscription_id,
                )
            assert row is not None, "nothing was sent to this subscription"
            said = node.infrastructure.sealed_variables().open(
                row["application_id"], row["id"], row["variables"]
            )
    await delete_streams(nats_url, prefix)
    return str(said["code"])
