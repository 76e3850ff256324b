"""`automata-signal`: the command line."""

from __future__ import annotations

import atexit
import gc
import os
import sys


def main() -> None:
    """The console script.

    Channels of installed packages come first: what they declare must be known before the documents and decoders of the
    HTTP API are made, which some commands' import does.
    """
    # Loading makes a million objects that all stay: looking through them for garbage took a fifth of the start.
    gc.disable()
    from adapters.channels.registry import installed_plugins

    installed_plugins()
    from bootstrap.command_line import build
    from entrypoints.cli.language import without_language

    code = 0
    try:
        arguments = without_language(sys.argv[1:])
        command = build(arguments)
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        gc.enable()
        command(args=arguments)
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
