"""`automata-signal`: the command line."""

from __future__ import annotations

import sys

from bootstrap.command_line import build
from entrypoints.cli.language import without_language

app = build()


def main() -> None:
    """The console script."""
    app(args=without_language(sys.argv[1:]))


if __name__ == "__main__":
    main()
