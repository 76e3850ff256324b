"""`up`: what it prints works when pasted, a second one finds the first, and a stop leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from urllib.parse import urlsplit

import pytest

from adapters.crypto.keyring import Keyring, save_keyring
from bootstrap.infrastructure import KEY_FILE
from bootstrap.stack import ROLES, find_stack
from tests.e2e.cli.runs import (
    COMMAND,
    ROOT,
    Up,
    automata_signal,
    environment,
    left_behind,
    running_up,
    stack_folder,
    typed_here,
)
from tests.e2e.rest.wiring import execute

UNDER_THE_OLD_KEY = """
SELECT (SELECT count(*) FROM subscription WHERE token_key_id = 'k1') AS tokens,
    (SELECT count(*) FROM credential WHERE key_id = 'k1') + (SELECT count(*) FROM operator WHERE code_key_id = 'k1')
    + (SELECT count(*) FROM operator_invitation WHERE code_key_id = 'k1' AND used_at IS NULL) AS credentials
"""
"""What a rotation has to replace."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_printed_lines_work_and_a_second_up_finds_the_first(up: Up) -> None:
    """Send, read, see it received; the second prints the same and ends with 0."""
    sent = up.paste(up.told["send"])
    assert sent["accepted"] == 1
    found = up.message(sent["message_ids"][0], "received", "converted")
    assert found["type"] == "iOSPush"
    assert up.paste(up.told["read"])["items"][0]["id"] == sent["message_ids"][0]

    second = automata_signal("up", "--json", "--folder", str(up.folder))
    assert second.returncode == 0
    assert json.loads(second.stdout) == up.told
    assert (up.folder / "demo.json").stat().st_mode & 0o777 == 0o600
    assert {f"{role}.log" for role in ROLES} <= {log.name for log in up.folder.glob("logs/*.log")}


def test_tokens_are_readable_after_a_rotation_with_the_new_key_alone(up: Up) -> None:
    """keys new, restart, keys rotate, take the old key away, restart: the same devices still get their pushes.

    The first stop, by SIGINT, leaves nothing behind.
    """
    folder, application = up.folder, up.told["application_id"]
    made = json.loads(typed_here("keys", "new", "--json", "--folder", str(folder)).stdout)
    assert made["keys"] == [made["key"], "k1"]
    early = typed_here("keys", "rotate", "--json", "--folder", str(folder))
    assert early.returncode == 1, "the running roles do not know the key"
    assert up.stop(signal.SIGINT) == 0
    assert left_behind(folder) == []
    address = urlsplit(up.told["url"])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address.hostname, address.port))
    with running_up(folder) as again:
        state = find_stack(folder)
        assert state is not None
        (old,) = execute(state.database_url, UNDER_THE_OLD_KEY)
        assert old["tokens"] >= 10
        assert old["credentials"] >= 2
        rotated = typed_here("keys", "rotate", "--json", "--folder", str(folder))
        assert rotated.returncode == 0, rotated.stderr
        assert json.loads(rotated.stdout) == {"key": made["key"], **old, "left": 0}
        assert again.stop() == 0
    keys = Keyring.parse((folder / KEY_FILE).read_text())
    owner = os.stat(folder / KEY_FILE).st_uid
    save_keyring(Keyring(keys.keys[:1]), folder / KEY_FILE)
    assert os.stat(folder / KEY_FILE).st_uid == owner
    with running_up(folder) as last:
        assert last.told["application_id"] == application
        sent = last.paste(last.told["send"])
        last.message(sent["message_ids"][0], "received", "converted")
        other = last.told["send"].replace("demo-user-1", "demo-user-2")
        android = last.message(last.paste(other)["message_ids"][0], "received", "converted")
        assert android["type"] == "AndroidPush"


def test_a_stop_while_it_starts_leaves_nothing() -> None:
    """SIGTERM before anything is ready."""
    with stack_folder() as folder:
        process = subprocess.Popen(
            [*COMMAND, "up", "--port", "0", "--folder", str(folder)],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        assert "PostgreSQL" in process.stderr.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait(60) == 130
        process.stderr.close()
        assert left_behind(folder) == []
