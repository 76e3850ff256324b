"""`automata-signal`: the command line."""

from __future__ import annotations

import atexit
import os
import sys

from adapters.channels.registry import installed_plugins
from entrypoints.cli.language import without_language


def main() -> None:
    """The console script.

    Channels of installed packages come first: what they declare must be known before the documents and decoders of the
    HTTP API are made, which some commands' import does.
    """
    installed_plugins()
    from bootstrap.command_line import build

    code = 0
    try:
        arguments = without_language(sys.argv[1:])
        build(arguments)(args=arguments)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    sys.stdout.flush()
    sys.stderr.flush()
    atexit._run_exitfuncs()
    # pyreqwest's own threads may still ask for the interpreter while it is taken down, which aborts the process
    # (seen in one of four exits): it ends here instead, with everything written.
    os._exit(code)


if __name__ == "__main__":
    main()
