"""`python -m bootstrap.role <name>`: one role and nothing else; without the command line's imports it starts in half the time.

What a supervisor runs: a worker that died is back that much sooner.
"""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """The role is the only argument; DATABASE_URL and NATS_URL must be set."""
    # Loading makes a million objects that all stay: looking through them for garbage took a fifth of the start.
    # `run_role` collects again.
    gc.disable()
    from bootstrap.roles import PARTS
    from bootstrap.run_role import run_role
    from bootstrap.settings import Settings

    if len(sys.argv) != 2 or sys.argv[1] not in PARTS:
        raise SystemExit(f"usage: python -m bootstrap.role {'|'.join(PARTS)}")
    run_role(sys.argv[1], Settings())


if __name__ == "__main__":
    main()
