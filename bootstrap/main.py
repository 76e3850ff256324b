"""`automata-signal`: the command line."""

from __future__ import annotations

import sys

from adapters.channels.registry import installed_plugins
from entrypoints.cli.language import without_language


def main() -> None:
    """The console script.

    Channels of installed packages come first: what they declare must be known before the documents and decoders of the
    HTTP API are made, which the command line's import does.
    """
    installed_plugins()
    from bootstrap.command_line import build

    build()(args=without_language(sys.argv[1:]))


if __name__ == "__main__":
    main()
